/* process.h: child processes.
 *
 *     const char *argv[] = { "sort", "-u", NULL };
 *     sl_process_options options = { .argv = argv,
 *                                    .in = { .kind = SL_STDIO_PIPE },
 *                                    .out = { .kind = SL_STDIO_PIPE } };
 *     rc = sl_process_run(&options, text, size, 1 << 20, &output);
 *
 * A child belongs to the one who spawned it: closing it ends it. Only our own
 * children are ever reaped, and SIGCHLD is left to the program. (For pools of
 * worker processes see pool.h.)
 */
#ifndef STARLING_PROCESS_H
#define STARLING_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <starling/api.h>
#include <starling/clock.h>
#include <starling/stream.h>

SL_BEGIN

typedef struct sl_process sl_process;

enum {
    SL_STDIO_INHERIT, /* this program's own */
    SL_STDIO_NULL,    /* /dev/null */
    SL_STDIO_PIPE,    /* a stream, see sl_process_in() */
    SL_STDIO_FILE,    /* `path`: read, or made anew (or appended to) */
    SL_STDIO_FD,      /* `fd`, which stays the caller's */
    SL_STDIO_OUT,     /* only for stderr: wherever stdout goes */
};

typedef struct sl_stdio {
    int kind;
    const char *path;
    bool append;
    int fd;
} sl_stdio;

typedef struct sl_process_options {
    const char *const *argv; /* ends with NULL */
    const char *program;     /* NULL: argv[0]. Without a '/' sought in PATH */
    const char *const *env;  /* "NAME=value", NULL at the end; NULL: ours */
    const char *cwd;         /* NULL: ours */
    sl_stdio in, out, err;
    /* A process group of its own: Ctrl-C in the terminal does not reach it, and
     * kills from here reach its children, too. */
    bool new_group;
} sl_process_options;

/* How it ended. */
typedef struct sl_exit {
    int status; /* what it returned, 0 to 255; -1 if a signal ended it */
    int signal; /* that signal; else 0 */
    bool dumped_core;
} sl_exit;

/* Start a program. It gets stdin, stdout, stderr as told and no other
 * descriptor of ours, default signals, an empty signal mask. Starting happens
 * on a thread, because it waits for the program to be loaded.
 * Close *out with sl_process_close(). Errors are those of starting: -ENOENT
 * (no such program, folder or input file), -EACCES, -EAGAIN, -EMFILE, -EINVAL,
 * -ENOMEM; SL_ECANCELED: it was not started. */
SL_API SL_WAITS int sl_process_spawn(const sl_process_options *options,
                                     sl_process **out);

SL_API pid_t sl_process_pid(const sl_process *process);

/* Our ends of its pipes, lent until the close; NULL where there is none. */
SL_API sl_stream *sl_process_in(const sl_process *process);
SL_API sl_stream *sl_process_out(const sl_process *process);
SL_API sl_stream *sl_process_err(const sl_process *process);

/* Close our end of its stdin: it reads the end. Never waits. */
SL_API void sl_process_end_input(sl_process *process);

/* Wait until it has ended; any number of tasks, any number of times. A
 * cancelled wait leaves it alone. `out` may be NULL. Returns 0, SL_ECANCELED,
 * or -ECHILD if the program reaps all children elsewhere. */
SL_API SL_WAITS int sl_process_wait(sl_process *process, sl_exit *out);

/* Send a signal. Never waits. Returns 0, or -ESRCH if it has ended. */
SL_API int sl_process_kill(sl_process *process, int signo);

/* Ask it to end with SIGTERM, and after `grace` make it with SIGKILL. Returns
 * as sl_process_wait(). Cancelled, the SIGTERM has been sent. */
SL_API SL_WAITS int sl_process_stop(sl_process *process, sl_time grace,
                                    sl_exit *out);

/* Close its pipes, end it with SIGKILL if it still runs, free `process`. Tasks
 * that wait for it get SL_ECLOSED. Never waits: a thread reaps it. NULL is
 * fine. */
SL_API void sl_process_close(sl_process *process);

/* SL_AUTO(sl_process_guard) child = process;  closes it with the block. */
typedef sl_process *sl_process_guard;
SL_API void sl_process_guard_drop(sl_process_guard *guard);

/* What a child wrote, each ended with a NUL that is not counted. */
typedef struct sl_output {
    char *out, *err; /* "" where there is no pipe */
    size_t out_size, err_size;
    sl_exit exit;
} sl_output;

/* Write `input` to its stdin and end that, read stdout and stderr (those that
 * are pipes) to their ends, at most `limit` bytes each, all at the same time,
 * and wait for the end. A child that does not read its input is no error.
 * Returns 0, SL_ECANCELED (it still runs), -EMSGSIZE (it wrote more, and was
 * killed; sl_errmsg() says so). *out holds what came in any case:
 * sl_output_free() it. */
SL_API SL_WAITS int sl_process_communicate(sl_process *process,
                                           const void *input, size_t size,
                                           size_t limit, sl_output *out);

/* Spawn, communicate, close: a cancelled one is killed. *out as above. */
SL_API SL_WAITS int sl_process_run(const sl_process_options *options,
                                   const void *input, size_t size, size_t limit,
                                   sl_output *out);

SL_API void sl_output_free(sl_output *output);

SL_END

#endif
