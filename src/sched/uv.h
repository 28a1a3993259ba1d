/* uv.h: the loop's libuv side, for the floors above that talk to libuv. */
#ifndef SL_SCHED_UV_H
#define SL_SCHED_UV_H

#include <uv.h>

#include <starling/loop.h>

/* The libuv loop under `loop`. Its callbacks run on the loop's native stack:
 * they complete waiters and never wait. */
uv_loop_t *sl__loop_uv(sl_loop *loop);

/* uv_close(), for a handle that belongs to an object of the program's: a
 * program that closes it too late, when the loop has, is told so. */
void sl__uv_close(uv_handle_t *handle, uv_close_cb closed);

/* Have the loop call fn(arg) when it closes, newest first: for state that
 * belongs to the loop (a pool of buffers, a cache). */
typedef struct sl__loop_exit {
    struct sl__loop_exit *next;
    void (*fn)(void *arg);
    void *arg;
} sl__loop_exit;
void sl__loop_at_exit(sl_loop *loop, sl__loop_exit *entry);

/* From now on somebody from outside may stop the program: tasks that sleep for
 * ever wait for that, and are no deadlock. */
void sl__loop_expect_stop(sl_loop *loop);

/* Handles whose callbacks alone are no reason for the loop to go on waiting
 * (a keep-alive connection) are made so with uv_unref(). */

#endif
