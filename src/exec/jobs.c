/* How a job comes to the queue, and how it ends.
 *
 * A worker's death costs the job that it ran. What had not begun is queued
 * again, in front; but not for ever, since only the worker says that it had
 * not begun.
 */
#include <errno.h>
#include <string.h>

#include <starling/error.h>

#include "exec/process_pool.h"

enum { SPARED_MAX = 3 };

void sl__job_end(job *job, int rc, const char *word)
{
    if (job->timer != NULL)
        sl_timer_cancel(job->timer);
    job->timer = NULL;
    sl__job_tell(job, rc, word);
    sl__job_free(job);
}

static void settle_all(sl__list *jobs, int rc, const char *word)
{
    sl__node *node;

    while ((node = sl__list_take(jobs)) != NULL)
        sl__job_end(sl__container_of(node, job, node), rc, word);
}

void sl__jobs_settle_queued(process_pool *pool, int rc, const char *word)
{
    settle_all(&pool->queue, rc, word);
    for (sl__node *node = pool->workers.head.next; node != &pool->workers.head;
         node = node->next)
        settle_all(&sl__container_of(node, worker, node)->bound, rc, word);
}

static void on_limit(void *arg)
{
    job *job = arg;

    sl_time left = job->due - sl_now_awake();

    job->timer = NULL; /* it is freed after this call */
    /* The worker was stopped together with us, and may go on. */
    if (left > 0)
        job->timer = sl_call_later(sl_loop_current(), left, on_limit, job);
    if (job->timer == NULL && job->worker != NULL)
        sl__worker_kill(job->worker, job, SL_ETIMEDOUT, "timeout");
}

/* The time of a job runs from when the worker comes to it, which is when all
 * but `threads` before it have been answered. */
void sl__limits_begin(worker *worker)
{
    sl__node *node = worker->held.head.next;

    for (int i = 0; i < worker->pool->threads && node != &worker->held.head;
         i++, node = node->next) {
        job *job = sl__container_of(node, struct job, node);

        /* Without memory for it the next answer tries again. */
        if (job->limit <= 0 || job->timer != NULL)
            continue;
        if (__builtin_add_overflow(sl_now_awake(), job->limit, &job->due))
            job->due = SL_FOREVER;
        job->timer =
            sl_call_later(worker->pool->base.loop, job->limit, on_limit, job);
    }
}

static unsigned look(void *arg)
{
    process_pool *pool = arg;
    unsigned count = 0;

    pool->is_collecting = true;
    for (sl__node *node = pool->workers.head.next; node != &pool->workers.head;
         node = node->next) {
        worker *worker = sl__container_of(node, struct worker, node);
        unsigned part;

        if (worker->state != WORKER_READY ||
            worker->held_count + worker->husks == 0)
            continue;
        part = sl__lane_collect(worker);
        if (part > 0 && worker->state == WORKER_READY)
            sl__limits_begin(worker);
        count += part;
    }
    pool->is_collecting = false;
    if (count > 0)
        sl__pool_dispatch(pool);
    return count;
}

static unsigned expects(void *arg)
{
    process_pool *pool = arg;

    return pool->held;
}

static int at_work(void *arg)
{
    process_pool *pool = arg;

    return pool->busy;
}

static void ask_to_be_woken(void *arg, bool asleep)
{
    process_pool *pool = arg;

    pool->is_asleep = asleep;
    for (sl__node *node = pool->workers.head.next; node != &pool->workers.head;
         node = node->next) {
        worker *worker = sl__container_of(node, struct worker, node);

        /* Others are told with their next job; and who rang has taken the
         * word back itself. */
        if (asleep ? worker->held_count > 0 : worker->told_asleep) {
            worker->told_asleep = asleep;
            atomic_store(&worker->region->pool_asleep, asleep);
        }
    }
    /* Whom it was not worth waking while we were there to look again. */
    if (asleep)
        sl__pool_dispatch(pool);
}

const lookout_duties sl__processes_duties = { look, expects, at_work,
                                              ask_to_be_woken };

/* Whether the worker may have been at it when it died. */
static bool had_begun(const worker *worker, job *job, int place)
{
    /* With one thread it cannot have begun the second before the first. */
    if (worker->pool->threads == 1 && place > 0)
        return false;
    if (atomic_load(&worker->region->slots[job->slot].state) != SLOT_QUEUED)
        return true;
    return !worker->has_left && ++job->spared > SPARED_MAX;
}

static void requeue(process_pool *pool, sl__list *jobs)
{
    sl__node *node;

    while (!sl__list_is_empty(jobs)) {
        node = jobs->head.prev;
        sl__node_unlink(node);
        sl__list_prepend(&pool->queue, node);
    }
    if (pool->base.is_broken)
        sl__jobs_settle_queued(pool, SL_EBROKEN, "broken");
}

void sl__jobs_of_dead(worker *worker, int rc, const char *word)
{
    process_pool *pool = worker->pool;
    sl__list again;
    sl__node *node;

    sl__list_init(&again);
    for (int place = 0; !sl__list_is_empty(&worker->held); place++) {
        job *job = sl__container_of(worker->held.head.next, struct job, node);
        bool begun = had_begun(worker, job, place);

        sl__lane_release(worker, job);
        if (job == worker->culprit || (worker->culprit == NULL && begun) ||
            rc == SL_ECLOSED)
            sl__job_end(job, rc, word);
        else if (begun && pool->threads > 1)
            sl__job_end(job, SL_EWORKERDIED, "killed:SIGKILL");
        else
            sl__list_append(&again, &job->node);
    }
    while ((node = sl__list_take(&worker->bound)) != NULL)
        sl__list_append(&again, node);
    for (node = pool->buffers.head.next; node != &pool->buffers.head;
         node = node->next) {
        process_buffer *buffer = sl__container_of(node, process_buffer, node);

        if (buffer->worker == worker)
            buffer->worker = NULL;
    }
    requeue(pool, &again);
}

static int check(const sl_pool *base, const sl_job_request *request)
{
    const process_pool *pool = sl__process_pool_of(base);

    if (pool->is_own)
        return request->function == NULL || request->body != NULL ||
                       request->result != NULL
                   ? -EINVAL
                   : 0;
    return request->function != NULL || request->job == NULL ||
                   strlen(request->job) >= SLOT_NAME ||
                   (request->result != NULL && request->result->data != NULL &&
                    request->result->fd < 0)
               ? -EINVAL
               : 0;
}

/* A library that is new to the pool is made known to all workers before any
 * of them sees a job of it. */
static int locate(process_pool *pool, job *job)
{
    int before = pool->module_count;
    int number = sl__module_of((uintptr_t)job->function, pool->modules,
                               pool->files, &pool->module_count);

    if (number < 0)
        return number;
    job->module = (uint32_t)number;
    job->function_at = (uintptr_t)job->function - pool->modules[number].base;
    if (pool->module_count == before)
        return 0;
    for (sl__node *node = pool->workers.head.next; node != &pool->workers.head;
         node = node->next) {
        worker *worker = sl__container_of(node, struct worker, node);

        memcpy(worker->region->modules, pool->files, sizeof pool->files);
    }
    return 0;
}

static void take(sl_pool *base, job *job)
{
    process_pool *pool = sl__process_pool_of(base);
    int rc = pool->is_own ? locate(pool, job) : 0;

    if (rc < 0) {
        sl__job_end(job, rc, "");
        return;
    }
    sl__list_append(&pool->queue, &job->node);
    sl__pool_dispatch(pool);
}

static int take_back(sl_pool *base, job *job)
{
    worker *worker = job->worker;

    (void)base;
    if (worker != NULL && !sl__lane_take_back(worker, job)) {
        sl__worker_kill(worker, job, SL_ECANCELED, "canceled");
        return 0;
    }
    if (worker != NULL)
        sl__lane_update(worker);
    else
        sl__node_unlink(&job->node);
    sl__job_end(job, SL_ECANCELED, "canceled");
    return 0;
}

static void abandon(sl_pool *base)
{
    process_pool *pool = sl__process_pool_of(base);

    sl__jobs_settle_queued(pool, SL_ECLOSED, "closed");
    for (sl__node *node = pool->workers.head.next; node != &pool->workers.head;
         node = node->next) {
        worker *worker = sl__container_of(node, struct worker, node);

        if (worker->held_count > 0)
            sl__worker_kill(worker, NULL, SL_ECLOSED, "closed");
    }
}

static int workers(const sl_pool *base)
{
    const process_pool *pool = sl__process_pool_of(base);

    return pool->target * pool->threads;
}

static const char *note(const sl_pool *base)
{
    return sl__process_pool_of(base)->note;
}

static int end(sl_pool *base);

const pool_kind sl__processes_kind = {
    .check = check,
    .take = take,
    .take_back = take_back,
    .abandon = abandon,
    .end = end,
    .workers = workers,
    .note = note,
    .buffer_new = sl__process_buffer_new,
};

static int end(sl_pool *base)
{
    sl__process_pool_end(sl__process_pool_of(base));
    return 0;
}
