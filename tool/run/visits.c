/* Calls of many tasks, made together.
 *
 * A task that has a thread do something pays for two wake-ups, the thread's and
 * then its own: 10 us of processor time and more, often for a call of 5. But
 * tasks get there in droves, since each look at the network wakes all whose
 * answers have come meanwhile. So the first call lets every task have its turn
 * that is ready to run, and then takes along all calls that there are by then.
 * Where it stays alone nothing is lost but that look.
 */
#include "run/visits.h"

#include <stddef.h>

#include <starling/scope.h>
#include <starling/task.h>

typedef struct visits_call {
    struct visits_call *next;
    sl_fn *fn;
    void *arg;
    int rc;
    bool is_over;
    sl_event changed; /* it is over, or is to gather the next visit */
} call;

void visits_init(visits *v, sl_crew *crew, int threads, int most)
{
    *v = (visits){ .crew = crew, .at_once = threads, .most = most };
}

/* The first of the calls, up to `most` of them. */
static call *take(visits *v)
{
    call *first = v->first, *last = first;

    for (int i = 1; i < v->most && last->next != NULL; i++)
        last = last->next;
    v->first = last->next;
    if (v->first == NULL)
        v->last = NULL;
    last->next = NULL;
    return first;
}

/* On the crew's thread. */
static int make_all(void *arg)
{
    for (call *c = arg; c != NULL; c = c->next)
        c->rc = c->fn(c->arg);
    return 0;
}

/* Its memory is its task's, which may be gone at once. */
static void tell_all(call *first, int rc)
{
    while (first != NULL) {
        call *next = first->next;

        if (rc < 0) /* no thread could be had for it */
            first->rc = rc;
        first->is_over = true;
        sl_event_set(&first->changed);
        first = next;
    }
}

/* Of the task whose call is the first. */
static int visit(visits *v)
{
    call *calls;
    int rc = sl_yield();

    while (rc == 0 && v->under_way == v->at_once) {
        sl_event_clear(&v->thread_free);
        rc = sl_event_wait(&v->thread_free);
    }
    calls = take(v);
    v->is_gathering = v->first != NULL;
    if (v->is_gathering)
        sl_event_set(&v->first->changed);
    v->under_way++;
    if (rc == 0)
        rc = sl_crew_call(v->crew, make_all, calls);
    v->under_way--;
    sl_event_set(&v->thread_free);
    tell_all(calls, rc);
    return rc;
}

static int wait_for(visits *v, call *mine)
{
    int rc = 0;

    if (!v->is_gathering) {
        v->is_gathering = true;
        return visit(v);
    }
    rc = sl_event_wait(&mine->changed);
    return rc == 0 && !mine->is_over ? visit(v) : rc;
}

int visits_call(visits *v, sl_fn *fn, void *arg)
{
    call mine = { .fn = fn, .arg = arg };
    sl_scope shield;
    int rc;

    if (v->last != NULL)
        v->last->next = &mine;
    else
        v->first = &mine;
    v->last = &mine;
    /* No grace to run out: threads always come back. */
    sl_shield_open(&shield, SL_FOREVER);
    rc = wait_for(v, &mine);
    rc = sl_scope_close(&shield, rc < 0 ? rc : mine.rc);
    return rc;
}
