/* origin.h: a web server with pictures and the service that lists them.
 *
 *     origin_open(&options, &origin);
 *     origin_add(origin, &item);                 as many as wanted
 *     sl_group_spawn(&group, origin_serve, origin);
 *     ... origin_url(origin) ...
 *     sl_group_cancel(&group);                   ends the serving
 *     rc = sl_group_close(&group);
 *     origin_close(origin);
 *
 * For the demo, for `starling serve` and for tests. Unless told otherwise it
 * speaks to this machine only. What may be ordered to go wrong is in faults.h.
 */
#ifndef TOOL_ORIGIN_ORIGIN_H
#define TOOL_ORIGIN_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <starling/clock.h>

#include "origin/apod.h"

typedef struct origin origin;

typedef struct origin_options {
    const char *address; /* numeric, loopback; NULL: "127.0.0.1" */
    bool any_address;    /* also one that others can reach */
    int port;            /* 0: a free one */
    const char *folder;  /* files below it are served; NULL: none */
    /* What the service lists; lent until the close. NULL with a folder: the
     * pictures in it, a day each. */
    const origin_day *days;
    size_t day_count;
    const char *api_key; /* lent; NULL: any key is good */
    uint32_t rate_limit; /* requests to the service; 0: 1000 */
    sl_time latency;     /* before each answer */
    uint64_t bandwidth;  /* bytes a second for each answer; 0: no limit */
} origin_options;

/* Something in memory to be served. */
typedef struct origin_item {
    const char *path;         /* begins with '/', not encoded; lent */
    const char *content_type; /* lent */
    const void *data;         /* lent */
    size_t size;
    uint32_t refusals;    /* so many first requests get a 429 */
    uint32_t retry_after; /* with that 429, seconds */
} origin_item;

/* Begin to listen. May block for as long as it takes to list the folder.
 * Returns 0, -EPERM for an address that is not loopback, -EADDRINUSE, -ENOMEM,
 * or what opening the folder failed with. */
int origin_open(const origin_options *options, origin **out);

/* Offer an item, from now on. Returns 0, -EEXIST for a path that is there, or
 * -ENOMEM. */
int origin_add(origin *origin, const origin_item *item);

int origin_port(const origin *origin);

/* "http://127.0.0.1:PORT"; lent until the close. */
const char *origin_url(const origin *origin);

/* A task's body: accept and answer until cancelled (SL_ECANCELED). */
int origin_serve(void *origin);

/* How many requests the path (without its query) has had. */
uint64_t origin_requests(const origin *origin, const char *path);

/* Stop listening and free it. Nothing may be serving. Never waits. */
void origin_close(origin *origin);

#endif
