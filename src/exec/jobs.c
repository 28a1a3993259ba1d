/* The queue, and how a job ends.
 *
 * First come, first served. Idle workers are served first; then those that
 * have shown that one job at a time is not enough for them get several, which
 * wait in their lanes. When a worker has nothing and the queue neither, what
 * waits in the lanes of others is taken back and given out again: a long job
 * delays nobody but itself.
 *
 * A worker's death costs the job that it ran. What had not begun is queued
 * again, in front; but not for ever, since only the worker says that it had
 * not begun.
 */
#include <errno.h>
#include <string.h>

#include <starling/error.h>

#include "base/assert.h"
#include "exec/patience.h"
#include "exec/process_pool.h"

enum {
    LOOP_NS = 300,
    COPIED_IN_NS = 16, /* bytes */
    LIVELY_NS = 50000,
    BATCH = 8, /* jobs for one worker before it is the next one's turn */
    SPARED_MAX = 3,
};

static void prepend(sl__list *list, sl__node *node)
{
    node->prev = &list->head;
    node->next = list->head.next;
    node->next->prev = node;
    list->head.next = node;
}

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

    job->timer = NULL; /* it is freed after this call */
    if (job->worker != NULL)
        sl__worker_kill(job->worker, job, SL_ETIMEDOUT, "timeout");
}

/* The time of a job runs from when the worker comes to it, which is when all
 * but `threads` before it have been answered. */
static void begin_limits(worker *worker)
{
    sl__node *node = worker->held.head.next;

    for (int i = 0; i < worker->pool->threads && node != &worker->held.head;
         i++, node = node->next) {
        job *job = sl__container_of(node, struct job, node);

        /* Without memory for it the next answer tries again. */
        if (job->limit > 0 && job->timer == NULL)
            job->timer = sl_call_later(worker->pool->base.loop, job->limit,
                                       on_limit, job);
    }
}

static process_buffer *buffer_of(const job *job)
{
    return job->buffer == NULL ? NULL
                               : sl__container_of(sl__buffer_of(job->buffer),
                                                  process_buffer, buffer);
}

/* Whether the job may go to `worker`; else it waits for the one that has its
 * buffer. */
static bool suits(worker *worker, job *job)
{
    process_buffer *buffer = buffer_of(job);

    if (buffer == NULL || buffer->worker == worker)
        return true;
    if (buffer->worker == NULL) {
        buffer->worker = worker;
        buffer->is_mapped = false;
        return true;
    }
    sl__node_unlink(&job->node);
    sl__list_append(&buffer->worker->bound, &job->node);
    return false;
}

/* Move one job from a list to the worker. False if it takes no more. */
static bool give(worker *worker, job *job)
{
    sl__node *before = job->node.prev;
    int rc;

    sl__node_unlink(&job->node);
    rc = sl__lane_put(worker, job);
    if (rc == 0)
        return true;
    if (rc != -EAGAIN && rc != -EPIPE && rc != -ECONNRESET) {
        sl__job_end(job, rc, "");
        return true;
    }
    job->node.prev = before;
    job->node.next = before->next;
    before->next->prev = &job->node;
    before->next = &job->node;
    if (rc != -EAGAIN)
        sl__worker_hung_up(worker); /* the job goes to another one */
    return false;
}

/* Up to `count` jobs of a list. False if the worker could not take one: then it
 * is offered no more before its next answer. */
static bool serve(worker *worker, sl__list *jobs, int count)
{
    process_pool *pool = worker->pool;
    uint32_t before = worker->ask_tail;
    bool goes_on = true;

    while (goes_on && count > 0 && !sl__list_is_empty(jobs)) {
        job *job = sl__container_of(jobs->head.next, struct job, node);

        if (jobs == &pool->queue && !suits(worker, job))
            continue;
        goes_on = give(worker, job);
        count--;
    }
    if (worker->ask_tail != before) {
        /* Before the worker sees them: its answer may have to wake us. */
        sl__lookout_expect(pool->lookout);
        sl__lane_show(worker);
        begin_limits(worker);
    }
    if (worker->state == WORKER_READY)
        sl__lane_update(worker);
    if (!goes_on && sl__node_is_linked(&worker->roomy))
        sl__node_unlink(&worker->roomy);
    return goes_on;
}

static void serve_bound(process_pool *pool)
{
    for (sl__node *node = pool->workers.head.next; node != &pool->workers.head;
         node = node->next) {
        worker *worker = sl__container_of(node, struct worker, node);

        if (worker->state == WORKER_READY && !sl__list_is_empty(&worker->bound))
            (void)serve(worker, &worker->bound, REGION_SLOTS);
    }
}

/* The worker with most jobs that may not have begun; NULL if none has any. */
static worker *most_loaded(process_pool *pool)
{
    worker *most = NULL;
    unsigned threads = (unsigned)pool->threads;

    for (sl__node *node = pool->workers.head.next; node != &pool->workers.head;
         node = node->next) {
        worker *worker = sl__container_of(node, struct worker, node);

        if (worker->state == WORKER_READY && worker->held_count > threads &&
            (most == NULL || worker->held_count > most->held_count))
            most = worker;
    }
    return most;
}

/* What giving out and settling a job takes the loop, roughly. */
static int64_t loop_ns(const job *job)
{
    size_t bytes = job->buffer == NULL ? job->in_size + job->out_capacity : 0;

    return LOOP_NS + (int64_t)(bytes / COPIED_IN_NS);
}

/* Whether more workers would get jobs like this one done sooner. Not while one
 * worker does them as fast as the loop gives them out; unless the loop is about
 * to sleep, and would not see that a long one came. */
static bool wants_more_workers(const process_pool *pool, const job *job)
{
    return pool->is_asleep || pool->job_ns >= loop_ns(job);
}

/* Whether its jobs are as short as they are said to be: one that has come to a
 * long job is no help to those behind it. */
static bool is_lively(const worker *worker, int64_t now)
{
    return worker->held_count > 0 && now - worker->heard_at < LIVELY_NS;
}

/* Half of what waits in the longest lane, the newest first. */
static bool take_back_half(process_pool *pool)
{
    worker *worker = pool->held > 1 ? most_loaded(pool) : NULL;
    unsigned count, taken = 0;
    sl__node *node, *before;

    if (worker == NULL ||
        (!wants_more_workers(
             pool, sl__container_of(worker->held.head.prev, job, node)) &&
         is_lively(worker, patience_now())))
        return false;
    count = (worker->held_count - (unsigned)pool->threads + 1) / 2;
    for (node = worker->held.head.prev; node != &worker->held.head && count > 0;
         node = before, count--) {
        job *job = sl__container_of(node, struct job, node);

        before = node->prev;
        if (job->buffer != NULL)
            continue; /* it is of no use to others */
        if (!sl__lane_take_back(worker, job))
            break;
        prepend(&pool->queue, &job->node);
        taken++;
    }
    if (worker->depth > 1 && pool->threads == 1)
        worker->depth /= 2;
    sl__lane_update(worker);
    return taken > 0;
}

/* A worker that will soon be done with what it has, with room or without. */
static worker *find_lively(process_pool *pool, bool has_room)
{
    int64_t now = patience_now();

    for (sl__node *node = pool->workers.head.next; node != &pool->workers.head;
         node = node->next) {
        worker *worker = sl__container_of(node, struct worker, node);

        if (worker->state == WORKER_READY && is_lively(worker, now) &&
            (!has_room || sl__node_is_linked(&worker->roomy)))
            return worker;
    }
    return NULL;
}

static worker *last_idle(process_pool *pool)
{
    return sl__list_is_empty(&pool->idle)
               ? NULL
               : sl__container_of(pool->idle.head.prev, worker, roomy);
}

static worker *first_roomy(process_pool *pool)
{
    return sl__list_is_empty(&pool->roomy)
               ? NULL
               : sl__container_of(pool->roomy.head.next, worker, roomy);
}

/* Who gets the next job; NULL: it waits. */
static worker *choose_worker(process_pool *pool)
{
    const job *next = sl__container_of(pool->queue.head.next, job, node);
    worker *idle = last_idle(pool), *lively;

    if (idle == NULL)
        return first_roomy(pool);
    if (pool->busy == 0 || wants_more_workers(pool, next))
        return idle;
    lively = find_lively(pool, true);
    if (lively != NULL)
        return lively;
    return find_lively(pool, false) != NULL ? NULL : idle;
}

static void serve_all(process_pool *pool)
{
    while (!sl__list_is_empty(&pool->queue)) {
        worker *worker = choose_worker(pool);

        if (worker == NULL)
            return;
        (void)serve(worker, &pool->queue, worker->held_count == 0 ? 1 : BATCH);
    }
}

void sl__pool_dispatch(process_pool *pool)
{
    if (pool->is_collecting || pool->is_dispatching)
        return;
    pool->is_dispatching = true;
    serve_all(pool);
    if (!sl__list_is_empty(&pool->buffers))
        serve_bound(pool);
    if (sl__list_is_empty(&pool->queue) && !sl__list_is_empty(&pool->idle) &&
        take_back_half(pool))
        serve_all(pool);
    pool->is_dispatching = false;
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
            begin_limits(worker);
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
    return atomic_load(&worker->region->slots[job->slot].state) !=
               SLOT_QUEUED ||
           ++job->spared > SPARED_MAX;
}

static void requeue(process_pool *pool, sl__list *jobs)
{
    sl__node *node;

    while (!sl__list_is_empty(jobs)) {
        node = jobs->head.prev;
        sl__node_unlink(node);
        prepend(&pool->queue, node);
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
                   strlen(request->job) >= SLOT_NAME
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
