/* The helper: a small process between the program and its workers.
 *
 * Why there is one: forking a program with threads copies locks in whatever
 * state they are, and a worker made so would hold all of the program's memory.
 * Executing a program for every worker would load the libraries every time.
 * So one process is executed, loads everything once, and forks on demand; a
 * fork of it is cheap, has one thread, and knows no secrets.
 *
 * It is the parent of the workers, so only it learns how they ended, and it
 * reaps them; it reports {worker, status}. It waits for nothing else than the
 * program's commands and its children. When the channel ends, for whatever
 * reason, it kills its workers, reaps them and ends. Should it die itself, the
 * workers die with it (PR_SET_PDEATHSIG).
 */
#include <starling/worker.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/given.h"
#include "exec/oom.h"
#include "exec/own_program.h"
#include "exec/wire.h"
#include "exec/worker.h"
#include "sandbox/sanitized.h"

typedef struct child {
    uint64_t worker;
    pid_t pid;
} child;

typedef struct helper {
    const sl_worker_options *options;
    bool show_stderr;
    int signals;        /* readable when a child has ended */
    uint64_t oom_kills; /* as far as they have been reported */
    child *children;
    size_t count, capacity;
} helper;

/* Send a report, with a descriptor unless it is negative. */
static int report(sl__wire_report *report, int fd)
{
    return sl__wire_send(SL_WORKER_CHANNEL, report, sizeof *report, NULL, 0,
                         &fd, fd >= 0);
}

static int reserve_child(helper *helper)
{
    size_t capacity = helper->capacity ? 2 * helper->capacity : 16;
    child *children;

    if (helper->count < helper->capacity)
        return 0;
    children = realloc(helper->children, capacity * sizeof *children);
    if (children == NULL)
        return -ENOMEM;
    helper->children = children;
    helper->capacity = capacity;
    return 0;
}

/* In the new process. What a worker prints would reach the user's terminal
 * unchecked, so stderr goes where stdout went; a sanitizer's report is worth
 * the risk. */
static void become_worker(const helper *helper, int channel, int region_fd,
                          pid_t parent)
{
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0); /* it died before the line above */
    sl__oom_volunteer();
    close(helper->signals);
    dup2(channel, SL_WORKER_CHANNEL); /* closes the helper's own */
    close(channel);
    if (!helper->show_stderr && !SL__SANITIZED)
        dup2(STDOUT_FILENO, STDERR_FILENO);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    /* Not exit(): handlers and buffers belong to the helper. */
    _exit(sl__worker_serve(helper->options, region_fd));
}

/* Fork a worker. Returns its pidfd or an error. */
static int start_worker(helper *helper, uint64_t worker, int channel,
                        int region_fd)
{
    int rc = reserve_child(helper), pidfd;
    pid_t self = getpid(), pid;

    if (rc < 0)
        return rc;
    pid = fork();
    if (pid < 0)
        return -errno;
    if (pid == 0)
        become_worker(helper, channel, region_fd, self);
    helper->children[helper->count++] = (child){ worker, pid };
    /* Nobody but us reaps it, so the number still means this process. */
    pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd >= 0)
        return pidfd;
    rc = -errno;
    kill(pid, SIGKILL);
    return rc;
}

/* 1, 0 at the end of the channel, or an error. */
static int obey(helper *helper)
{
    sl__wire_report started = { .kind = SL__REPORT_STARTED,
                                .version = SL__WIRE_VERSION };
    sl__wire_command command;
    int fd[2], fds = 2, pidfd, rc;
    ssize_t n;

    n = sl__wire_receive(SL_WORKER_CHANNEL, MSG_DONTWAIT, &command,
                         sizeof command, fd, &fds);
    if (n == -EAGAIN)
        return 1;
    if (n <= 0)
        return (int)n;
    if (n != sizeof command)
        return -EPROTO;
    /* A descriptor that did not arrive had no room here. */
    pidfd =
        fds == 2 ? start_worker(helper, command.worker, fd[0], fd[1]) : -EMFILE;
    while (fds > 0)
        close(fd[--fds]);
    started.worker = command.worker;
    started.value = pidfd < 0 ? pidfd : 0;
    rc = report(&started, pidfd);
    if (pidfd >= 0)
        close(pidfd);
    return rc < 0 ? rc : 1;
}

static bool was_out_of_memory(helper *helper, int status)
{
    uint64_t before = helper->oom_kills;

    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
        return false;
    helper->oom_kills = sl__oom_kills();
    return helper->oom_kills > before;
}

static int report_end(helper *helper, pid_t pid, int status)
{
    sl__wire_report ended = { .kind = SL__REPORT_ENDED,
                              .version = SL__WIRE_VERSION,
                              .value = status };

    for (size_t i = 0; i < helper->count; i++) {
        if (helper->children[i].pid != pid)
            continue;
        ended.worker = helper->children[i].worker;
        ended.out_of_memory = was_out_of_memory(helper, status);
        helper->children[i] = helper->children[--helper->count];
        return report(&ended, -1);
    }
    return 0; /* a child that a library has made */
}

static int reap(helper *helper)
{
    struct signalfd_siginfo infos[16];
    int status, rc = 0;
    pid_t pid;

    /* One signal may stand for many children, so its contents do not matter. */
    while (read(helper->signals, infos, sizeof infos) > 0) {
    }
    while (rc >= 0 && (pid = waitpid(-1, &status, WNOHANG)) > 0)
        rc = report_end(helper, pid, status);
    return rc;
}

static void serve(helper *helper)
{
    struct pollfd fds[2] = { { SL_WORKER_CHANNEL, POLLIN, 0 },
                             { helper->signals, POLLIN, 0 } };
    int rc = 1;

    while (rc > 0) {
        if (poll(fds, 2, -1) < 0) {
            rc = errno == EINTR ? 1 : -errno;
            continue;
        }
        if (fds[1].revents != 0 && reap(helper) < 0)
            break;
        if (fds[0].revents != 0)
            rc = obey(helper);
    }
}

static void end_workers(helper *helper)
{
    for (size_t i = 0; i < helper->count; i++)
        kill(helper->children[i].pid, SIGKILL);
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) {
    }
    free(helper->children);
}

bool sl__is_helper(int argc, char **argv)
{
    int type = 0;
    socklen_t size = sizeof type;

    return argc > 1 && strcmp(argv[1], SL__WIRE_ARGUMENT) == 0 &&
           getsockopt(SL_WORKER_CHANNEL, SOL_SOCKET, SO_TYPE, &type, &size) ==
               0 &&
           type == SOCK_SEQPACKET;
}

/* The program is executed by way of a descriptor, whose number would show as
 * the process's name. */
static void take_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    prctl(PR_SET_NAME, slash != NULL ? slash + 1 : path);
}

static int watch_children(void)
{
    sigset_t ended;
    int fd;

    sigemptyset(&ended);
    sigaddset(&ended, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &ended, NULL) < 0)
        return -errno;
    fd = signalfd(-1, &ended, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

int sl_worker_main(int argc, char **argv, const sl_worker_options *options)
{
    sl_given(options);

    sl__wire_report hello = { .kind = SL__REPORT_HELLO,
                              .version = SL__WIRE_VERSION };
    helper helper = { .options = options };

    if (!sl__is_helper(argc, argv)) {
        fprintf(stderr,
                "%s: works for a program that starts it; there is nothing to "
                "do here alone\n",
                argc > 0 ? argv[0] : "worker");
        return 2;
    }
    take_name(argv[0]);
    /* What else the program had open. Where the call is missing, what was not
     * marked close-on-exec stays. */
    close_range(SL_WORKER_CHANNEL + 1, ~0U, 0);
    /* The end of the channel is what we rely on; this is only faster. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    helper.show_stderr = argc > 2 && strcmp(argv[2], SL__WIRE_SHOW_STDERR) == 0;
    helper.oom_kills = sl__oom_kills();
    helper.signals = watch_children();
    hello.value = helper.signals < 0 ? helper.signals : 0;
    if (hello.value == 0 && options->warm_up != NULL)
        hello.value = options->warm_up();
    snprintf(hello.text, sizeof hello.text, "%s", sl__worker_note_text());
    if (report(&hello, -1) < 0 || hello.value < 0)
        return 1;
    serve(&helper);
    end_workers(&helper);
    close(helper.signals);
    return 0;
}
