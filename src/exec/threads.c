/* The threads of a pool: take a job, run it, say that it is done.
 *
 * Nothing here is locked. Jobs come through a ring whose head the threads race
 * for; what is done goes to the loop through a ring of each thread's own,
 * which has room for every job that is out. A system call is made only to wake
 * somebody who has said that he sleeps.
 *
 * Sleeping is said before the last look for a job, and the jobs are shown
 * before the last look for sleepers, both sequentially consistent: one of the
 * two sees the other.
 */
#include "exec/thread_pool.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include <starling/error.h>

#include "exec/futex.h"

enum {
    SAMPLE = 64,         /* jobs between two looks at the clock */
    WORTH_WAKING = 20000 /* ns of work that another thread would take over */
};

static bool has_job(thread_pool *pool)
{
    return atomic_load(&pool->head) != atomic_load(&pool->tail);
}

static job *take_job(thread_pool *pool)
{
    unsigned long head = atomic_load(&pool->head);
    job *job;

    do {
        if (head == atomic_load_explicit(&pool->tail, memory_order_acquire))
            return NULL;
        job = atomic_load_explicit(&pool->cells[head % CELLS],
                                   memory_order_relaxed);
    } while (!atomic_compare_exchange_weak(&pool->head, &head, head + 1));
    return job;
}

static void hand_back(thread *thread, job *job)
{
    thread_pool *pool = thread->pool;
    unsigned tail =
        atomic_load_explicit(&thread->done_tail, memory_order_relaxed);

    thread->done[tail % CELLS] = job;
    atomic_store(&thread->done_tail, tail + 1);
    /* The first to find it asleep wakes it, for all that follow. */
    if (atomic_load(&pool->loop_asleep) &&
        atomic_exchange(&pool->loop_asleep, false))
        sl__lookout_wake(pool->lookout);
}

static void run(thread *thread, job *job)
{
    int expected = JOB_QUEUED;

    if (!atomic_compare_exchange_strong(&job->state, &expected, JOB_RUNNING))
        return; /* it was taken back meanwhile */
    atomic_store_explicit(&thread->running, job, memory_order_relaxed);
    job->rc = job->function(job->in, job->in_size, job->out, job->out_capacity);
    atomic_store_explicit(&thread->running, NULL, memory_order_relaxed);
}

static bool leave_sleepers(thread_pool *pool)
{
    int sleeping = atomic_load(&pool->sleeping);

    while (sleeping > 0)
        if (atomic_compare_exchange_weak(&pool->sleeping, &sleeping,
                                         sleeping - 1))
            return true;
    return false;
}

static void wake_one(thread_pool *pool)
{
    if (!leave_sleepers(pool))
        return;
    atomic_fetch_add(&pool->wakes, 1);
    futex_wake(&pool->wakes, 1);
}

void sl__threads_wake(thread_pool *pool, bool at_once)
{
    long jobs, awake;
    int sleeping = atomic_load(&pool->sleeping);

    if (sleeping == 0)
        return;
    jobs = (long)(atomic_load(&pool->tail) - atomic_load(&pool->head));
    awake = pool->started - sleeping;
    if (!at_once) {
        if (jobs <= atomic_load(&pool->spinning))
            return;
        if (awake > 0 &&
            jobs * atomic_load_explicit(&pool->job_ns, memory_order_relaxed) <
                awake * (long)WORTH_WAKING)
            return;
        jobs = 1;
    }
    for (; jobs > 0 && sleeping > 0; jobs--, sleeping--)
        wake_one(pool);
}

/* Look for a while. */
static bool find_by_looking(thread *thread)
{
    thread_pool *pool = thread->pool;
    int64_t end;
    bool found = false;

    if (thread->patience.window == 0)
        return false;
    if (atomic_fetch_add(&pool->spinning, 1) < pool->spinners_max) {
        end = patience_now() + thread->patience.window;
        do {
            for (int i = 0; i < 16 && !found; i++) {
                patience_pause();
                found = has_job(pool) || atomic_load(&pool->ending);
            }
        } while (!found && patience_now() < end);
    }
    atomic_fetch_sub(&pool->spinning, 1);
    if (!found)
        patience_in_vain(&thread->patience);
    return found;
}

/* Wait until there may be a job. False: the pool ends. */
static bool wait_for_job(thread *thread)
{
    thread_pool *pool = thread->pool;
    int64_t since = patience_now();
    uint32_t wakes;

    if (find_by_looking(thread))
        return has_job(pool) || !atomic_load(&pool->ending);
    wakes = atomic_load(&pool->wakes);
    atomic_fetch_add(&pool->sleeping, 1);
    if (has_job(pool) || atomic_load(&pool->ending)) {
        leave_sleepers(pool);
        return has_job(pool) || !atomic_load(&pool->ending);
    }
    futex_wait(&pool->wakes, wakes);
    if (atomic_load(&pool->wakes) == wakes)
        leave_sleepers(pool); /* a signal, not a wake */
    patience_slept(&thread->patience, patience_now() - since);
    return true;
}

/* Jobs are timed by the dozen: the clock costs as much as a small one. */
static void note_time(thread_pool *pool, int64_t ns, int jobs)
{
    int64_t before = atomic_load_explicit(&pool->job_ns, memory_order_relaxed),
            now = ns / jobs;

    if (now > 1000000)
        now = 1000000;
    atomic_store_explicit(&pool->job_ns, (int)((3 * before + now) / 4),
                          memory_order_relaxed);
}

static void *work(void *arg)
{
    thread *thread = arg;
    thread_pool *pool = thread->pool;

    pthread_setname_np(pthread_self(), "pool");
    do {
        int64_t since = patience_now();
        int jobs = 0;
        job *job;

        while ((job = take_job(pool)) != NULL) {
            run(thread, job);
            hand_back(thread, job);
            if (++jobs % SAMPLE == 0) {
                int64_t now = patience_now();

                note_time(pool, now - since, SAMPLE);
                since = now;
            }
        }
        if (jobs % SAMPLE > 0)
            note_time(pool, patience_now() - since, jobs % SAMPLE);
    } while (wait_for_job(thread));
    return NULL;
}

int sl__thread_start(thread_pool *pool)
{
    thread *thread = aligned_alloc(64, (sizeof *thread + 63) / 64 * 64);
    sigset_t all, before;
    int rc;

    if (thread == NULL)
        return -ENOMEM;
    thread->pool = pool;
    thread->patience =
        (patience){ .is_allowed = pool->spinners_max > 0,
                    .window = pool->spinners_max > 0 ? PATIENCE_MAX_NS : 0 };
    atomic_init(&thread->running, NULL);
    atomic_init(&thread->done_tail, 0);
    thread->done_head = 0;
    /* Signals are the business of the threads that the program started. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&thread->id, NULL, work, thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc != 0) {
        free(thread);
        return -rc;
    }
    pool->threads[pool->started++] = thread;
    return 0;
}
