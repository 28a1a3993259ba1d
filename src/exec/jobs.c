/* The queue, and how a job ends.
 *
 * First come, first served; the worker that was idle for the shortest time is
 * taken, since its caches are warm. A worker has one job at a time, so that
 * its death costs exactly one.
 *
 * What a worker answers is untrusted: it must be the answer to the question
 * that was asked, as long as it says, and not longer than the caller has room
 * for. Anything else ends the worker.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <starling/error.h>

#include "exec/process_pool.h"
#include "sched/uv.h"

static void free_job(job *job)
{
    free(job->in);
    free(job);
}

void sl__job_settle(job *job, int rc, const char *word)
{
    sl_pool *pool = job->pool;

    if (sl__node_is_linked(&job->node))
        sl__node_unlink(&job->node);
    if (job->wait != NULL) {
        job->wait->job = NULL;
        job->wait->word = word;
        sl__complete(&job->wait->waiter, rc);
    }
    if (job->future != NULL) {
        /* The word is static, so there is nothing to drop. Without memory for
         * the callbacks the waiters are served all the same. */
        (void)sl_future_resolve(job->future, rc, (void *)(uintptr_t)word, NULL);
        sl_future_drop(job->future);
    }
    free_job(job);
    pool->jobs--;
    sl__loop_release(pool->loop);
    if (pool->jobs == 0 && pool->draining != NULL)
        sl__complete(pool->draining, 0);
}

void sl__jobs_settle_queued(sl_pool *pool, int rc, const char *word)
{
    sl__node *node;

    while ((node = sl__list_take(&pool->queue)) != NULL)
        sl__job_settle(sl__container_of(node, job, node), rc, word);
}

/* Codes with a meaning of their own to the caller are not the worker's to
 * give: a job that claims to be cancelled could make its caller drop it. */
static bool is_plausible(const sl__wire_answer *answer, const job *job,
                         size_t length)
{
    if (answer->id != job->wire.id)
        return false;
    if (answer->rc >= 0)
        return (size_t)answer->rc == length && length <= job->wire.out_capacity;
    return length == 0 && answer->rc > -4096 && answer->rc != SL_ECANCELED &&
           answer->rc != SL_ETIMEDOUT;
}

void sl__job_answered(worker *worker, size_t size)
{
    sl_pool *pool = worker->pool;
    const sl__wire_answer *answer = &pool->inbox.answer;
    job *job = worker->job;
    int rc = answer->rc;

    if (!is_plausible(answer, job, size - sizeof *answer)) {
        sl__worker_kill(worker, SL_EWORKERDIED, "protocol");
        return;
    }
    if (rc > 0)
        memcpy(job->out, pool->inbox.data, (size_t)rc);
    pool->death_count = 0;
    pool->helper_deaths = 0;
    worker->job = NULL;
    worker->jobs_done++;
    sl__worker_is_free(worker);
    sl__job_settle(job, rc, rc == -ENOMEM ? "memory" : "");
}

static void on_limit(void *arg)
{
    worker *worker = arg;

    worker->timer = NULL; /* it is freed after this call */
    sl__worker_kill(worker, SL_ETIMEDOUT, "timeout");
}

/* Through another opening of the same memory: a descriptor that can write
 * would let the worker change what others still read. */
static int open_for_reading(int fd)
{
    char path[32];
    int copy;

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    copy = open(path, O_RDONLY | O_CLOEXEC);
    return copy < 0 ? -errno : copy;
}

static int send_job(const worker *worker, const job *job)
{
    int fds[2], count = 0, body = -1, rc;

    if (job->body_fd >= 0) {
        body = open_for_reading(job->body_fd);
        if (body < 0)
            return body;
        fds[count++] = body;
    }
    if (job->result_fd >= 0)
        fds[count++] = job->result_fd;
    rc =
        sl__wire_send(sl__watch_fd(worker->channel), &job->wire,
                      sizeof job->wire, job->in, job->wire.in_size, fds, count);
    if (body >= 0)
        close(body);
    return rc;
}

static int hand_over(worker *worker, job *job)
{
    int rc;

    if (job->limit > 0) {
        worker->timer =
            sl_call_later(worker->pool->loop, job->limit, on_limit, worker);
        if (worker->timer == NULL)
            return -ENOMEM;
    }
    rc = send_job(worker, job);
    if (rc < 0) {
        if (worker->timer != NULL)
            sl_timer_cancel(worker->timer);
        worker->timer = NULL;
        return rc;
    }
    sl__node_unlink(&job->node);
    sl__node_unlink(&worker->idle);
    worker->state = WORKER_BUSY;
    worker->job = job;
    job->worker = worker;
    return 0;
}

void sl__pool_dispatch(sl_pool *pool)
{
    while (!sl__list_is_empty(&pool->queue) &&
           !sl__list_is_empty(&pool->idle)) {
        worker *worker =
            sl__container_of(pool->idle.head.prev, struct worker, idle);
        job *job = sl__container_of(pool->queue.head.next, struct job, node);
        int rc = hand_over(worker, job);

        if (rc == -EPIPE || rc == -ECONNRESET)
            sl__worker_hung_up(worker); /* the job goes to another one */
        else if (rc < 0)
            sl__job_settle(job, rc, "");
    }
}

static int check(const sl_job_request *request)
{
    if (request->job == NULL || strlen(request->job) >= SL__WIRE_NAME)
        return -EINVAL;
    if (request->in_size > SL_JOB_INLINE_MAX ||
        request->out_capacity > SL_JOB_INLINE_MAX || request->limit < 0)
        return -EINVAL;
    return 0;
}

static int refusal(const sl_pool *pool, const sl_job_request *request,
                   const char **word)
{
    *word = pool->is_broken ? "broken" : pool->is_closing ? "closed" : "";
    if (pool->is_broken)
        return SL_EBROKEN;
    return pool->is_closing ? SL_ECLOSED : check(request);
}

static void lend(const sl_shm *memory, int *fd, uint64_t *size)
{
    *fd = -1;
    if (memory == NULL || memory->size == 0)
        return;
    *fd = memory->fd;
    *size = memory->size;
}

/* A job at the end of the queue; NULL without memory. */
static job *enqueue(sl_pool *pool, const sl_job_request *request)
{
    job *job = calloc(1, sizeof *job);

    if (job == NULL)
        return NULL;
    job->in = malloc(request->in_size > 0 ? request->in_size : 1);
    if (job->in == NULL) {
        free(job);
        return NULL;
    }
    if (request->in_size > 0)
        memcpy(job->in, request->in, request->in_size);
    job->pool = pool;
    job->out = request->out;
    job->limit = request->limit;
    job->wire.id = ++pool->next_job;
    job->wire.in_size = (uint32_t)request->in_size;
    job->wire.out_capacity = (uint32_t)request->out_capacity;
    strcpy(job->wire.name, request->job); /* its length was checked */
    lend(request->body, &job->body_fd, &job->wire.body_size);
    lend(request->result, &job->result_fd, &job->wire.result_size);
    sl__list_append(&pool->queue, &job->node);
    pool->jobs++;
    sl__loop_hold(pool->loop);
    return job;
}

sl_future *sl_pool_submit(sl_pool *pool, const sl_job_request *request)
{
    sl_future *future = sl_future_new();
    const char *word;
    job *job;
    int rc = refusal(pool, request, &word);

    if (future == NULL)
        return NULL;
    if (rc < 0) {
        (void)sl_future_resolve(future, rc, (void *)(uintptr_t)word, NULL);
        return future;
    }
    job = enqueue(pool, request);
    if (job == NULL) {
        sl_future_drop(future);
        return NULL;
    }
    job->future = sl_future_ref(future);
    sl__pool_dispatch(pool);
    return future;
}

const char *sl_pool_error(sl_future *future)
{
    void *word = NULL;

    sl_future_result(future, &word);
    return word != NULL ? word : "";
}

static void take_back(sl__waiter *waiter)
{
    job *job = ((job_wait *)waiter->arg)->job;

    if (job->worker == NULL)
        sl__job_settle(job, SL_ECANCELED, "canceled");
    else
        sl__worker_kill(job->worker, SL_ECANCELED, "canceled");
}

int sl_pool_run(sl_pool *pool, const sl_job_request *request)
{
    job_wait wait = { .waiter = { .what = "worker process", .on = pool } };
    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    rc = refusal(pool, request, &wait.word);
    if (rc == SL_EBROKEN)
        return sl_fail(rc, "broken: %s", pool->broken_text);
    if (rc < 0)
        return sl_fail(rc, "%s", wait.word);
    wait.job = enqueue(pool, request);
    if (wait.job == NULL)
        return -ENOMEM;
    wait.waiter.cancel = take_back;
    wait.waiter.arg = &wait;
    wait.job->wait = &wait;
    sl__pool_dispatch(pool);
    rc = sl__park(&wait.waiter);
    return rc < 0 ? sl_fail(rc, "%s", wait.word) : rc;
}
