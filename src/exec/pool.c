/* The calls that both kinds of pools answer: submit, run, cancel, close.
 *
 * A job has one listener, a future, a waiting task or a map, which is told
 * once. Its record may outlive that, where a thread or a process still has it
 * in hand. Records are kept and used again: a pool that is in full swing
 * allocates nothing for a job but its future.
 */
#include "exec/pool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <starling/error.h>

#include "base/assert.h"
#include "base/given.h"
#include "base/name.h"
#include "sched/uv.h"
#include "sync/future.h"

void sl__pool_init(sl_pool *pool, const pool_kind *kind)
{
    pool->kind = kind;
    pool->loop = sl_loop_current();
    sl_assert(pool->loop != NULL && "pools are made where a loop runs");
    sl__list_init(&pool->live);
    sl__list_init(&pool->tasks);
}

void sl__pool_fini(sl_pool *pool)
{
    while (pool->spare != NULL) {
        job *job = pool->spare;

        pool->spare = (struct job *)(void *)job->node.next;
        free(job);
    }
}

/* A record, empty but for its pool; NULL without memory. */
static job *new_job(sl_pool *pool)
{
    size_t size = (sizeof(struct job) + 63) / 64 * 64;
    job *job = pool->spare;

    if (job != NULL) {
        pool->spare = (struct job *)(void *)job->node.next;
        job->node.next = NULL;
        return job;
    }
    job = aligned_alloc(64, size);
    if (job == NULL)
        return NULL;
    memset(job, 0, size);
    job->pool = pool;
    return job;
}

/* What a request does not fill in is empty again: whoever held something for
 * the job has let go of it, and the rest is reset here. */
void sl__job_free(job *job)
{
    sl_pool *pool = job->pool;

    sl_assert(job->worker == NULL && job->timer == NULL && job->piece == 0);
    atomic_store_explicit(&job->state, JOB_QUEUED, memory_order_relaxed);
    free(job->said);
    job->said = NULL;
    job->copies = NULL;
    job->spared = 0;
    job->node.next = (sl__node *)(void *)pool->spare;
    pool->spare = job;
}

void sl__job_tell(job *job, int rc, const char *word)
{
    sl_pool *pool = job->pool;
    void (*settled)(struct job *, int, const char *) = job->to.settled;

    if (settled == NULL)
        return;
    job->to.settled = NULL;
    sl__node_unlink(&job->live);
    if (--pool->jobs == 0) {
        sl_loop_release(pool->loop);
        if (pool->draining != NULL)
            sl__complete(pool->draining, 0);
    }
    settled(job, rc, word);
}

void sl__job_explain(const job *job, const char *word, char *text, size_t size)
{
    const char *said = job->said != NULL ? job->said : "";

    snprintf(text, size, "%s%s%s", word, word[0] && said[0] ? ": " : "", said);
}

void sl__job_describe(const job *job, char *text, size_t size)
{
    if (job->name != NULL)
        snprintf(text, size, "%s", job->name);
    else
        sl__name_function((uintptr_t)job->function, text, size);
}

static int check(const sl_pool *pool, const sl_job_request *request)
{
    if (request->in_size > SL_JOB_BYTES_MAX ||
        request->out_capacity > SL_JOB_BYTES_MAX || request->limit < 0 ||
        (request->in == NULL && request->in_size > 0) ||
        (request->out == NULL && request->out_capacity > 0))
        return -EINVAL;
    return pool->kind->check(pool, request);
}

static int refusal(const sl_pool *pool, const sl_job_request *request,
                   const char **word)
{
    int rc;

    *word = "";
    if (pool->is_broken) {
        *word = "broken";
        return SL_EBROKEN;
    }
    if (pool->is_closing) {
        *word = "closed";
        return SL_ECLOSED;
    }
    rc = check(pool, request);
    if (rc == -EINVAL)
        *word = "invalid";
    return rc;
}

static void fill_in(job *job, const sl_job_request *request)
{
    job->function = request->function;
    job->in = request->in;
    job->in_size = request->in_size;
    job->out = request->out;
    job->out_capacity = request->out_capacity;
    job->name = request->job;
    job->body = request->body;
    job->result = request->result;
    job->limit = request->limit;
    job->memory = request->memory;
}

/* What an abandoned job may go on using. */
static int copy_bytes(job *job)
{
    job->copies = malloc(job->in_size + job->out_capacity + 1);
    if (job->copies == NULL)
        return -ENOMEM;
    if (job->in_size > 0)
        memcpy(job->copies, job->in, job->in_size);
    job->lent_out = job->out;
    job->in = job->copies;
    job->out = (char *)job->copies + job->in_size;
    return 0;
}

int sl__pool_enqueue(sl_pool *pool, const sl_job_request *request,
                     sl_pool_buffer *buffer, const job_listener *to,
                     sl__list *jobs, job **out, const char **word)
{
    int rc = refusal(pool, request, word);
    job *job;

    sl_assert(pool->loop == sl_loop_current() &&
              "a pool is used by the loop that made it");
    if (rc < 0)
        return rc;
    job = new_job(pool);
    if (job == NULL)
        return -ENOMEM;
    fill_in(job, request);
    job->buffer = buffer;
    if (request->abandon && pool->kind->abandons && copy_bytes(job) < 0) {
        sl__job_free(job);
        return -ENOMEM;
    }
    job->to = *to;
    sl__list_append(jobs, &job->live);
    if (pool->jobs++ == 0)
        sl_loop_hold(pool->loop);
    if (out != NULL)
        *out = job;
    pool->kind->take(pool, job);
    return 0;
}

static void resolve(job *job, int rc, const char *word)
{
    sl_future *future = job->to.arg;
    char text[JOB_TEXT] = "";

    if (rc < 0)
        sl__job_explain(job, word, text, sizeof text);
    /* The word is static, so there is nothing to drop. Without memory for
     * the callbacks the waiters are served all the same. */
    (void)sl__future_settle(future, rc, text, (void *)(uintptr_t)word, NULL);
    sl_future_drop(future);
}

static sl_future *submit(sl_pool *pool, const sl_job_request *request,
                         sl_pool_buffer *buffer)
{
    sl_future *future = sl_future_new();
    const job_listener to = { .settled = resolve, .arg = future };
    const char *word;
    int rc;

    if (future == NULL)
        return NULL;
    sl_future_ref(future); /* the job's */
    rc = sl__pool_enqueue(pool, request, buffer, &to, &pool->live, NULL, &word);
    if (rc == 0)
        return future;
    sl_future_drop(future);
    if (rc == -ENOMEM) {
        sl_future_drop(future);
        return NULL;
    }
    (void)sl__future_settle(future, rc, word, (void *)(uintptr_t)word, NULL);
    return future;
}

sl_future *sl_pool_submit_with(sl_pool *pool, const sl_job_request *request)
{
    sl_given(pool);
    sl_given(request);
    return submit(pool, request, NULL);
}

sl_future *sl_pool_submit(sl_pool *pool, sl_job *function, const void *in,
                          size_t in_size, void *out, size_t out_capacity)
{
    sl_given(pool);

    const sl_job_request request = { .function = function,
                                     .in = in,
                                     .in_size = in_size,
                                     .out = out,
                                     .out_capacity = out_capacity };

    return submit(pool, &request, NULL);
}

sl_pool_buffer *sl_pool_buffer_new(sl_pool *pool, size_t size)
{
    sl_given(pool);

    sl_pool_buffer *buffer = NULL;
    int rc = -EINVAL;

    if (size > 0 && size <= SL_JOB_BYTES_MAX) {
        buffer = pool->kind->buffer_new(pool, size);
        rc = -ENOMEM;
    }
    if (buffer == NULL)
        sl_fail(rc, "a buffer of %zu bytes: %s", size,
                rc == -ENOMEM ? "no memory" : "1 byte to 1 GiB");
    return buffer;
}

void sl_pool_buffer_free(sl_pool_buffer *buffer)
{
    if (buffer == NULL)
        return;
    sl_given(buffer);
    sl__retire(buffer);
    sl__buffer_of(buffer)->free(buffer);
}

sl_future *sl_pool_submit_buffer(sl_pool *pool, sl_job *function,
                                 sl_pool_buffer *buffer, size_t in_size)
{
    sl_given(pool);
    sl_given(buffer);

    const sl_job_request request = { .function = function,
                                     .in = buffer->data,
                                     .in_size = in_size,
                                     .out = buffer->data,
                                     .out_capacity = buffer->size };

    sl_assert(in_size <= buffer->size);
    return submit(pool, &request, buffer);
}

int sl_pool_cancel(sl_pool *pool, sl_future *future)
{
    sl_given(pool);
    sl_given(future);
    for (sl__node *node = pool->live.head.next; node != &pool->live.head;
         node = node->next) {
        job *job = sl__container_of(node, struct job, live);

        if (job->to.arg == future)
            return pool->kind->take_back(pool, job);
    }
    return SL_EREUSED;
}

const char *sl_pool_error(sl_future *future)
{
    sl_given(future);

    void *word = NULL;

    sl_future_result(future, &word);
    return word != NULL ? word : "";
}

/* The task that waits for a job; lives on its stack. */
typedef struct job_wait {
    sl__waiter waiter;
    job *job;
    char text[JOB_TEXT]; /* of a failure */
} job_wait;

static void wake(job *job, int rc, const char *word)
{
    job_wait *wait = job->to.arg;

    if (rc < 0)
        sl__job_explain(job, word, wait->text, sizeof wait->text);
    sl__complete(&wait->waiter, rc);
}

static void take_back(sl__waiter *waiter)
{
    job_wait *wait = waiter->arg;

    /* Busy: the end of the job wakes the task. */
    (void)wait->job->pool->kind->take_back(wait->job->pool, wait->job);
}

int sl_pool_run(sl_pool *pool, const sl_job_request *request)
{
    sl_given(pool);
    sl_given(request);

    job_wait wait = { .waiter = { .what = "a pool", .on = pool } };
    const job_listener to = { .settled = wake, .arg = &wait };
    const char *word = "";
    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    wait.waiter.cancel = take_back;
    wait.waiter.arg = &wait;
    rc = sl__pool_enqueue(pool, request, NULL, &to, &pool->tasks, &wait.job,
                          &word);
    if (rc < 0)
        snprintf(wait.text, sizeof wait.text, "%s", word);
    else
        rc = sl__park(&wait.waiter);
    if (rc == SL_EBROKEN && pool->is_broken)
        return sl_fail(rc, "broken: %s", pool->broken_text);
    return rc < 0 ? sl_fail(rc, "%s", wait.text) : rc;
}

int sl_pool_workers(const sl_pool *pool)
{
    sl_given(pool);
    return pool->kind->workers(pool);
}

const char *sl_pool_note(const sl_pool *pool)
{
    sl_given(pool);
    return pool->is_broken ? pool->broken_text : pool->kind->note(pool);
}

static int wait_for_jobs(sl_pool *pool, bool may_be_cancelled)
{
    sl__waiter waiter = { .what = "last job of a pool", .on = pool };
    int rc = may_be_cancelled ? sl__wait_begin() : 0;

    if (rc < 0 || pool->jobs == 0)
        return rc;
    pool->draining = &waiter;
    rc = may_be_cancelled ? sl__park(&waiter) : sl__park_uncancelled(&waiter);
    pool->draining = NULL;
    return rc;
}

int sl_pool_close(sl_pool *pool)
{
    int rc, ended;

    if (pool == NULL)
        return 0;
    sl_given(pool);
    pool->is_closing = true;
    rc = wait_for_jobs(pool, true);
    if (rc < 0) {
        pool->kind->abandon(pool);
        (void)wait_for_jobs(pool, false); /* it is completed with 0 only */
    }
    ended = pool->kind->end(pool);
    return rc < 0 ? rc : ended;
}
