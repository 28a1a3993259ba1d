/* Who gets which job.
 *
 * Idle workers are served first; then those that have shown that one job at a
 * time is not enough for them get several, which wait in their lanes. While one
 * worker does jobs as fast as the loop gives them out, no other is woken for
 * them. When a worker has nothing and the queue neither, what waits in the
 * lanes of others is taken back and given out again: a long job delays nobody
 * but itself.
 */
#include <errno.h>

#include <starling/error.h>

#include "exec/patience.h"
#include "exec/process_pool.h"

enum {
    LOOP_NS = 300,     /* of a small job */
    COPIED_IN_NS = 16, /* bytes */
    LIVELY_NS = 50000,
    BATCH = 8, /* jobs for one worker before it is the next one's turn */
};

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
        sl__limits_begin(worker);
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
        sl__list_prepend(&pool->queue, &job->node);
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
