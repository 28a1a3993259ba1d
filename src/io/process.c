/* Running children: waiting for them, ending them.
 *
 * The end shows on a pidfd, which is waited at like any descriptor; the child
 * is reaped by number, and only then may the number name another process. Where
 * the kernel has no pidfd the wait looks now and then.
 */
#include <starling/process.h>

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <starling/error.h>
#include <starling/event.h>
#include <starling/scope.h>
#include <starling/thread.h>

#include "base/given.h"
#include "base/list.h"
#include "io/crew.h"
#include "io/descriptor.h"
#include "io/failure.h"
#include "io/process.h"

/* Without a pidfd: how often to look, at first and at most. */
#define LOOK_FIRST SL_MS(1)
#define LOOK_LATER SL_MS(50)

struct sl_process {
    sl__descriptor descriptor; /* of the pidfd */
    bool is_watched;           /* there is one, or */
    sl_event closed;           /* for those who look now and then, */
    int looking;               /* so many: the last one frees it */
    bool new_group;
    bool ended; /* and reaped: the number is no longer ours */
    int rc;     /* of the reaping */
    sl_exit exit;
    pid_t pid;
    sl_stream *stdio[3];
};

typedef struct reaping {
    sl__attempt attempt;
    sl_process *process;
    sl_exit *out;
} reaping;

static void decode(const siginfo_t *info, sl_exit *out)
{
    if (info->si_code == CLD_EXITED)
        *out = (sl_exit){ .status = info->si_status };
    else
        *out = (sl_exit){ .status = -1,
                          .signal = info->si_status,
                          .dumped_core = info->si_code == CLD_DUMPED };
}

/* 0 once it has ended, -EAGAIN while it runs, -ECHILD if somebody else took
 * it. */
static int reap(sl_process *process, sl_exit *out)
{
    siginfo_t info = { .si_pid = 0 };

    if (!process->ended) {
        if (waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOHANG) < 0)
            process->rc = -errno;
        else if (info.si_pid == 0)
            return -EAGAIN;
        else
            decode(&info, &process->exit);
        process->ended = true;
    }
    if (process->rc == 0 && out != NULL)
        *out = process->exit;
    return process->rc;
}

static int run_reap(sl__attempt *attempt, int fd)
{
    reaping *reaping = sl__container_of(attempt, struct reaping, attempt);

    (void)fd;
    return reap(reaping->process, reaping->out);
}

/* 0 when it is time to look again. */
static int pause_for(sl_process *process, sl_time duration)
{
    sl_scope limit;
    int rc;

    sl_timeout_open(&limit, duration);
    rc = sl_scope_close(&limit, sl_event_wait(&process->closed));
    if (rc == 0 || sl_event_is_set(&process->closed))
        return SL_ECLOSED;
    return rc == SL_ETIMEDOUT ? 0 : rc;
}

static int look_now_and_then(sl_process *process, sl_exit *out)
{
    sl_time pause = LOOK_FIRST;
    int rc;

    process->looking++;
    while ((rc = reap(process, out)) == -EAGAIN) {
        rc = pause_for(process, pause);
        if (rc < 0)
            break;
        pause = pause < LOOK_LATER / 2 ? 2 * pause : LOOK_LATER;
    }
    if (--process->looking == 0 && sl_event_is_set(&process->closed))
        sl__release(process);
    return rc;
}

int sl_process_wait(sl_process *process, sl_exit *out)
{
    sl_given(process);
    /* The result is copied on the way, not here: once it is known, another task
     * may close the process before this one runs. */
    reaping reaping = {
        .attempt = { .waiter = { .what = "a child process", .on = process },
                     .run = run_reap },
        .process = process,
        .out = out,
    };
    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    if (process->ended)
        return reap(process, out);
    if (!process->is_watched)
        return look_now_and_then(process, out);
    return sl__descriptor_do(&process->descriptor, SL__IN, &reaping.attempt);
}

static void on_released(sl__descriptor *descriptor)
{
    sl__release(sl__container_of(descriptor, sl_process, descriptor));
}

static int adopt_stdio(sl_process *process, int ours[3])
{
    for (int i = 0; i < 3; i++) {
        int rc = ours[i] < 0 ? 0 : sl_stream_adopt(ours[i], &process->stdio[i]);

        if (rc < 0)
            return rc;
        ours[i] = -1;
    }
    return 0;
}

struct launching {
    const sl_process_options *options;
    sl__launched launched;
};

static int do_launch(void *arg)
{
    struct launching *a = arg;

    return sl__process_launch(a->options, &a->launched);
}

static int watch(sl_process *process, int pidfd)
{
    int rc;

    if (pidfd < 0)
        return 0;
    rc = sl__descriptor_open(&process->descriptor, pidfd, on_released);
    if (rc < 0) {
        close(pidfd);
        return rc;
    }
    process->is_watched = true;
    return 0;
}

/* The program, or the folder that it was to start in: the system does not say
 * which, so that is looked for. */
static int about(const sl_process_options *options, int rc)
{
    const char *program = options->program;

    if (options->cwd != NULL && access(options->cwd, X_OK) < 0)
        return sl__about(options->cwd, rc);
    if (program == NULL && options->argv != NULL)
        program = options->argv[0];
    return sl__about(program != NULL ? program : "a process without argv", rc);
}

int sl_process_spawn(const sl_process_options *options, sl_process **out)
{
    sl_given(options);
    sl_given(out);

    struct launching a = { .options = options };
    sl_process *process = calloc(1, sizeof *process);
    int rc = process != NULL ? sl__on_own_thread(do_launch, &a) : -ENOMEM;

    if (rc < 0) {
        free(process);
        return about(options, rc);
    }
    process->pid = a.launched.pid;
    process->new_group = options->new_group;
    rc = watch(process, a.launched.pidfd);
    if (rc == 0)
        rc = adopt_stdio(process, a.launched.ours);
    if (rc < 0) {
        for (int i = 0; i < 3; i++)
            if (a.launched.ours[i] >= 0)
                close(a.launched.ours[i]);
        sl_process_close(process);
        return rc;
    }
    *out = process;
    return 0;
}

pid_t sl_process_pid(const sl_process *process)
{
    sl_given(process);
    return process->pid;
}

sl_stream *sl_process_in(const sl_process *process)
{
    sl_given(process);
    return process->stdio[0];
}

sl_stream *sl_process_out(const sl_process *process)
{
    sl_given(process);
    return process->stdio[1];
}

sl_stream *sl_process_err(const sl_process *process)
{
    sl_given(process);
    return process->stdio[2];
}

void sl_process_end_input(sl_process *process)
{
    sl_given(process);
    sl_stream_close(process->stdio[0]);
    process->stdio[0] = NULL;
}

int sl_process_kill(sl_process *process, int signo)
{
    sl_given(process);

    pid_t whom = process->new_group ? -process->pid : process->pid;

    if (process->ended)
        return -ESRCH;
    return kill(whom, signo) < 0 ? -errno : 0;
}

int sl_process_stop(sl_process *process, sl_time grace, sl_exit *out)
{
    sl_given(process);

    sl_scope limit;
    int rc = sl_process_kill(process, SIGTERM);

    if (rc < 0 && rc != -ESRCH)
        return rc;
    sl_timeout_open(&limit, grace);
    rc = sl_scope_close(&limit, sl_process_wait(process, out));
    if (rc != SL_ETIMEDOUT)
        return rc;
    (void)sl_process_kill(process, SIGKILL); /* or it has just ended */
    return sl_process_wait(process, out);
}

static int reap_blocking(void *arg)
{
    pid_t pid = (pid_t)(intptr_t)arg;

    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
    return 0;
}

/* It has been killed, so this does not take long; but it takes time. */
static void reap_on_thread(pid_t pid)
{
    sl_crew *crew = sl__own_crew();
    void *arg = (void *)(intptr_t)pid;

    if (crew == NULL || sl__crew_post(crew, reap_blocking, arg) < 0)
        reap_blocking(arg);
}

void sl_process_close(sl_process *process)
{
    if (process == NULL)
        return;
    sl_given(process);
    for (int i = 0; i < 3; i++)
        sl_stream_close(process->stdio[i]);
    (void)sl_process_kill(process, SIGKILL); /* if it still runs */
    if (reap(process, NULL) == -EAGAIN) {
        process->ended = true;
        process->rc = -ECHILD;
        reap_on_thread(process->pid);
    }
    sl_event_set(&process->closed);
    sl__retire(process);
    if (process->is_watched)
        sl__descriptor_close(&process->descriptor);
    else if (process->looking == 0)
        sl__release(process);
}

void sl_process_guard_drop(sl_process_guard *guard)
{
    sl_given(guard);
    sl_process_close(*guard);
    *guard = NULL;
}
