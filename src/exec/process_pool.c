/* Opening and closing a pool of worker processes.
 *
 * Opening waits for the first worker, not only for the helper: a program that
 * cannot enter its sandbox is then an error of the open and not of the first
 * job. Closing has two waits: for the jobs, which can be cut short, and for
 * the processes, which cannot, because what runs on would outlive its owner.
 */
#include <starling/pool.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <starling/cores.h>
#include <starling/error.h>

#include "exec/process_pool.h"
#include "exec/launch.h"
#include "sched/uv.h"

enum { WORKERS_MAX = 1024 };

void sl__pool_opened(sl_pool *pool, int rc)
{
    sl__waiter *waiter = pool->opening;

    if (waiter == NULL)
        return;
    pool->opening = NULL;
    sl__complete(waiter, rc);
}

void sl__pool_check_ended(sl_pool *pool)
{
    if (pool->ending != NULL && pool->helper == 0 && pool->watches.count == 0 &&
        pool->orphan_groups == 0 && sl__list_is_empty(&pool->workers))
        sl__complete(pool->ending, 0);
}

static void on_watch_released(void *arg)
{
    sl__pool_check_ended(arg);
}

static void free_pool(sl_pool *pool)
{
    if (pool->program >= 0)
        close(pool->program);
    free(pool->program_path);
    free(pool);
}

static int make(const sl_process_pool_options *options, sl_pool **out)
{
    sl_pool *pool = calloc(1, sizeof *pool);
    int rc;

    if (pool == NULL)
        return -ENOMEM;
    pool->loop = sl_loop_current();
    pool->target = options->workers > 0 ? options->workers : sl_cores();
    pool->max_jobs_per_worker = options->max_jobs_per_worker;
    pool->show_stderr = options->show_stderr;
    pool->watches.released = on_watch_released;
    pool->watches.arg = pool;
    sl__list_init(&pool->workers);
    sl__list_init(&pool->idle);
    sl__list_init(&pool->queue);
    pool->program_path = strdup(options->program);
    pool->program = sl__program_open(options->program);
    rc = pool->program_path == NULL ? -ENOMEM : pool->program;
    if (rc < 0) {
        free_pool(pool);
        return rc;
    }
    *out = pool;
    return 0;
}

/* The helper ends its workers and itself when its channel does. */
static void end_processes(sl_pool *pool)
{
    sl__waiter waiter = { .what = "end of worker processes", .on = pool };

    pool->is_closing = pool->is_ending = true;
    if (pool->rest != NULL)
        sl_timer_cancel(pool->rest);
    pool->rest = NULL;
    sl__helper_end(pool);
    pool->ending = &waiter;
    sl__loop_hold(pool->loop);
    sl__pool_check_ended(pool);
    (void)sl__park_uncancelled(&waiter); /* it is completed with 0 only */
    sl__loop_release(pool->loop);
}

static int wait_for_first(sl_pool *pool)
{
    sl__waiter waiter = { .what = "first worker process", .on = pool };
    int rc;

    pool->opening = &waiter;
    sl__loop_hold(pool->loop);
    rc = sl__park(&waiter);
    sl__loop_release(pool->loop);
    pool->opening = NULL;
    return rc;
}

static int check(const sl_process_pool_options *options)
{
    if (options->program == NULL || options->workers < 0 ||
        options->workers > WORKERS_MAX || options->max_jobs_per_worker < 0)
        return sl_fail(-EINVAL, "a pool has a program and at most %d workers",
                       WORKERS_MAX);
    return 0;
}

int sl_process_pool_open(const sl_process_pool_options *options, sl_pool **out)
{
    sl_pool *pool;
    int rc = sl__wait_begin();

    if (rc == 0)
        rc = check(options);
    if (rc < 0)
        return rc;
    rc = make(options, &pool);
    if (rc < 0)
        return sl_fail(rc, "%s: %s", options->program, sl_strerror(rc));
    rc = sl__helper_start(pool);
    if (rc < 0) {
        sl_fail(rc, "%s: %s", options->program, sl_strerror(rc));
        end_processes(pool);
        free_pool(pool);
        return rc;
    }
    rc = wait_for_first(pool);
    if (rc < 0) {
        sl_fail(rc, "%s", pool->broken_text);
        end_processes(pool);
        free_pool(pool);
        return rc;
    }
    *out = pool;
    return 0;
}

int sl_pool_workers(const sl_pool *pool)
{
    return pool->target;
}

const char *sl_pool_note(const sl_pool *pool)
{
    return pool->note;
}

static int wait_for_jobs(sl_pool *pool)
{
    sl__waiter waiter = { .what = "last job of a pool", .on = pool };
    int rc = sl__wait_begin();

    if (rc < 0 || pool->jobs == 0)
        return rc;
    pool->draining = &waiter;
    rc = sl__park(&waiter);
    pool->draining = NULL;
    return rc;
}

static void abandon_jobs(sl_pool *pool)
{
    sl__jobs_settle_queued(pool, SL_ECLOSED, "closed");
    for (sl__node *node = pool->workers.head.next; node != &pool->workers.head;
         node = node->next) {
        worker *worker = sl__container_of(node, struct worker, node);

        if (worker->job != NULL)
            sl__worker_kill(worker, SL_ECLOSED, "closed");
    }
}

int sl_pool_close(sl_pool *pool)
{
    int rc;

    pool->is_closing = true;
    rc = wait_for_jobs(pool);
    if (rc < 0)
        abandon_jobs(pool);
    end_processes(pool);
    free_pool(pool);
    return rc;
}
