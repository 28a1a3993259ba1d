/* pool.h: a pool of worker processes. A job is a function in another process:
 * bytes in, bytes out. What it does to its process costs that one job.
 */
#ifndef STARLING_POOL_H
#define STARLING_POOL_H

#include <stddef.h>
#include <stdint.h>

#include <starling/api.h>
#include <starling/clock.h>
#include <starling/future.h>
#include <starling/shm.h>

SL_BEGIN

typedef struct sl_pool sl_pool;

/* What a worker runs: `in` is the request (lent), the answer goes to `out`.
 * `body` and `result` are the memory that travels with the job, or empty;
 * the body is mapped read-only. Returns the answer's length or an error. */
typedef struct sl_job_io {
    const void *in;
    size_t in_size;
    void *out;
    size_t out_capacity;
    sl_shm body, result;
} sl_job_io;
typedef int sl_job(const sl_job_io *io);

/* A name for a job; a worker program lists its jobs in an array of these. */
typedef struct sl_job_entry {
    const char *name; /* 31 bytes at most */
    sl_job *job;
} sl_job_entry;

typedef struct sl_worker_options {
    const sl_job_entry *jobs; /* ends with an entry whose name is NULL */
    int (*warm_up)(void);     /* once, in the helper, before workers fork */
    int (*enter)(void);       /* once in each worker, before its first job:
                                 give up privileges here */
} sl_worker_options;

/* The main() of a worker program: serve the pool that started this process,
 * until it goes away. Returns an exit status; 2 with a message if it was not
 * started by a pool. */
SL_API int sl_worker_main(int argc, char **argv,
                          const sl_worker_options *options);

typedef struct sl_process_pool_options {
    const char *program;     /* path of a worker program */
    int workers;             /* 0: as many as cores are granted */
    int max_jobs_per_worker; /* then it is replaced; 0: no limit */
} sl_process_pool_options;

typedef struct sl_job_request {
    const char *job; /* name in the worker program's list */
    const void *in;  /* copied; at most SL_JOB_INLINE_MAX bytes */
    size_t in_size;
    void *out; /* must live until the future is settled */
    size_t out_capacity; /* at most SL_JOB_INLINE_MAX */
    const sl_shm *body;   /* lent until the future is settled; may be NULL */
    const sl_shm *result; /* the same */
    sl_time limit; /* from the moment a worker has it; 0: none. Then the worker
                      is killed and the job fails with SL_ETIMEDOUT. */
} sl_job_request;

#define SL_JOB_INLINE_MAX 65536

/* Start the helper, which forks the workers. Returns 0, or -ENOENT, -EACCES
 * for the program, -EAGAIN, -ENOMEM, -EPROTO when it is no worker program. */
SL_API SL_WAITS int sl_process_pool_open(const sl_process_pool_options *options,
                                         sl_pool **out);

/* Queue a job. The future's rc is the answer's length, what the job returned
 * as its error, SL_ETIMEDOUT, SL_EWORKERDIED (sl_errmsg() of the waiter says
 * how: "crashed:SIGSEGV", "exited:3", "killed:SIGKILL", "helper-died",
 * "protocol"), or SL_ECANCELED. NULL without memory. */
SL_API sl_future *sl_pool_submit(sl_pool *pool, const sl_job_request *request);

/* Submit, wait, drop the future. A cancelled waiter takes its job back: one
 * that has not started is removed; one that runs loses its worker. */
SL_API SL_WAITS int sl_pool_run(sl_pool *pool, const sl_job_request *request);

SL_API int sl_pool_workers(const sl_pool *pool);

/* Wait for jobs in flight, end all processes, free the pool. Futures that
 * were not settled are settled with SL_ECLOSED when cancelled meanwhile. */
SL_API SL_WAITS int sl_pool_close(sl_pool *pool);

SL_END

#endif
