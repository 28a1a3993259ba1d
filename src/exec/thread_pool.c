/* A pool of threads, as the loop sees it.
 *
 * The loop shows jobs to the threads in a ring, up to a bound, and collects
 * what they have done. A job that was taken back or abandoned leaves an empty
 * record in the ring or with its thread, which comes back like the others.
 *
 * A thread cannot be killed. Whoever cannot wait for what runs on one submits
 * with `abandon`: then the job works on copies, and the pool leaves the thread
 * behind if even after a grace time it has not returned.
 */
#include "exec/thread_pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <starling/cores.h>
#include <starling/error.h>
#include <starling/scope.h>

#include "base/given.h"
#include "exec/blocked.h"
#include "exec/futex.h"
#include "sched/uv.h"

enum { THREADS_MAX = 1024 };

#define STRAY_GRACE SL_S(5)

static thread_pool *of(const sl_pool *base)
{
    return (thread_pool *)(uintptr_t)base; /* it comes first */
}

static void fill_cell(thread_pool *pool, job *job)
{
    atomic_store_explicit(&pool->cells[pool->filled++ % CELLS], job,
                          memory_order_relaxed);
    pool->issued++;
}

/* Show what is in cells, and wake whoever is needed for it. */
static void show_jobs(thread_pool *pool)
{
    atomic_store(&pool->tail, pool->filled);
    sl__threads_wake(pool, false);
}

/* Threads start with the jobs that need them. Where one cannot be started, the
 * others do the work. */
static int staff(thread_pool *pool)
{
    int rc = 0;

    if (pool->started < pool->size && atomic_load(&pool->spinning) == 0 &&
        atomic_load(&pool->sleeping) == 0)
        rc = sl__thread_start(pool);
    return pool->started > 0 ? 0 : rc;
}

static void free_record(job *job)
{
    free(job->copies);
    sl__job_free(job);
}

static void take(sl_pool *base, job *job)
{
    thread_pool *pool = of(base);
    int rc = staff(pool);

    if (rc < 0) {
        sl__job_tell(job, rc, "");
        free_record(job);
        return;
    }
    /* Before a thread sees it: its end may have to wake us. */
    sl__lookout_expect(pool->lookout);
    if (pool->issued < CELLS && sl__list_is_empty(&pool->queue))
        fill_cell(pool, job);
    else
        sl__list_append(&pool->queue, &job->node);
    if (!pool->is_collecting)
        show_jobs(pool);
}

/* A record has come back from a thread. */
static void collect(thread_pool *pool, job *job)
{
    pool->issued--;
    if (job->to.settled == NULL) {
        if (atomic_load_explicit(&job->state, memory_order_relaxed) ==
                JOB_RUNNING &&
            --pool->strays == 0 && pool->straying != NULL)
            sl__complete(pool->straying, 0);
    } else {
        if (job->copies != NULL && job->rc > 0)
            memcpy(job->lent_out, job->out,
                   (size_t)job->rc < job->out_capacity ? (size_t)job->rc
                                                       : job->out_capacity);
        sl__job_tell(job, job->rc, job->rc == -ENOMEM ? "memory" : "");
    }
    free_record(job);
}

static unsigned look(void *arg)
{
    thread_pool *pool = arg;
    unsigned count = 0;
    sl__node *node;

    pool->is_collecting = true;
    for (int i = 0; i < pool->started; i++) {
        thread *thread = pool->threads[i];
        unsigned tail =
            atomic_load_explicit(&thread->done_tail, memory_order_acquire);

        for (; thread->done_head != tail; count++)
            collect(pool, thread->done[thread->done_head++ % CELLS]);
    }
    pool->is_collecting = false;
    while (pool->issued < CELLS && (node = sl__list_take(&pool->queue)))
        fill_cell(pool, sl__container_of(node, job, node));
    if (pool->filled != atomic_load_explicit(&pool->tail, memory_order_relaxed))
        show_jobs(pool);
    return count;
}

static unsigned expects(void *arg)
{
    thread_pool *pool = arg;

    return pool->issued;
}

static int at_work(void *arg)
{
    thread_pool *pool = arg;

    return pool->started -
           atomic_load_explicit(&pool->sleeping, memory_order_relaxed) -
           atomic_load_explicit(&pool->spinning, memory_order_relaxed);
}

static void ask_to_be_woken(void *arg, bool asleep)
{
    thread_pool *pool = arg;

    atomic_store(&pool->loop_asleep, asleep);
    /* Whom it was not worth waking while we were there to look again. */
    if (asleep)
        sl__threads_wake(pool, true);
}

static int check(const sl_pool *base, const sl_job_request *request)
{
    (void)base;
    if (request->function == NULL || request->body != NULL ||
        request->result != NULL)
        return -EINVAL;
    return 0;
}

static int take_back(sl_pool *base, job *job)
{
    thread_pool *pool = of(base);
    int expected = JOB_QUEUED;

    if (sl__node_is_linked(&job->node)) {
        sl__node_unlink(&job->node);
        sl__job_tell(job, SL_ECANCELED, "canceled");
        free_record(job);
        return 0;
    }
    if (!atomic_compare_exchange_strong(&job->state, &expected,
                                        JOB_TAKEN_BACK)) {
        if (job->copies == NULL)
            return -EBUSY;
        pool->strays++;
    }
    sl__job_tell(job, SL_ECANCELED, "canceled");
    return 0;
}

static void take_back_all(sl_pool *base, sl__list *jobs)
{
    sl__list rest;
    sl__node *node;

    sl__list_init(&rest);
    while ((node = sl__list_take(jobs)) != NULL)
        sl__list_append(&rest, node);
    while ((node = sl__list_take(&rest)) != NULL) {
        job *job = sl__container_of(node, struct job, live);

        sl__list_append(jobs, node);
        (void)take_back(base, job);
    }
}

static void abandon(sl_pool *base)
{
    take_back_all(base, &base->live);
    take_back_all(base, &base->tasks);
}

/* Wait for jobs that nobody waits for, but not for ever. */
static int wait_for_strays(thread_pool *pool)
{
    sl__waiter waiter = { .what = "abandoned jobs", .on = pool };
    sl_scope grace;
    int rc;

    if (pool->strays == 0)
        return 0;
    sl_loop_hold(pool->base.loop);
    sl_shield_open(&grace, STRAY_GRACE);
    pool->straying = &waiter;
    rc = sl__park(&waiter);
    pool->straying = NULL;
    (void)sl_scope_close(&grace, rc);
    sl_loop_release(pool->base.loop);
    return rc;
}

static void free_pool(thread_pool *pool)
{
    for (int i = 0; i < pool->started; i++)
        free(pool->threads[i]);
    free(pool->threads);
    sl__pool_fini(&pool->base);
    sl__release(pool);
}

/* Threads that run strays keep the pool's memory, for as long as the program
 * lives. */
static int leave_behind(thread_pool *pool)
{
    char text[128] = "a job";

    for (int i = 0; i < pool->started; i++) {
        job *job = atomic_load(&pool->threads[i]->running);

        if (job != NULL)
            sl__job_describe(job, text, sizeof text);
        pthread_detach(pool->threads[i]->id);
    }
    return sl_fail(-EBUSY, "%s still runs: its thread is left behind", text);
}

static int end(sl_pool *base)
{
    thread_pool *pool = of(base);
    int rc = wait_for_strays(pool);

    sl__blocked_forget(pool);
    atomic_store(&pool->ending, true);
    atomic_fetch_add(&pool->wakes, 1);
    futex_wake(&pool->wakes, pool->started);
    if (rc < 0) {
        atomic_store(&pool->loop_asleep, false);
        sl__lookout_close(pool->lookout);
        return leave_behind(pool);
    }
    for (int i = 0; i < pool->started; i++)
        pthread_join(pool->threads[i]->id, NULL);
    (void)look(pool); /* the records of jobs that were taken back */
    sl__lookout_close(pool->lookout);
    free_pool(pool);
    return 0;
}

static int workers(const sl_pool *base)
{
    return of(base)->size;
}

static const char *note(const sl_pool *base)
{
    (void)base;
    return "";
}

static void buffer_free(sl_pool_buffer *buffer)
{
    free(buffer->data);
    sl__release(sl__buffer_of(buffer));
}

static sl_pool_buffer *buffer_new(sl_pool *base, size_t size)
{
    pool_buffer *buffer = calloc(1, sizeof *buffer);

    (void)base;
    if (buffer == NULL)
        return NULL;
    buffer->free = buffer_free;
    buffer->public.size = size;
    buffer->public.data = calloc(1, size);
    if (buffer->public.data == NULL) {
        free(buffer);
        return NULL;
    }
    return &buffer->public;
}

static const pool_kind threads_kind = {
    .check = check,
    .take = take,
    .take_back = take_back,
    .abandon = abandon,
    .abandons = true,
    .end = end,
    .workers = workers,
    .note = note,
    .buffer_new = buffer_new,
};

static const lookout_duties duties = { look, expects, at_work,
                                       ask_to_be_woken };

/* The loop and one thread can look at once if there are two cores. */
static int start(thread_pool *pool, int threads, int cores)
{
    pool->size = threads > 0 ? threads : cores;
    if (pool->size > THREADS_MAX)
        pool->size = THREADS_MAX;
    pool->spinners_max = cores - 1;
    pool->threads = calloc((size_t)pool->size, sizeof *pool->threads);
    if (pool->threads == NULL)
        return -ENOMEM;
    sl__list_init(&pool->queue);
    sl__pool_init(&pool->base, &threads_kind);
    atomic_init(&pool->job_ns, 1000000); /* nothing is known yet */
    return sl__lookout_open(pool->base.loop, &duties, pool, cores,
                            &pool->lookout);
}

sl_pool *sl_thread_pool_new(int threads)
{
    thread_pool *pool;
    int rc;

    if (threads < 0) {
        sl_fail(-EINVAL,
                "a pool of %d threads: 0, for as many as cores, or more",
                threads);
        return NULL;
    }
    pool = aligned_alloc(64, (sizeof *pool + 63) / 64 * 64);
    if (pool == NULL) {
        sl_fail(-ENOMEM, "no memory for a pool");
        return NULL;
    }
    memset(pool, 0, sizeof *pool);
    rc = start(pool, threads, sl_cores());
    if (rc < 0) {
        sl_fail(rc, "a pool of threads: %s", sl_strerror(rc));
        free(pool->threads);
        free(pool);
        return NULL;
    }
    sl__blocked_watch(pool);
    return &pool->base;
}
