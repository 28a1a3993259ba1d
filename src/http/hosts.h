/* hosts.h: the hosts a client talks to: their addresses, and their slots. */
#ifndef SL_HTTP_HOSTS_H
#define SL_HTTP_HOSTS_H

#include <starling/clock.h>
#include <starling/semaphore.h>

#include "base/list.h"
#include "http/address.h"

enum { SL__HOSTS_MAX = 1024, SL__HOST_BUCKETS = 256 };

typedef struct sl__hosts sl__hosts;

typedef struct sl__host {
    sl__node in_bucket;
    sl__node in_order; /* in `unused` while nobody has it */
    sl__hosts *hosts;
    int users;
    sl_semaphore slots; /* transfers that may still begin */
    bool is_numeric;    /* its name is its address */
    bool is_known;      /* nobody need be asked for its addresses */
    int rc;             /* of the last look-up */
    sl_time until;      /* when that is stale */
    sl__addresses found;
    char name[];
} sl__host;

struct sl__hosts {
    int slots_per_host;
    int count;
    sl__list unused; /* least recently used first */
    sl__list buckets[SL__HOST_BUCKETS];
};

void sl__hosts_init(sl__hosts *hosts, int slots_per_host);

/* Nobody uses a host of it. */
void sl__hosts_fini(sl__hosts *hosts);

/* The host called `name` (lower case, or a numeric address); give it back with
 * sl__host_put(). NULL without memory. */
sl__host *sl__hosts_get(sl__hosts *hosts, const char *name);
void sl__host_put(sl__host *host);

/* Wait until host->found is fresh. Returns 0, SL_ECANCELED, or the look-up's
 * error. A cancelled wait leaves the look-up running for others. */
int sl__host_resolve(sl__host *host);

#endif
