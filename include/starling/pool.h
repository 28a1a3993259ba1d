/* pool.h: a pool of worker processes. A job is a function in another process:
 * bytes in, bytes out. What it does to its process costs that one job.
 *
 *     sl_process_pool_options options = { .program = "./my-worker" };
 *     rc = sl_process_pool_open(&options, &pool);
 *     sl_job_request request = { .job = "double", .in = &n, .in_size = 4,
 *                                .out = &answer, .out_capacity = 4 };
 *     rc = sl_pool_run(pool, &request);       4, or why not
 *     rc = sl_pool_close(pool);
 *
 * The pool starts one helper process from the program, which loads what the
 * jobs need once and then forks workers: replacing a worker takes a
 * millisecond, and workers hold nothing of the process that opened the pool,
 * neither memory nor descriptors nor environment.
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

SL_BEGIN

/* --- in the worker program --- */

/* What a worker runs: `in` is the request (lent), the answer goes to `out`.
 * `body` and `result` are the memory that travels with the job, or empty;
 * the body is mapped read-only, and neither has a descriptor (fd is -1).
 * Returns the answer's length or an error. */
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
                                 give up privileges here (sandbox.h) */
} sl_worker_options;

/* The one descriptor that a worker needs, for the sandbox's list. Keep 0 to 2,
 * too: they are /dev/null (stderr unless it is shown), and a library that
 * prints must not find a job's memory under their numbers. */
enum { SL_WORKER_CHANNEL = 3 };

/* The main() of a worker program: serve the pool that started this process,
 * until it goes away. Returns an exit status; 2 with a message if it was not
 * started by a pool. */
SL_API int sl_worker_main(int argc, char **argv,
                          const sl_worker_options *options);

/* In warm_up() and enter(): a line for the pool's owner, such as why it failed
 * or what this system lacks. The last one counts; 199 bytes at most. */
SL_API void sl_worker_note(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* --- in the program that has work --- */

typedef struct sl_pool sl_pool;

typedef struct sl_process_pool_options {
    const char *program;     /* path of a worker program */
    int workers;             /* 0: as many as cores are granted */
    int max_jobs_per_worker; /* then it is replaced; 0: no limit */
    bool show_stderr; /* workers write to this process's stderr: for debugging,
                         since what they write is not to be trusted */
} sl_process_pool_options;

typedef struct sl_job_request {
    const char *job; /* name in the worker program's list */
    const void *in;  /* copied; at most SL_JOB_INLINE_MAX bytes */
    size_t in_size;
    void *out;            /* must live until the future is settled */
    size_t out_capacity;  /* at most SL_JOB_INLINE_MAX */
    const sl_shm *body;   /* lent until the future is settled; may be NULL */
    const sl_shm *result; /* the same; untrusted, also after the job */
    sl_time limit; /* from the moment a worker has it; 0: none. Then the worker
                      is killed and the job fails with SL_ETIMEDOUT. */
} sl_job_request;

#define SL_JOB_INLINE_MAX 65536

/* Start the helper and the workers, and wait for the first that is ready.
 * Returns 0, or -ENOENT, -EACCES for the program, -EAGAIN, -ENOMEM, -EPROTO
 * when it is no worker program (of this version), or what its warm_up() or
 * enter() returned; sl_errmsg() has the words. */
SL_API SL_WAITS int sl_process_pool_open(const sl_process_pool_options *options,
                                         sl_pool **out);

/* Queue a job. The future's rc is the answer's length, what the job returned
 * as its error (-ENOSYS: the program has no such job), SL_ETIMEDOUT,
 * SL_EWORKERDIED, SL_ECLOSED after sl_pool_close() began, SL_EBROKEN after ten
 * deaths within ten seconds without one answer, or -EINVAL for a request that
 * breaks a limit above. Jobs start first come, first served. NULL without
 * memory. Only from the loop's thread. */
SL_API sl_future *sl_pool_submit(sl_pool *pool, const sl_job_request *request);

/* How a job of sl_pool_submit() failed, in a word: "timeout", "memory",
 * "crashed:SIGSEGV", "killed:SIGKILL", "exited:3", "helper-died", "protocol",
 * "canceled", "closed", "broken"; "" for an answer or an error of the job's
 * own. "memory" is an answer of -ENOMEM, or a worker that the kernel ended
 * because there was none left. Never freed. */
SL_API const char *sl_pool_error(sl_future *future);

/* Submit, wait, drop the future; sl_errmsg() begins with sl_pool_error()'s
 * word. A cancelled waiter takes its job back: one that has not started is
 * removed; one that runs loses its worker, and is waited for until then. */
SL_API SL_WAITS int sl_pool_run(sl_pool *pool, const sl_job_request *request);

SL_API int sl_pool_workers(const sl_pool *pool);

/* What a worker said with sl_worker_note() when it started, or "". Valid until
 * the pool is closed or the next worker starts. */
SL_API const char *sl_pool_note(const sl_pool *pool);

/* Wait for jobs in flight, end all processes, free the pool. Cancelled
 * meanwhile, jobs that were not settled are settled with SL_ECLOSED, their
 * workers killed, and SL_ECANCELED is returned: closed it is in every case. */
SL_API SL_WAITS int sl_pool_close(sl_pool *pool);

SL_END

#endif
