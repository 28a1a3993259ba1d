/* worker.h: the main() of a program that works for a process pool.
 *
 * A pool may start another program than its own: one that links what jobs
 * need, such as libraries that read strangers' files, and nothing else. Its
 * jobs have names.
 *
 *     static const sl_job_entry jobs[] = { { "double", twice }, { 0 } };
 *     int main(int argc, char **argv)
 *     {
 *         return sl_worker_main(argc, argv,
 *                               &(sl_worker_options){ .jobs = jobs });
 *     }
 *
 * The pool starts one helper process from the program, which loads what the
 * jobs need once and then forks workers: replacing a worker takes a
 * millisecond, and workers hold nothing of the process that opened the pool,
 * neither memory nor descriptors nor environment.
 */
#ifndef STARLING_WORKER_H
#define STARLING_WORKER_H

#include <stddef.h>

#include <starling/api.h>
#include <starling/shm.h>

SL_BEGIN

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
typedef int sl_named_job(const sl_job_io *io);

/* A name for a job; a worker program lists its jobs in an array of these. */
typedef struct sl_job_entry {
    const char *name; /* 31 bytes at most */
    sl_named_job *job;
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

/* In warm_up() and enter(), or a pool's `init`: a line for the pool's owner,
 * such as why it failed or what this system lacks. The last one counts; 199
 * bytes at most. */
SL_API void sl_worker_note(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* In a job: let this be the worker's last one. It ends with the answer, and
 * what waits for it goes to others. For a job that cannot clean up behind a
 * library, such as one that loses memory where its input is broken. */
SL_API void sl_worker_retire(void);

/* In enter(): a copy of the bytes at the pool's init_arg, which stays as long
 * as the worker; *size (may be NULL) is how many. NULL if there are none. */
SL_API const void *sl_worker_arg(size_t *size);

/* How many threads will run jobs in this worker: more than one needs
 * SL_SANDBOX_THREADS in the sandbox. */
SL_API int sl_worker_threads(void);

SL_END

#endif
