/* lookup.h: one look-up of a name, on a thread. */
#ifndef SL_HTTP_LOOKUP_H
#define SL_HTTP_LOOKUP_H

#include <starling/loop.h>

#include "http/address.h"

enum { SL__ADDRESSES_MAX = 16 }; /* kept of a name; more are not needed */

typedef struct sl__addresses {
    int count;
    sl__address list[SL__ADDRESSES_MAX]; /* best first, as the system sorts */
} sl__addresses;

/* What a look-up runs on its thread: 0, -ENOENT (no such name), -EAGAIN (the
 * name server failed; later may be better), -ENOMEM or another system error. */
typedef int sl__lookup_fn(const char *name, sl__addresses *out);

/* The system's: hosts file, name servers, whatever is configured. */
int sl__lookup_system(const char *name, sl__addresses *out);

typedef struct sl__lookup sl__lookup;
typedef void sl__lookup_done(void *arg, int rc, const sl__addresses *found);

/* Look `name` up on one of at most four threads of the process and call `done`
 * on the loop. NULL without memory or threads. */
sl__lookup *sl__lookup_start(sl_loop *loop, const char *name, sl__lookup_fn *fn,
                             sl__lookup_done *done, void *arg);

/* Before `done` was called: it will not be. */
void sl__lookup_abandon(sl__lookup *lookup);

/* The loop runs no callbacks any more: free what was still on its way to it.
 * All its look-ups have been abandoned. */
void sl__lookups_drop(sl_loop *loop);

#endif
