/* pool.h: what both kinds of pools have in common, for this room only.
 *
 * A pool belongs to a loop's thread, which queues jobs and settles them. Where
 * a job runs, and how that is told, is the kind's business.
 */
#ifndef SL_EXEC_POOL_H
#define SL_EXEC_POOL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <starling/loop.h>
#include <starling/pool.h>

#include "base/list.h"
#include "sched/park.h"

typedef struct job job;

/* Who wants to know how a job ends: a future, a waiting task, or a map. */
typedef struct job_listener {
    void (*settled)(job *job, int rc, const char *word);
    void *arg;
    int element; /* of a map */
} job_listener;

enum { JOB_TEXT = 256 }; /* bytes of what is to be known of a failure */

enum job_state { JOB_QUEUED, JOB_RUNNING, JOB_TAKEN_BACK };

/* The first cache line is all that a thread looks at. */
struct job {
    sl_job *function; /* NULL: named */
    const void *in;
    size_t in_size;
    void *out;
    size_t out_capacity;
    int rc;
    atomic_int state; /* threads: who comes first, the thread or the cancel */
    sl__node node;    /* in a queue, or among those that a worker holds */

    sl_pool *pool;
    job_listener to;  /* settled is NULL once somebody has been told */
    sl__node live;    /* in the listener's list of its jobs */
    const char *name; /* NULL: none; lent as long as the request */
    char *said;       /* the job's own words of its failure; NULL: none */
    void *copies;     /* threads, with `abandon`: owned in and out */
    void *lent_out;   /* ... and where the answer goes in the end */

    /* processes */
    struct worker *worker; /* NULL while it is queued */
    sl_pool_buffer *buffer;
    const sl_shm *body, *result;
    sl_time limit;
    sl_timer *timer; /* the limit, once it has begun */
    sl_time due;     /* then, on the clock of sl_now_awake() */
    uint64_t memory;
    uint64_t function_at; /* offset in the module */
    uint32_t module;
    uint16_t slot;   /* in the worker's region */
    uint8_t piece;   /* of the region, plus one; 0: none */
    uint8_t spared;  /* times that a worker died before it had begun */
    sl_shm large[2]; /* memory of its own for a big `in` and `out` */
};

typedef struct pool_kind {
    /* 0, or why this kind cannot take the request. */
    int (*check)(const sl_pool *pool, const sl_job_request *request);
    /* Queue a job that is filled in. */
    void (*take)(sl_pool *pool, job *job);
    /* Stop it: 0 if it is settled now or will be soon, or -EBUSY. */
    int (*take_back)(sl_pool *pool, job *job);
    /* Settle what has not started, hurry what has. */
    void (*abandon)(sl_pool *pool);
    bool abandons; /* it can leave a running job behind */
    /* End and free a pool without jobs. Returns 0 or an error. */
    int (*end)(sl_pool *pool);
    int (*workers)(const sl_pool *pool);
    const char *(*note)(const sl_pool *pool);
    sl_pool_buffer *(*buffer_new)(sl_pool *pool, size_t size);
} pool_kind;

/* Both kinds begin with this. */
struct sl_pool {
    const pool_kind *kind;
    sl_loop *loop;
    size_t jobs;     /* not settled */
    sl__list live;   /* jobs with a future */
    sl__list tasks;  /* jobs that tasks wait for */
    job *spare;      /* free records, by node.next */
    bool is_closing; /* takes no more jobs */
    bool is_broken;
    char broken_text[256];
    sl__waiter *draining; /* whoever waits for the last job */
};

void sl__pool_init(sl_pool *pool, const pool_kind *kind);
void sl__pool_fini(sl_pool *pool);

/* Give a job's record back. */
void sl__job_free(job *job);
/* Tell whoever waits; the record stays. A second call does nothing. */
void sl__job_tell(job *job, int rc, const char *word);
/* What is to be known of its failure: the word and what the job said. */
void sl__job_explain(const job *job, const char *word, char *text, size_t size);
/* A name for reports: its own, or where its function is. */
void sl__job_describe(const job *job, char *text, size_t size);

/* Queue a job, in `jobs` until it is settled; *out (may be NULL) is set before
 * that. `buffer` may be NULL. Returns 0 or an error, with a word for it. */
int sl__pool_enqueue(sl_pool *pool, const sl_job_request *request,
                     sl_pool_buffer *buffer, const job_listener *to,
                     sl__list *jobs, job **out, const char **word);

/* What a pool keeps of a buffer. */
typedef struct pool_buffer {
    sl_pool_buffer public;
    void (*free)(sl_pool_buffer *buffer);
} pool_buffer;

static inline pool_buffer *sl__buffer_of(sl_pool_buffer *buffer)
{
    return sl__container_of(buffer, pool_buffer, public);
}

#endif
