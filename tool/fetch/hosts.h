/* hosts.h: what the governor knows of each server. */
#ifndef TOOL_FETCH_HOSTS_H
#define TOOL_FETCH_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#include <starling/clock.h>
#include <starling/semaphore.h>

enum { HOST_BUCKETS = 1024, HOSTS_IDLE_MAX = 4096 };

typedef struct host {
    struct host *next;            /* in its bucket */
    struct host *earlier, *later; /* among the idle ones */
    int users;
    sl_semaphore begun; /* items that the list names it for, under way */
    sl_semaphore slots; /* transfers, of these and of those that others send */
    sl_time not_before; /* the server asked for peace until then */
    sl_time next_start; /* nothing begins before, to keep the distance */
    int retries;        /* that are still to be had */
    struct permission *permissions[2]; /* over http, over https; may be NULL */
    int overloads; /* in a row, without a word on how long */
    char name[];   /* text_host() of its URLs */
} host;

typedef struct hosts {
    int slots_per_host;
    int idle;
    size_t idle_size;             /* bytes of what idle ones keep */
    host *first_idle, *last_idle; /* idle for longest; idle last */
    host *buckets[HOST_BUCKETS];
} hosts;

/* The server of that name; give it back with hosts_put(). NULL without
 * memory. */
host *hosts_get(hosts *hosts, const char *name);
/* One more hosts_put() will follow. */
void hosts_keep(host *host);
void hosts_put(hosts *hosts, host *host);

/* When it may be asked for something, as far as time goes. */
sl_time host_free_at(const host *host);

/* A further attempt: false if the server has had enough of them. */
bool host_take_retry(host *host);
/* Something came of an attempt. */
void host_earn_retries(host *host);

/* Free all; nobody uses one any more. */
void hosts_fini(hosts *hosts);

#endif
