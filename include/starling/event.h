/* event.h: a flag that tasks wait for. */
#ifndef STARLING_EVENT_H
#define STARLING_EVENT_H

#include <stdbool.h>

#include <starling/api.h>
#include <starling/waitlist.h>

SL_BEGIN

/* Zero-initialised: not set. */
typedef struct sl_event {
    /* private */
    sl__waitlist waiters;
    bool set;
} sl_event;

/* Set it and wake every waiter, oldest first; clear it again. */
SL_API void sl_event_set(sl_event *event);
SL_API void sl_event_clear(sl_event *event);
SL_API bool sl_event_is_set(const sl_event *event);

/* Wait until it is set. Returns 0 or SL_ECANCELED. */
SL_API SL_WAITS int sl_event_wait(sl_event *event);

SL_END

#endif
