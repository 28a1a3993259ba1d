/* driver.h: libcurl's multi handle, driven by a loop. */
#ifndef SL_HTTP_DRIVER_H
#define SL_HTTP_DRIVER_H

#include <curl/curl.h>
#include <stdbool.h>
#include <uv.h>

#include <starling/loop.h>

#include "base/list.h"

/* Something to be done on the loop's native stack, where libcurl is allowed to
 * run. Embedded in what it is about; in no queue when zeroed. */
typedef struct sl__errand {
    sl__node node;
    void (*run)(struct sl__errand *errand);
} sl__errand;

typedef struct sl__driver {
    sl_loop *loop;
    CURLM *multi;     /* NULL until the first transfer */
    int connections;  /* open at most */
    uv_timer_t clock; /* when libcurl wants to be called again */
    uv_idle_t soon;   /* the same: once others have had their turn */
    uv_timer_t kick;  /* there are errands */
    sl__list errands;
    struct sl__watch **watches; /* by descriptor; NULL: not watched */
    int watch_room;
    int handles;    /* uv handles whose close callback is to come */
    CURL *idle[16]; /* easy handles to be used again */
    int idle_count;
    void (*on_closed)(struct sl__driver *driver);
} sl__driver;

/* Called for a finished transfer with its CURLOPT_PRIVATE; the handle is still
 * attached. */
void sl__transfer_done(void *private, CURLcode code);

/* Called for a transfer that waits for one of its sockets no longer. */
void sl__transfer_unwatched(void *private);

/* Have libcurl look after a transfer soon, whether it wants to or not. */
void sl__driver_nudge(CURL *easy);

void sl__driver_init(sl__driver *driver, sl_loop *loop, int connections);

/* Close all connections, then call on_closed from the loop. Not from a task.
 * No transfer is attached any more. */
void sl__driver_close(sl__driver *driver,
                      void (*on_closed)(sl__driver *driver));

/* Have errand->run() called soon. An errand that is queued stays so once. From
 * tasks and callbacks; never fails. */
void sl__driver_queue(sl__driver *driver, sl__errand *errand);

/* A socket was just opened, or is about to be closed: whoever had its number is
 * not watched any more. */
void sl__driver_forget(sl__driver *driver, curl_socket_t fd);

/* libcurl's callback that closes a socket; `arg` is the driver. */
int sl__on_close_socket(void *arg, curl_socket_t fd);

/* A blank easy handle, and back. Only on the native stack. */
CURL *sl__driver_take(sl__driver *driver); /* NULL without memory */
void sl__driver_give(sl__driver *driver, CURL *easy);

/* Attach an easy handle: it begins to run. Detach: it stops, whatever it was
 * doing. Only on the native stack, and not from one of its own callbacks. */
int sl__driver_attach(sl__driver *driver, CURL *easy);
void sl__driver_detach(sl__driver *driver, CURL *easy);

#endif
