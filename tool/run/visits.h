/* visits.h: blocking calls of many tasks, made together on the threads of a
 * crew. */
#ifndef TOOL_RUN_VISITS_H
#define TOOL_RUN_VISITS_H

#include <stdbool.h>

#include <starling/api.h>
#include <starling/event.h>
#include <starling/thread.h>

typedef struct visits {
    sl_crew *crew;
    int at_once; /* threads that it has */
    int most;    /* calls in a visit */
    /* private */
    struct visits_call *first, *last; /* that wait for a visit */
    bool is_gathering;                /* the first has begun to collect them */
    int under_way;
    sl_event thread_free;
} visits;

/* To a crew of `threads` that has nothing else to do; it is lent. */
void visits_init(visits *visits, sl_crew *crew, int threads, int most);

/* Call fn(arg) on a thread of the crew and wait for its result. Calls begin in
 * the order in which they are made here. A request to stop does not reach the
 * wait: what has been asked for happens. */
SL_WAITS int visits_call(visits *visits, sl_fn *fn, void *arg);

#endif
