/* fetcher.h: the governor from the inside, for this room only. */
#ifndef TOOL_FETCH_FETCHER_H
#define TOOL_FETCH_FETCHER_H

#include <starling/event.h>
#include <starling/http.h>
#include <starling/scope.h>
#include <starling/semaphore.h>

#include "fetch/fetch.h"
#include "fetch/hosts.h"

struct fetcher {
    sl_http_client *http;
    fetcher_options options; /* with the defaults filled in */
    sl_semaphore downloads;
    hosts hosts;
    struct pause *pauses; /* of tasks that wait, not of those that transfer */
    bool draining;
    uint64_t random;
    int asked_to_wait; /* tasks that wait because a server wants it */
    sl_time wait_since, waited;
};

/* A stretch of waiting that fetcher_drain() ends. Lives in the frame that
 * opened it, and nests like the scope in it. */
typedef struct pause {
    struct pause *next, **back;
    sl_scope scope;
    fetcher *fetcher;
} pause;

void pause_open(pause *pause, fetcher *fetcher);

/* SL_ECANCELED when drained meanwhile, even if `rc` is 0; else `rc`. */
int pause_close(pause *pause, int rc);

/* Wait for a slot at `host`, for the peace it asked for, and for a slot among
 * all downloads; from then on it keeps its distance to the next. Returns 0 and
 * both slots are held, SL_ECANCELED, or -EAGAIN if the host wants more peace
 * than anybody waits for. */
SL_WAITS int slot_take(fetcher *fetcher, host *host);
/* Who gives it tells of the change. */
void slot_give(fetcher *fetcher, host *host);
void fetcher_tell_change(fetcher *fetcher);

/* The same for an item that names the host, which is under way from then on
 * until turn_end(), wherever the host sends it. */
SL_WAITS int turn_take(fetcher *fetcher, host *host);
void turn_end(fetcher *fetcher, host *host);

/* `host` wants nothing more until `after` from now has passed. */
void turn_postpone(fetcher *fetcher, host *host, sl_time after);

/* What is waited after so many failures in a row, at least 1. */
sl_time growing_pause(fetcher *fetcher, int failures);

/* Longer than this fetch_get() waits for no Retry-After: it fails, and so do
 * others of its host until then. */
#define PEACE_MAX SL_S(60)

#endif
