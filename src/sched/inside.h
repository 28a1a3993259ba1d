/* inside.h: what libstarling-http uses of the scheduler beyond its public face.
 *
 * The names that rooms share with each other, sl__..., are exported by no
 * library. libstarling-http is a library of its own, so it is handed them as a
 * table when it is loaded. Linked statically, both find each other without.
 */
#ifndef SL_SCHED_INSIDE_H
#define SL_SCHED_INSIDE_H

#include <stdbool.h>

#include <starling/api.h>

#include "sched/park.h"
#include "sched/uv.h"

typedef struct sl__inside {
    int (*wait_begin)(void);
    int (*park)(sl__waiter *waiter);
    bool (*complete)(sl__waiter *waiter, int rc);
    uv_loop_t *(*loop_uv)(sl_loop *loop);
    void (*loop_at_exit)(sl_loop *loop, sl__loop_exit *entry);
} sl__inside;

/* The table, for a library of exactly this version: the layout of waiters is
 * not promised to any other. NULL for one of another version. Any thread. */
SL_API const sl__inside *sl_inside(const char *version);

#endif
