/* How a loop comes and goes.
 *
 * Closing is the long part: libuv uses a handle until its close callback has
 * run, so the loop turns until all of them have. Whatever rooms above have
 * registered with sl__loop_at_exit() is released first.
 */
#include "sched/debug.h"
#include "base/given.h"
#include "sched/loop.h"

#include <errno.h>
#include <stdlib.h>

#include <starling/error.h>

static void run_posted(uv_async_t *wake)
{
    sl_loop *loop = wake->data;
    posted_call *call, *next;

    pthread_mutex_lock(&loop->posted_lock);
    call = loop->posted;
    loop->posted = NULL;
    loop->posted_end = &loop->posted;
    pthread_mutex_unlock(&loop->posted_lock);
    for (; call != NULL; call = next) {
        next = call->next;
        call->callback(call->arg);
        free(call);
    }
}

sl_loop *sl_loop_new(void)
{
    sl_loop *loop = calloc(1, sizeof *loop);

    if (loop == NULL)
        return NULL;
    sl__loop_watch_forks();
    if (uv_loop_init(&loop->uv) < 0) {
        free(loop);
        return NULL;
    }
    for (int kind = 0; kind < SL__STACK_POOLS; kind++)
        sl__stack_pool_init(&loop->stacks[kind], kind);
    sl__list_init(&loop->soon);
    pthread_mutex_init(&loop->posted_lock, NULL);
    loop->posted_end = &loop->posted;
    loop->chunk = 1;
    uv_timer_init(&loop->uv, &loop->alarm);
    uv_prepare_init(&loop->uv, &loop->before_sleep);
    loop->before_sleep.data = loop;
    if (uv_async_init(&loop->uv, &loop->wake, run_posted) < 0) {
        uv_close((uv_handle_t *)&loop->alarm, NULL);
        uv_close((uv_handle_t *)&loop->before_sleep, NULL);
        uv_run(&loop->uv, UV_RUN_DEFAULT);
        uv_loop_close(&loop->uv);
        free(loop);
        return NULL;
    }
    loop->wake.data = loop;
    uv_unref((uv_handle_t *)&loop->wake);
    sl__debug_from_environment(loop);
    return loop;
}

static void drop_callbacks(sl_loop *loop)
{
    sl__node *node;
    sl__timer *timer;

    while ((node = sl__list_take(&loop->soon)) != NULL)
        free(sl__container_of(node, sl_timer, node));
    /* Only callbacks are left in the heap: scopes and sleepers were on the
     * stacks of tasks, and all tasks have ended. */
    while ((timer = sl__timers_take(&loop->timers, SL_FOREVER, UINT64_MAX)))
        free(sl__container_of(timer, sl_timer, timer));
}

static void drop_posted(sl_loop *loop)
{
    pthread_mutex_lock(&loop->posted_lock);
    loop->closed = true;
    pthread_mutex_unlock(&loop->posted_lock);
    while (loop->posted != NULL) {
        posted_call *call = loop->posted;

        loop->posted = call->next;
        free(call);
    }
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void close_uv(sl_loop *loop)
{
    uv_close((uv_handle_t *)&loop->alarm, NULL);
    uv_close((uv_handle_t *)&loop->before_sleep, NULL);
    uv_close((uv_handle_t *)&loop->wake, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    if (uv_loop_close(&loop->uv) == 0)
        return;
    /* A program left something open. It must not keep this one from ending. */
    uv_walk(&loop->uv, close_handle, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    uv_loop_close(&loop->uv);
}

int sl_loop_close(sl_loop *loop)
{
    if (loop == NULL)
        return 0;
    sl_given(loop);
    if (loop->running)
        return -EBUSY;
    while (loop->at_exit != NULL) {
        sl__loop_exit *entry = loop->at_exit;

        loop->at_exit = entry->next;
        entry->fn(entry->arg);
    }
    sl__debug_close(loop);
    drop_posted(loop);
    /* Tasks that a deadlock has left behind still own timers and stacks. */
    if (loop->main == NULL)
        drop_callbacks(loop);
    close_uv(loop);
    sl__timers_fini(&loop->timers);
    for (int kind = 0; kind < SL__STACK_POOLS; kind++)
        sl__stack_pool_fini(&loop->stacks[kind]);
    sl__tasks_free_all(loop);
    pthread_mutex_destroy(&loop->posted_lock);
    sl__release(loop);
    return 0;
}

void sl__loop_at_exit(sl_loop *loop, sl__loop_exit *entry)
{
    entry->next = loop->at_exit;
    loop->at_exit = entry;
}

int sl_call_threadsafe(sl_loop *loop, sl_callback *callback, void *arg)
{
    sl_given(loop);
    sl_given(callback);

    posted_call *call = malloc(sizeof *call);
    bool first;

    if (call == NULL)
        return -ENOMEM;
    *call = (posted_call){ NULL, callback, arg };
    pthread_mutex_lock(&loop->posted_lock);
    if (loop->closed) {
        pthread_mutex_unlock(&loop->posted_lock);
        free(call);
        return SL_ECLOSED;
    }
    first = loop->posted == NULL;
    *loop->posted_end = call;
    loop->posted_end = &call->next;
    /* Whoever finds the list empty wakes the loop, for all that follow. Under
     * the lock, because afterwards the loop may be closed at any time. */
    if (first)
        uv_async_send(&loop->wake);
    pthread_mutex_unlock(&loop->posted_lock);
    return 0;
}
