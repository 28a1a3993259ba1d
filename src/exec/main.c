/* A whole program: its main task, Ctrl-C, and the last words.
 *
 * The first SIGINT or SIGTERM asks the main task to stop, and so everything
 * below it, in order. The second ends the process at once, for the case that
 * the order takes too long for whoever presses the keys, or that the loop does
 * not listen because a task never gives way. A job on a thread
 * cannot be asked: if one has not returned after a grace time, the process
 * ends without it and says which it was.
 *
 * A process pool starts this very program a second time, as the helper that
 * forks its workers. That start is told from others here, and nowhere else.
 */
#include <starling/loop.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <starling/clock.h>
#include <starling/error.h>
#include <starling/worker.h>

#include "base/given.h"
#include "exec/blocked.h"
#include "exec/own_program.h"
#include "io/crew.h"
#include "io/signal.h"
#include "sched/uv.h"

typedef struct program {
    sl_fn *fn;
    void *arg;
    sl_task *main;
    uv_signal_t watches[2];
    int stopped_by; /* signal number; 0: by none */
} program;

#define GRACE SL_S(5)

static const int stop_signals[2] = { SIGINT, SIGTERM };

/* What was cancelled goes on with its clean-up, unless a thread is in its way.
 */
static void on_grace_over(void *arg)
{
    program *program = arg;
    char job[128];

    if (!sl__blocked_describe(job, sizeof job) &&
        !sl__crew_name_marked(job, sizeof job))
        return;
    fprintf(stderr,
            "starling: %s has not returned on its thread; ending "
            "without it\n",
            job);
    _exit(128 + program->stopped_by);
}

/* libuv's handler, which tells the loop, and whether that has been told and has
 * not found the signal to be somebody else's. */
static void (*tell_loop)(int signo);
static volatile sig_atomic_t is_told;

/* Only on the main thread, whose loop's count of awaited signals can be read.
 */
static void on_signal(int signo)
{
    if (is_told && gettid() == getpid() && !sl__signal_is_awaited(signo))
        _exit(128 + signo);
    is_told = true;
    tell_loop(signo);
}

static void put_before_libuv(int signo)
{
    struct sigaction action;

    if (sigaction(signo, NULL, &action) < 0 || action.sa_handler == on_signal)
        return;
    tell_loop = action.sa_handler;
    action.sa_handler = on_signal;
    (void)sigaction(signo, &action, NULL); /* cannot fail: it was valid */
}

static void on_stop(uv_signal_t *watch, int signo)
{
    program *program = watch->data;

    if (sl__signal_is_awaited(signo)) {
        is_told = false;
        return;
    }
    if (program->stopped_by != 0)
        _exit(128 + signo);
    program->stopped_by = signo;
    sl__blocked_mark();
    sl__crew_mark();
    /* Without memory for it the second Ctrl-C is left. */
    (void)sl_call_later(sl_loop_current(), GRACE, on_grace_over, program);
    sl_task_cancel(program->main, signo == SIGINT ? "SIGINT" : "SIGTERM");
}

static int watch_signals(program *program)
{
    uv_loop_t *uv = sl__loop_uv(sl_loop_current());

    for (int i = 0; i < 2; i++) {
        uv_signal_t *watch = &program->watches[i];
        int rc = uv_signal_init(uv, watch);

        if (rc < 0)
            return rc;
        watch->data = program;
        rc = uv_signal_start(watch, on_stop, stop_signals[i]);
        if (rc < 0)
            return rc;
        uv_unref((uv_handle_t *)watch); /* no reason to go on waiting */
        put_before_libuv(stop_signals[i]);
    }
    return 0;
}

/* The watches are part of sl_main()'s frame, which outlives the loop. */
static int run_program(void *arg)
{
    program *program = arg;
    int rc;

    program->main = sl_self();
    is_told =
        sl__signal_is_awaited(SIGINT); /* false, and its memory is there */
    rc = watch_signals(program);
    sl__loop_expect_stop(sl_loop_current());
    if (rc == 0)
        rc = program->fn(program->arg);
    for (int i = 0; i < 2; i++)
        if (program->watches[i].data != NULL)
            uv_close((uv_handle_t *)&program->watches[i], NULL);
    return rc;
}

bool sl__own_program_is_known;

int sl_main(int argc, char **argv, sl_fn *fn, void *arg)
{
    sl_given(fn);

    program program = { .fn = fn, .arg = arg };
    int rc;

    if (sl__is_helper(argc, argv))
        return sl_worker_main(argc, argv, &(sl_worker_options){ .jobs = NULL });
    sl__own_program_is_known = true;
    signal(SIGPIPE, SIG_IGN);
    sl_stops_watch();
    rc = sl_run(run_program, &program);
    if (program.stopped_by != 0)
        return 128 + program.stopped_by;
    if (rc >= 0)
        return 0;
    fprintf(stderr, "%s: %s\n", argc > 0 ? argv[0] : "program", sl_explain(rc));
    return 1;
}
