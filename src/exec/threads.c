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
#include <string.h>

#include <starling/error.h>

#include "exec/futex.h"
#include "sched/words.h"

enum {
    SAMPLE = 64,          /* jobs between two looks at the clock */
    WORTH_WAKING = 20000, /* ns of work that another thread would take over */
    /* The loop has as much to do with a job as a thread that is done with it
     * so soon: more threads would wait for the loop. */
    TINY_NS = 250
};

static bool has_job(thread_pool *pool)
{
    return atomic_load(&pool->head) != atomic_load(&pool->tail);
}

/* The tail is looked at only when what was seen of it is used up: to look takes
 * the cache line away from the loop, which writes to it. */
static job *take_job(thread *thread)
{
    thread_pool *pool = thread->pool;
    unsigned long head = atomic_load(&pool->head);
    job *job;

    do {
        if ((long)(thread->seen_tail - head) <= 0)
            thread->seen_tail =
                atomic_load_explicit(&pool->tail, memory_order_acquire);
        if (head == thread->seen_tail)
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
    sl__words_forget();
    job->rc = job->function(job->in, job->in_size, job->out, job->out_capacity);
    /* Without memory the code has to do. */
    if (sl__words_about(job->rc)[0] != '\0')
        job->said = strdup(sl__words_about(job->rc));
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
    long jobs, awake, job_ns;
    int sleeping = atomic_load(&pool->sleeping);

    if (sleeping == 0)
        return;
    awake = pool->started - sleeping;
    job_ns = atomic_load_explicit(&pool->job_ns, memory_order_relaxed);
    if (!at_once && awake > 0 && job_ns < TINY_NS)
        return;
    jobs = (long)(atomic_load(&pool->tail) - atomic_load(&pool->head));
    if (!at_once) {
        if (jobs <= atomic_load(&pool->spinning))
            return;
        if (awake > 0 && jobs * job_ns < awake * (long)WORTH_WAKING)
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

    if (!patience_begin(&thread->patience))
        return false;
    if (atomic_fetch_add(&pool->spinning, 1) < pool->spinners_max) {
        end = patience_now() + PATIENCE_NS;
        do {
            for (int i = 0; i < 16 && !found; i++) {
                patience_pause();
                found = has_job(pool) || atomic_load(&pool->ending);
            }
        } while (!found && patience_now() < end);
    }
    atomic_fetch_sub(&pool->spinning, 1);
    if (found)
        patience_paid(&thread->patience);
    else
        patience_in_vain(&thread->patience);
    return found;
}

/* Wait until there may be a job. False: the pool ends. */
static bool wait_for_job(thread *thread)
{
    thread_pool *pool = thread->pool;
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

        while ((job = take_job(thread)) != NULL) {
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
    thread->seen_tail = 0;
    thread->patience = patience_new(pool->spinners_max > 0);
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
