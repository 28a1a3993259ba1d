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

#include "base/given.h"
#include "exec/launch.h"
#include "exec/own_program.h"
#include "exec/process_pool.h"
#include "sched/uv.h"

enum { WORKERS_MAX = 1024 };

void sl__pool_opened(process_pool *pool, int rc)
{
    sl__waiter *waiter = pool->opening;

    if (waiter == NULL)
        return;
    pool->opening = NULL;
    sl__complete(waiter, rc);
}

void sl__pool_check_ended(process_pool *pool)
{
    if (pool->ending != NULL && pool->helper == 0 && pool->watches.count == 0 &&
        pool->orphan_groups == 0 && sl__list_is_empty(&pool->workers))
        sl__complete(pool->ending, 0);
}

static void on_watch_released(void *arg)
{
    sl__pool_check_ended(arg);
}

static void free_pool(process_pool *pool)
{
    /* Buffers outlive the pool if nobody has freed them; their workers have
     * ended. */
    while (sl__list_take(&pool->buffers) != NULL) {
    }
    sl__lookout_close(pool->lookout);
    sl__pool_fini(&pool->base);
    if (pool->program >= 0)
        close(pool->program);
    free(pool->program_path);
    sl__release(pool);
}

/* What workers are given when they start, and where their init function is. */
static int set_init(process_pool *pool, const sl_process_pool_options *options)
{
    uintptr_t function = (uintptr_t)options->init;

    pool->init_size = options->init_size;
    if (options->init_size > 0)
        memcpy(pool->init, options->init_arg, options->init_size);
    if (options->init == NULL)
        return 0;
    pool->init_module = sl__module_of(function, pool->modules, pool->files,
                                      &pool->module_count);
    if (pool->init_module < 0)
        return pool->init_module;
    pool->has_init = true;
    pool->init_function = function - pool->modules[pool->init_module].base;
    return 0;
}

static void set_numbers(process_pool *pool,
                        const sl_process_pool_options *options)
{
    int cores = sl_cores();

    pool->is_own = options->program == NULL;
    pool->target = options->workers > 0 ? options->workers : cores;
    pool->threads =
        options->threads_per_worker > 0 ? options->threads_per_worker : 1;
    pool->max_jobs_per_worker = options->max_jobs_per_worker;
    pool->show_stderr = options->show_stderr;
    pool->cores = cores;
    pool->job_ns = JOB_NS_MAX; /* nothing is known yet */
}

static void set_lists(process_pool *pool)
{
    pool->program = -1;
    pool->watches.released = on_watch_released;
    pool->watches.arg = pool;
    sl__list_init(&pool->workers);
    sl__list_init(&pool->idle);
    sl__list_init(&pool->roomy);
    sl__list_init(&pool->queue);
    sl__list_init(&pool->buffers);
    sl__pool_init(&pool->base, &sl__processes_kind);
}

static const char *name_of(const sl_process_pool_options *options)
{
    return options->program != NULL ? options->program : "this program";
}

/* What runs now can be executed again, whatever becomes of its file. */
static int open_program(process_pool *pool,
                        const sl_process_pool_options *options)
{
    pool->program_path = strdup(name_of(options));
    if (pool->program_path == NULL)
        return -ENOMEM;
    pool->program = sl__program_open(
        options->program != NULL ? options->program : "/proc/self/exe");
    return pool->program < 0 ? pool->program : 0;
}

static int make(const sl_process_pool_options *options, process_pool **out)
{
    process_pool *pool = calloc(1, sizeof *pool);
    int rc;

    if (pool == NULL)
        return -ENOMEM;
    set_lists(pool);
    set_numbers(pool, options);
    rc = set_init(pool, options);
    if (rc == 0)
        rc = sl__lookout_open(pool->base.loop, &sl__processes_duties, pool,
                              pool->cores, &pool->lookout);
    if (rc == 0)
        rc = open_program(pool, options);
    if (rc < 0) {
        free_pool(pool);
        return rc;
    }
    *out = pool;
    return 0;
}

/* The helper ends its workers and itself when its channel does. */
static void end_processes(process_pool *pool)
{
    sl__waiter waiter = { .what = "end of worker processes", .on = pool };

    pool->base.is_closing = pool->is_ending = true;
    if (pool->rest != NULL)
        sl_timer_cancel(pool->rest);
    pool->rest = NULL;
    sl__helper_end(pool);
    pool->ending = &waiter;
    sl_loop_hold(pool->base.loop);
    sl__pool_check_ended(pool);
    (void)sl__park_uncancelled(&waiter); /* it is completed with 0 only */
    sl_loop_release(pool->base.loop);
}

static int wait_for_first(process_pool *pool)
{
    sl__waiter waiter = { .what = "first worker process", .on = pool };
    int rc;

    pool->opening = &waiter;
    sl_loop_hold(pool->base.loop);
    rc = sl__park(&waiter);
    sl_loop_release(pool->base.loop);
    pool->opening = NULL;
    return rc;
}

static int check(const sl_process_pool_options *options)
{
    int most = options->workers > options->threads_per_worker
                   ? options->workers
                   : options->threads_per_worker;

    if (options->program == NULL && !sl__own_program_is_known)
        return sl_fail(-EINVAL, "a process pool of a program's own functions "
                                "needs sl_main()");
    if (options->program != NULL && options->init != NULL)
        return sl_fail(-EINVAL, "a worker program has its own enter()");
    if (options->workers < 0 || options->threads_per_worker < 0 ||
        options->max_jobs_per_worker < 0)
        return sl_fail(-EINVAL, "a pool has no number of workers, threads or "
                                "jobs below 0");
    if (most > WORKERS_MAX)
        return sl_fail(-EINVAL, "a pool has at most %d workers", WORKERS_MAX);
    if (options->init_size > REGION_INIT ||
        (options->init_size > 0 && options->init_arg == NULL))
        return sl_fail(-EINVAL, "init_arg has at most %d bytes", REGION_INIT);
    return 0;
}

/* Why there is no helper. */
static const char *explain(int rc)
{
    return rc == -ENOSYS ? "worker processes need pidfd_open(), of Linux 5.3; "
                           "valgrind may not know it"
                         : sl_strerror(rc);
}

static int start(const sl_process_pool_options *options, process_pool **out)
{
    static const sl_process_pool_options defaults = { 0 };
    int rc;

    if (options == NULL)
        options = &defaults;
    rc = check(options);
    if (rc < 0)
        return rc;
    rc = make(options, out);
    return rc < 0 ? sl_fail(rc, "%s: %s", name_of(options), sl_strerror(rc))
                  : 0;
}

int sl_process_pool_open(const sl_process_pool_options *options, sl_pool **out)
{
    sl_given(out);

    process_pool *pool;
    int rc = sl__wait_begin();

    if (rc == 0)
        rc = start(options, &pool);
    if (rc < 0)
        return rc;
    rc = sl__helper_start(pool);
    if (rc < 0) {
        sl_fail(rc, "%s: %s", pool->program_path, explain(rc));
    } else {
        rc = wait_for_first(pool);
        if (rc < 0)
            sl_fail(rc, "%s", pool->base.broken_text);
    }
    if (rc < 0) {
        sl__process_pool_end(pool);
        return rc;
    }
    *out = &pool->base;
    return 0;
}

sl_pool *sl_process_pool_new(const sl_process_pool_options *options)
{
    process_pool *pool;
    int rc;

    if (start(options, &pool) < 0)
        return NULL;
    rc = sl__helper_start(pool);
    if (rc == 0)
        return &pool->base;
    /* Without a helper there is nothing to wait for. */
    sl_fail(rc, "%s: %s", pool->program_path, explain(rc));
    free_pool(pool);
    return NULL;
}

void sl__process_pool_end(process_pool *pool)
{
    end_processes(pool);
    free_pool(pool);
}
