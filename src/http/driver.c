/* libcurl's multi handle, driven by a loop.
 *
 * libcurl says which sockets it watches and when it wants to be called next;
 * libuv watches and calls. Three rules keep that sound:
 *
 * libcurl and the TLS library under it run on the loop's native stack, never on
 * a task's, which is too small for them. Tasks therefore leave errands.
 *
 * A socket is watched from its first wait until it is closed, and not from wait
 * to wait: most connections are used again, and beginning to watch costs four
 * system calls. News of one that nobody waits for stop the watch. It ends
 * before the socket is closed, because the number may be that of another file
 * a moment later; its memory stays until libuv has run the close callback.
 *
 * libcurl measures time on the machine's clock, so its alarm is libuv's timer
 * and not the loop's, whose clock may be a virtual one.
 */
#include "http/driver.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "sched/uv.h"

typedef struct sl__watch {
    uv_poll_t poll;
    sl__driver *driver;
    curl_socket_t fd;
    int events;     /* that libuv looks for; 0: it is stopped */
    bool is_wanted; /* libcurl waits for them */
} watch;

static void report_done(sl__driver *driver)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(driver->multi, &left)) != NULL) {
        CURLcode code = message->data.result;
        void *private = NULL;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
        sl__transfer_done(private, code);
    }
}

static void act(sl__driver *driver, curl_socket_t fd, int events)
{
    int running;

    curl_multi_socket_action(driver->multi, fd, events, &running);
    report_done(driver);
}

static void on_socket(uv_poll_t *poll, int status, int events)
{
    watch *w = poll->data;
    int flags = 0;

    if (status < 0 || !w->is_wanted) {
        uv_poll_stop(poll);
        w->events = 0;
    }
    if (!w->is_wanted)
        return;
    if (status < 0)
        flags = CURL_CSELECT_ERR;
    if (events & UV_READABLE)
        flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        flags |= CURL_CSELECT_OUT;
    act(w->driver, w->fd, flags);
}

static void count_closed(sl__driver *driver)
{
    if (--driver->handles == 0 && driver->on_closed != NULL)
        driver->on_closed(driver);
}

static void free_watch(uv_handle_t *handle)
{
    watch *w = handle->data;
    sl__driver *driver = w->driver;

    free(w);
    count_closed(driver);
}

static watch *find_watch(const sl__driver *driver, curl_socket_t fd)
{
    return fd < driver->watch_room ? driver->watches[fd] : NULL;
}

static int make_watch_room(sl__driver *driver, curl_socket_t fd)
{
    int room = driver->watch_room > 0 ? driver->watch_room : 64;
    watch **grown;

    while (room <= fd)
        room *= 2;
    if (room == driver->watch_room)
        return 0;
    grown = reallocarray(driver->watches, (size_t)room, sizeof(watch *));
    if (grown == NULL)
        return -ENOMEM;
    memset(grown + driver->watch_room, 0,
           (size_t)(room - driver->watch_room) * sizeof(watch *));
    driver->watches = grown;
    driver->watch_room = room;
    return 0;
}

/* NULL: no memory. */
static watch *add_watch(sl__driver *driver, curl_socket_t fd)
{
    watch *w = make_watch_room(driver, fd) < 0 ? NULL : calloc(1, sizeof *w);

    if (w == NULL)
        return NULL;
    if (uv_poll_init(sl__loop_uv(driver->loop), &w->poll, fd) < 0) {
        free(w);
        return NULL;
    }
    w->poll.data = w;
    w->driver = driver;
    w->fd = fd;
    driver->handles++;
    driver->watches[fd] = w;
    return w;
}

void sl__driver_forget(sl__driver *driver, curl_socket_t fd)
{
    watch *w = find_watch(driver, fd);

    if (w == NULL)
        return;
    driver->watches[fd] = NULL;
    uv_close((uv_handle_t *)&w->poll, free_watch);
}

int sl__on_close_socket(void *arg, curl_socket_t fd)
{
    sl__driver_forget(arg, fd);
    return close(fd);
}

/* Connections that are only kept are no reason for a loop to go on. */
static void want(watch *w, bool is_wanted)
{
    w->is_wanted = is_wanted;
    if (is_wanted)
        uv_ref((uv_handle_t *)&w->poll);
    else
        uv_unref((uv_handle_t *)&w->poll);
}

/* libcurl: watch this socket for these events from now on, or no longer. */
static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
                        void *unused)
{
    sl__driver *driver = arg;
    watch *w = find_watch(driver, fd);
    int events = 0;

    (void)unused;
    if (what == CURL_POLL_REMOVE) {
        void *private = NULL;

        if (w != NULL)
            want(w, false);
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
        if (private != NULL)
            sl__transfer_unwatched(private);
        return 0;
    }
    if (w == NULL)
        w = add_watch(driver, fd);
    if (w == NULL)
        return -1; /* libcurl fails its transfers */
    want(w, true);
    if (what & CURL_POLL_IN)
        events |= UV_READABLE;
    if (what & CURL_POLL_OUT)
        events |= UV_WRITABLE;
    if (events == w->events)
        return 0;
    w->events = events;
    return uv_poll_start(&w->poll, events, on_socket) < 0 ? -1 : 0;
}

/* libuv runs timers before it polls, and would then sleep although one of them
 * has woken a task. */
static void do_not_sleep(sl__driver *driver)
{
    uv_stop(sl__loop_uv(driver->loop));
}

static void on_clock(uv_timer_t *timer)
{
    sl__driver *driver = timer->data;

    act(driver, CURL_SOCKET_TIMEOUT, 0);
    do_not_sleep(driver);
}

static void on_soon(uv_idle_t *idle)
{
    sl__driver *driver = idle->data;

    uv_idle_stop(idle);
    act(driver, CURL_SOCKET_TIMEOUT, 0);
    do_not_sleep(driver);
}

/* libcurl: call me in so many milliseconds; a negative number: never. After a
 * hundred reads it wants to go on in none, and a timer would be rung before
 * anything else, again and again: libuv before 1.45 goes on until none is due.
 */
static int set_clock(CURLM *multi, long timeout_ms, void *arg)
{
    sl__driver *driver = arg;

    (void)multi;
    uv_idle_stop(&driver->soon);
    uv_timer_stop(&driver->clock);
    if (timeout_ms == 0)
        uv_idle_start(&driver->soon, on_soon);
    if (timeout_ms <= 0)
        return 0;
    /* libuv counts from the time at which it last woke: tasks that ran since
     * would make the alarm early. */
    uv_update_time(sl__loop_uv(driver->loop));
    uv_timer_start(&driver->clock, on_clock, (uint64_t)timeout_ms, 0);
    return 0;
}

static void on_kick(uv_timer_t *timer)
{
    sl__driver *driver = timer->data;
    sl__node *node;

    while ((node = sl__list_take(&driver->errands)) != NULL) {
        sl__errand *errand = sl__container_of(node, sl__errand, node);

        errand->run(errand);
    }
    do_not_sleep(driver);
}

void sl__driver_queue(sl__driver *driver, sl__errand *errand)
{
    if (sl__node_is_linked(&errand->node))
        return;
    sl__list_append(&driver->errands, &errand->node);
    uv_timer_start(&driver->kick, on_kick, 0, 0);
}

void sl__driver_init(sl__driver *driver, sl_loop *loop, int connections)
{
    uv_loop_t *uv = sl__loop_uv(loop);

    *driver = (sl__driver){ .loop = loop, .connections = connections };
    sl__list_init(&driver->errands);
    uv_timer_init(uv, &driver->clock);
    uv_timer_init(uv, &driver->kick);
    uv_idle_init(uv, &driver->soon);
    driver->clock.data = driver->kick.data = driver->soon.data = driver;
    driver->handles = 3;
}

/* A peer that is gone must be an error code and not the end of the program:
 * the TLS library writes to sockets without asking for that. */
static void ignore_sigpipe(void)
{
    struct sigaction now;

    if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
        signal(SIGPIPE, SIG_IGN);
}

static int open_multi(sl__driver *driver)
{
    CURLM *multi;

    ignore_sigpipe();
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return -ENOMEM;
    multi = curl_multi_init();
    if (multi == NULL) {
        curl_global_cleanup();
        return -ENOMEM;
    }
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, driver);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_clock);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, driver);
    /* Idle connections count: the oldest of them makes room for a new one. */
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)driver->connections);
    curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
                      (long)driver->connections);
    driver->multi = multi;
    return 0;
}

static void on_handle_closed(uv_handle_t *handle)
{
    count_closed(handle->data);
}

void sl__driver_close(sl__driver *driver, void (*on_closed)(sl__driver *driver))
{
    driver->on_closed = on_closed;
    while (driver->idle_count > 0)
        curl_easy_cleanup(driver->idle[--driver->idle_count]);
    if (driver->multi != NULL) {
        curl_multi_cleanup(driver->multi);
        curl_global_cleanup();
    }
    driver->multi = NULL;
    /* All sockets are closed; but one may have been closed without a word. */
    for (int fd = 0; fd < driver->watch_room; fd++)
        sl__driver_forget(driver, fd);
    free(driver->watches);
    driver->watches = NULL;
    driver->watch_room = 0;
    uv_close((uv_handle_t *)&driver->clock, on_handle_closed);
    uv_close((uv_handle_t *)&driver->kick, on_handle_closed);
    uv_close((uv_handle_t *)&driver->soon, on_handle_closed);
}

CURL *sl__driver_take(sl__driver *driver)
{
    if (driver->multi == NULL && open_multi(driver) < 0)
        return NULL;
    if (driver->idle_count > 0)
        return driver->idle[--driver->idle_count];
    return curl_easy_init();
}

void sl__driver_give(sl__driver *driver, CURL *easy)
{
    enum { MOST = sizeof driver->idle / sizeof driver->idle[0] };

    if (driver->idle_count == MOST) {
        curl_easy_cleanup(easy);
        return;
    }
    curl_easy_reset(easy);
    driver->idle[driver->idle_count++] = easy;
}

void sl__driver_nudge(CURL *easy)
{
    /* Going on after a pause is what libcurl does at once. */
    curl_easy_pause(easy, CURLPAUSE_RECV);
    curl_easy_pause(easy, CURLPAUSE_CONT);
}

int sl__driver_attach(sl__driver *driver, CURL *easy)
{
    return curl_multi_add_handle(driver->multi, easy) == CURLM_OK ? 0 : -ENOMEM;
}

void sl__driver_detach(sl__driver *driver, CURL *easy)
{
    CURLMcode code = curl_multi_remove_handle(driver->multi, easy);

    sl_assert(code == CURLM_OK && "detached inside of a libcurl callback");
}
