/* An event: a flag and the tasks that wait for it. */
#include <starling/event.h>

#include "base/given.h"
#include "sched/park.h"
#include "sched/switch.h"

void sl_event_set(sl_event *event)
{
    sl_given(event);
    event->set = true;
    sl__waitlist_wake_all(&event->waiters, 0);
}

void sl_event_clear(sl_event *event)
{
    sl_given(event);
    event->set = false;
}

bool sl_event_is_set(const sl_event *event)
{
    sl_given(event);
    return event->set;
}

int sl_event_wait(sl_event *event)
{
    sl_given(event);

    int rc = sl__wait_begin_in(sl__current_loop);

    if (rc < 0 || event->set)
        return rc;
    return sl__wait_in_line(&event->waiters, "event", event);
}
