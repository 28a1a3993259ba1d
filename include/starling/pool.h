/* pool.h: work that runs beside the loop, on threads or in processes.
 *
 * A job is a function: bytes in, bytes out. Both kinds of pools take it
 * through the same calls, so that a program changes from one to the other in
 * the line that makes the pool.
 *
 *     sl_pool *pool = sl_thread_pool_new(0);          as many as cores, or
 *     sl_pool *pool = sl_process_pool_new(NULL);      the same in processes
 *
 *     sl_future *f = sl_pool_submit(pool, twice, &n, sizeof n, &m, sizeof m);
 *     rc = sl_future_wait(f);                         4, or why not
 *     sl_future_drop(f);
 *     rc = sl_pool_close(pool);
 *
 * A thread is cheaper; a process costs the job nothing but itself when it
 * crashes, hangs or eats memory, and can be killed. A job must not call
 * anything that waits (SL_WAITS): it has no loop.
 */
#ifndef STARLING_POOL_H
#define STARLING_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <starling/api.h>
#include <starling/clock.h>
#include <starling/future.h>
#include <starling/shm.h>
#include <starling/task.h>

SL_BEGIN

typedef struct sl_pool sl_pool;

/* What a pool runs. Returns the length of what it left in `out`, or a negative
 * error, which is the job's own. The words of a `return sl_fail(...)` reach who
 * waits for it (127 bytes from a process: input like all that a worker says).
 * In a process pool it may be any function of the program or of a shared
 * library that the program has loaded; it finds global variables as they were
 * when the program started. */
typedef int sl_job(const void *in, size_t in_size, void *out,
                   size_t out_capacity);

/* A pool of `threads` (0: as many as cores are granted; 1 024 at most), which
 * start with the first job that needs them. NULL, and sl_errmsg() says why,
 * without memory or for fewer than 0. It belongs to the loop that
 * runs; so do all calls below. */
SL_API sl_pool *sl_thread_pool_new(int threads);

typedef struct sl_process_pool_options {
    int workers;             /* 0: as many as cores are granted */
    int threads_per_worker;  /* 0: 1. More is faster where workers share much,
                                and a death costs every job of the process. */
    int max_jobs_per_worker; /* then it is replaced; 0: no limit */
    /* Once in each worker, before its first job, on a copy of the init_size
     * bytes (at most 4096) at init_arg: load what jobs need, give up what they
     * do not (sandbox.h). An error is an error of the pool: SL_EBROKEN. A
     * worker program has its own enter() instead, which finds the bytes with
     * sl_worker_arg(). */
    sl_fn *init;
    const void *init_arg;
    size_t init_size;
    bool show_stderr; /* workers write to this process's stderr: for debugging,
                         since what they write is not to be trusted */
    /* Path of a worker program with named jobs (worker.h), which shares
     * nothing with this one. NULL: workers are this program, which must have
     * been started by sl_main(). */
    const char *program;
} sl_process_pool_options;

/* Start a pool of processes; jobs can be submitted at once. `options` may be
 * NULL. NULL on failure, and sl_errmsg() says why: -EINVAL without sl_main().
 */
SL_API sl_pool *sl_process_pool_new(const sl_process_pool_options *options);

/* The same, and wait for the first worker that is ready, so that a program
 * which cannot work is an error here and not of the first job. `options` may be
 * NULL here, too. Returns 0, or
 * -EINVAL, -ENOENT, -EACCES, -EAGAIN, -ENOMEM, -EPROTO when it is no worker
 * program (of this version), or what its warm_up(), enter() or `init`
 * returned; sl_errmsg() has the words. */
SL_API SL_WAITS int sl_process_pool_open(const sl_process_pool_options *options,
                                         sl_pool **out);

/* A job's bytes, 1 GiB at most each way. Both are lent until the future is
 * settled, and nothing is copied before a worker takes the job. */
#define SL_JOB_BYTES_MAX ((size_t)1 << 30)

typedef struct sl_job_request {
    const char *job;  /* of a worker program: the name in its list; else what
                         reports call this job, or NULL */
    sl_job *function; /* NULL: the worker program's job of that name */
    const void *in;
    size_t in_size;
    void *out;
    size_t out_capacity;
    const sl_shm *body;   /* named jobs: lent memory to read; may be NULL */
    const sl_shm *result; /* and to write, with a descriptor; untrusted, also
                             after the job */
    sl_time limit;   /* processes: from the moment a worker has it, the worker
                        is killed and the job fails with SL_ETIMEDOUT; 0: none */
    uint64_t memory; /* processes: address space that the job may add to its
                        worker's; 0: no limit. Beyond it malloc() fails. */
    bool abandon;    /* threads: a cancelled waiter does not wait for a job that
                        runs; the job works on copies and its result is lost */
} sl_job_request;

/* Queue a job; jobs start first come, first served. The future's rc is the
 * answer's length, the job's own error, or
 *     SL_ETIMEDOUT     over its limit
 *     SL_EWORKERDIED   its process ended; sl_pool_error() has the word
 *     SL_ECANCELED     by sl_pool_cancel()
 *     SL_ECLOSED       after sl_pool_close() began
 *     SL_EBROKEN       the pool was given up: ten deaths of workers within ten
 *                      seconds without one answer, or `init` failed
 *     -ENOSYS          the worker program, or a library that a worker could
 *                      load, has no such job
 *     -EINVAL          a request that breaks a limit above
 * Done callbacks run on the loop. NULL without memory. */
SL_API sl_future *sl_pool_submit(sl_pool *pool, sl_job *job, const void *in,
                                 size_t in_size, void *out,
                                 size_t out_capacity);
SL_API sl_future *sl_pool_submit_with(sl_pool *pool,
                                      const sl_job_request *request);

/* Take a submitted job back. One that has not started is removed: SL_ECANCELED
 * at once. One that runs in a process loses its worker, and is settled when
 * that has ended. One that runs on a thread goes on (-EBUSY), unless it was
 * submitted with `abandon`. Returns 0, -EBUSY, or SL_EREUSED for a future that
 * is settled or not of this pool. */
SL_API int sl_pool_cancel(sl_pool *pool, sl_future *future);

/* Submit, wait. A cancelled waiter takes its job back as above, and a job that
 * runs is waited for. sl_errmsg() begins with sl_pool_error()'s word, as it
 * does after sl_future_wait() and sl_pool_map(), and has what the job itself
 * said. */
SL_API SL_WAITS int sl_pool_run(sl_pool *pool, const sl_job_request *request);

/* One job on each element of an array: element i is in_size bytes at
 * in + i * in_size, its answer out_size bytes at out + i * out_size. */
typedef struct sl_map {
    const void *in;
    size_t in_size;
    void *out;
    size_t out_size;
    int count;
    int max_in_flight; /* 0: sixteen for each worker */
    int *rc; /* the outcome of each, or NULL: the first error stops the rest */
} sl_map;

/* Returns 0 or the first error in time (never one that is in map->rc). What
 * has not started when it stops, or is cancelled, is removed; what has is
 * waited for, in processes after killing it. */
SL_API SL_WAITS int sl_pool_map(sl_pool *pool, sl_job *job, const sl_map *map);

/* A job's memory, which the job gets itself instead of a copy of it, as input
 * and as output: worth it from some kilobytes on. With a process pool the
 * memory belongs to one worker while that lives. NULL, and sl_errmsg() says
 * why, without memory or for a size of 0 or more than 1 GiB. Fill in
 * `data`, submit, wait, read; not to be touched meanwhile, and what a process
 * leaves there is not to be trusted. */
typedef struct sl_pool_buffer {
    void *data;
    size_t size;
} sl_pool_buffer;

SL_API sl_pool_buffer *sl_pool_buffer_new(sl_pool *pool, size_t size);
SL_API void sl_pool_buffer_free(sl_pool_buffer *buffer);

/* Queue job(buffer->data, in_size, buffer->data, buffer->size). */
SL_API sl_future *sl_pool_submit_buffer(sl_pool *pool, sl_job *job,
                                        sl_pool_buffer *buffer, size_t in_size);

/* How a submitted job failed, in a word: "timeout", "memory",
 * "crashed:SIGSEGV", "killed:SIGKILL", "exited:3", "helper-died", "protocol",
 * "canceled", "closed", "broken", "invalid" (the request); "" for an answer or
 * an error of the job's own. "memory" is an answer of -ENOMEM, or a worker that
 * the kernel ended because there was none left. Never freed. */
SL_API const char *sl_pool_error(sl_future *future);

/* How many jobs can run at once. */
SL_API int sl_pool_workers(const sl_pool *pool);

/* What a worker said with sl_worker_note() when it started, or why the pool
 * was given up, or "". Valid until the next worker starts. */
SL_API const char *sl_pool_note(const sl_pool *pool);

/* Wait for all jobs, end all threads or processes, free the pool. Cancelled
 * meanwhile, jobs that have not started are settled with SL_ECLOSED, workers
 * are killed, threads are waited for, and SL_ECANCELED is returned: closed it
 * is in every case. Its buffers stay until they are freed. */
SL_API SL_WAITS int sl_pool_close(sl_pool *pool);

SL_END

#endif
