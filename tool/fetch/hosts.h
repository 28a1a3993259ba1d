/* hosts.h: what the governor knows of each server. */
#ifndef TOOL_FETCH_HOSTS_H
#define TOOL_FETCH_HOSTS_H

#include <starling/clock.h>
#include <starling/semaphore.h>

enum { HOST_BUCKETS = 64 };

typedef struct host {
    struct host *next; /* in its bucket */
    int users;
    sl_semaphore slots; /* transfers that may begin */
    sl_time not_before; /* the server asked for peace until then */
    char name[];        /* "example.com:8080", as written in URLs */
} host;

typedef struct hosts {
    int slots_per_host;
    host *buckets[HOST_BUCKETS];
} hosts;

/* The server that `url` names; give it back with hosts_put(). NULL without
 * memory. */
host *hosts_get(hosts *hosts, const char *url);
void hosts_put(host *host);

/* Free all; nobody uses one any more. */
void hosts_fini(hosts *hosts);

#endif
