/* Calls that only an attacker makes, each tried in sandboxes of many shapes. */
#include "enclosed.h"

#include "support/test.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

int try_open(void)
{
    return answer(open("/etc/passwd", O_RDONLY));
}

int try_create(void)
{
    return answer(
        open("/tmp/starling-must-not-exist", O_WRONLY | O_CREAT, 0600));
}

static int try_openat2(void)
{
    uint64_t how[3] = { O_RDONLY, 0, 0 };

    return answer(
        syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", how, sizeof how));
}

static int try_unlink(void)
{
    return answer(unlink("/tmp/starling-must-not-exist"));
}

static int try_socket(void)
{
    return answer(socket(AF_INET, SOCK_STREAM, 0));
}

static int try_unix_socket(void)
{
    return answer(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int try_socketpair(void)
{
    int pair[2];

    return answer(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
}

int try_exec(void)
{
    char name[] = "true", *argv[] = { name, NULL }, *none[] = { NULL };

    return answer(execve("/bin/true", argv, none));
}

static int try_execveat(void)
{
    char name[] = "true", *argv[] = { name, NULL }, *none[] = { NULL };

    return answer(syscall(SYS_execveat, AT_FDCWD, "/bin/true", argv, none, 0));
}

static int try_fork(void)
{
    pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

    if (pid == 0)
        _exit(0);
    return answer(pid);
}

static int try_clone3(void)
{
    uint64_t args[8] = { 0 };
    pid_t pid;

    args[4] = SIGCHLD;
    pid = (pid_t)syscall(SYS_clone3, args, sizeof args);
    if (pid == 0)
        _exit(0);
    return answer(pid);
}

int try_ptrace(void)
{
    return answer(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int try_io_uring(void)
{
    char params[256] = { 0 };

    return answer(syscall(SYS_io_uring_setup, 4, params));
}

static int try_userfaultfd(void)
{
    return answer(syscall(SYS_userfaultfd, O_CLOEXEC));
}

static int try_process_vm_readv(void)
{
    char byte;
    struct iovec here = { &byte, 1 }, there = { &byte, 1 };

    return answer(process_vm_readv(getppid(), &here, 1, &there, 1, 0));
}

static int try_process_vm_writev(void)
{
    char byte = 0;
    struct iovec here = { &byte, 1 }, there = { &byte, 1 };

    return answer(process_vm_writev(getppid(), &here, 1, &there, 1, 0));
}

int try_kill_parent(void)
{
    return answer(kill(getppid(), 0));
}

static int try_tgkill_parent(void)
{
    return answer(syscall(SYS_tgkill, getppid(), getppid(), 0));
}

static int try_pidfd_open(void)
{
    return answer(syscall(SYS_pidfd_open, getppid(), 0));
}

static int try_bpf(void)
{
    union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY,
                            .key_size = 4,
                            .value_size = 4,
                            .max_entries = 1 };

    return answer(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof attr));
}

static int try_perf(void)
{
    struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
                                    .size = sizeof attr };

    return answer(syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0));
}

static int try_unshare(void)
{
    return answer(unshare(CLONE_NEWUSER));
}

static int try_executable_memory(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return answer(page == MAP_FAILED ? -1 : 0);
}

static int try_raise_limit(void)
{
    struct rlimit limit = { 1024, 1024 };

    return answer(setrlimit(RLIMIT_NOFILE, &limit));
}

static int try_prctl(void)
{
    return answer(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

typedef struct forbidden_call {
    const char *name;
    int (*attempt)(void);
} forbidden_call;

static const forbidden_call forbidden[] = {
    { "open", try_open },
    { "create", try_create },
    { "openat2", try_openat2 },
    { "unlink", try_unlink },
    { "socket", try_socket },
    { "unix socket", try_unix_socket },
    { "socketpair", try_socketpair },
    { "execve", try_exec },
    { "execveat", try_execveat },
    { "fork", try_fork },
    { "clone3", try_clone3 },
    { "ptrace", try_ptrace },
    { "io_uring_setup", try_io_uring },
    { "userfaultfd", try_userfaultfd },
    { "process_vm_readv", try_process_vm_readv },
    { "process_vm_writev", try_process_vm_writev },
    { "kill", try_kill_parent },
    { "tgkill", try_tgkill_parent },
    { "pidfd_open", try_pidfd_open },
    { "bpf", try_bpf },
    { "perf_event_open", try_perf },
    { "unshare", try_unshare },
    { "executable memory", try_executable_memory },
    { "setrlimit", try_raise_limit },
    { "prctl", try_prctl },
};

static void check_all_refused(const sl_sandbox_profile *profile)
{
    for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++) {
        int status = status_of(profile, forbidden[i].attempt);
        bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;

        if (!killed && !(WIFEXITED(status) && WEXITSTATUS(status) == REFUSED))
            test_fail(__FILE__, __LINE__, "%s was not refused (status %x)",
                      forbidden[i].name, (unsigned)status);
    }
}

TEST(forbidden_calls_are_refused_in_the_whole_sandbox)
{
    sl_sandbox_profile profile = only(SL_SANDBOX_ALL);

    need(SL_SANDBOX_ALL);
    check_all_refused(&profile);
}

TEST_LIMIT(forbidden_calls_are_refused_with_any_other_layer_gone, 30)
{
    need(SL_SANDBOX_ALL);
    for (unsigned layer = 1; layer < SL_SANDBOX_SECCOMP; layer <<= 1) {
        sl_sandbox_profile profile = only(SL_SANDBOX_ALL & ~layer);

        /* The kernel takes a filter from those who gave up privileges for
         * good or from root, and root is who holds capabilities. */
        if (layer == SL_SANDBOX_NO_NEW_PRIVS) {
            if (geteuid() != 0)
                continue;
            profile = only(SL_SANDBOX_ALL & ~layer & ~SL_SANDBOX_CAPABILITIES);
        }
        check_all_refused(&profile);
    }
}

TEST(threads_profile_still_refuses_forbidden_calls)
{
    sl_sandbox_profile profile = only(SL_SANDBOX_ALL);

    need(SL_SANDBOX_ALL);
    profile.needs = SL_SANDBOX_THREADS;
    check_all_refused(&profile);
}

TEST(dangerous_calls_kill)
{
    sl_sandbox_profile profile = only(SL_SANDBOX_SECCOMP);
    int (*const dangerous[])(void) = { try_open,        try_socket,
                                       try_exec,        try_ptrace,
                                       try_io_uring,    try_userfaultfd,
                                       try_kill_parent, try_process_vm_readv };

    need(SL_SANDBOX_SECCOMP);
    for (size_t i = 0; i < sizeof dangerous / sizeof dangerous[0]; i++) {
        int status = status_of(&profile, dangerous[i]);

        CHECK(WIFSIGNALED(status));
        CHECK_EQ(WTERMSIG(status), SIGSYS);
    }
}
