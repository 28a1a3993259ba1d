/* The system calls that are left.
 *
 * Three answers. Calls that a job needs are allowed, some only with harmless
 * arguments. Calls that only an attacker makes kill the process at once, which
 * the pool reports as crashed:SIGSYS. Everything else, also what kernels to
 * come may add, answers ENOSYS: libraries probe for calls and have a fallback,
 * and an unknown call that is refused costs nothing.
 *
 * The filter sees registers, not memory, so a call whose meaning hides behind
 * a pointer cannot be allowed in part. clone3 is one: its ENOSYS makes libc
 * fall back to clone, whose flags can be checked. newfstatat is another (libc
 * uses it for fstat, but it can look at any path): it is refused, and libc's
 * fstat() with it; the fstat call itself is allowed.
 */
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "sandbox/layers.h"
#include "sandbox/sanitized.h"

#define ALL_BITS (~(scmp_datum_t)0)

static const int allowed[] = {
    /* what is open: the channel, and memory that came through it */
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg),
    SCMP_SYS(recvfrom),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(lseek),
    SCMP_SYS(fstat),
    SCMP_SYS(close),
    /* memory; see also `checked` */
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    /* time, chance, knowing oneself */
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(getrandom),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getrusage),
    SCMP_SYS(sysinfo),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_yield),
    SCMP_SYS(getcpu),
    /* signals to oneself, and the end */
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(futex),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* With SL_SANDBOX_THREADS. Without it no thread can be made, so these would
 * be harmless, too, but what is not needed is not there. */
static const int allowed_for_threads[] = {
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(membarrier),
    SCMP_SYS(set_tid_address),
};

static const int killed[] = {
    /* files */
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(openat2),
    SCMP_SYS(creat),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(link),
    SCMP_SYS(linkat),
    SCMP_SYS(symlink),
    SCMP_SYS(symlinkat),
    SCMP_SYS(mkdir),
    SCMP_SYS(mkdirat),
    SCMP_SYS(mknod),
    SCMP_SYS(mknodat),
    SCMP_SYS(truncate),
    SCMP_SYS(mount),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    /* network */
    SCMP_SYS(socket),
    SCMP_SYS(socketpair),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(listen),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    /* other programs and processes */
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(kill),
    SCMP_SYS(tkill),
    SCMP_SYS(rt_sigqueueinfo),
    SCMP_SYS(rt_tgsigqueueinfo),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(process_madvise),
    SCMP_SYS(kcmp),
    SCMP_SYS(pidfd_open),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(pidfd_send_signal),
    /* the kernel's own attack surface */
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(io_setup),
    SCMP_SYS(modify_ldt),
    SCMP_SYS(personality),
};

static int add_all(scmp_filter_ctx filter, uint32_t action, const int calls[],
                   size_t n)
{
    int rc = 0;

    for (size_t i = 0; i < n && rc == 0; i++)
        rc = seccomp_rule_add(filter, action, calls[i], 0);
    return rc;
}

/* Allow `call` where its argument number `arg` is `value`, or, with a mask,
 * where those of its bits are. */
static int allow_if(scmp_filter_ctx filter, int call, unsigned arg,
                    scmp_datum_t mask, scmp_datum_t value)
{
    const struct scmp_arg_cmp test = {
        .arg = arg, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value
    };

    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &test);
}

static int allow_checked(scmp_filter_ctx filter)
{
    /* Memory that is both written and run is how a bug becomes a program. */
    int rc = allow_if(filter, SCMP_SYS(mmap), 2, PROT_EXEC, 0);

    if (rc == 0)
        rc = allow_if(filter, SCMP_SYS(mprotect), 2, PROT_EXEC, 0);
    /* send() on the channel, but not to an address */
    if (rc == 0)
        rc = allow_if(filter, SCMP_SYS(sendto), 4, ALL_BITS, 0);
    /* abort() raises its signal in this process */
    if (rc == 0)
        rc = allow_if(filter, SCMP_SYS(tgkill), 0, ALL_BITS,
                      (scmp_datum_t)getpid());
    return rc;
}

static int allow_threads(scmp_filter_ctx filter)
{
    /* Threads share all of this; anything less is a process or a namespace. */
    const scmp_datum_t required = CLONE_VM | CLONE_FS | CLONE_FILES |
                                  CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
    const scmp_datum_t optional = CLONE_SETTLS | CLONE_PARENT_SETTID |
                                  CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID |
                                  CLONE_DETACHED;
    int rc = allow_if(filter, SCMP_SYS(clone), 0, ~optional, required);

    if (rc == 0)
        rc = allow_if(filter, SCMP_SYS(prctl), 0, ALL_BITS, PR_SET_NAME);
    /* getrlimit(): a new thread's stack is as big as the limit says. The third
     * argument would set one. */
    if (rc == 0)
        rc = allow_if(filter, SCMP_SYS(prlimit64), 2, ALL_BITS, 0);
    if (rc == 0)
        rc = add_all(filter, SCMP_ACT_ALLOW, allowed_for_threads,
                     sizeof allowed_for_threads / sizeof(int));
    return rc;
}

static int add_rules(scmp_filter_ctx filter, const sl_sandbox_profile *profile)
{
    int rc =
        add_all(filter, SCMP_ACT_ALLOW, allowed, sizeof allowed / sizeof(int));

    if (rc == 0)
        rc = add_all(filter, SCMP_ACT_KILL_PROCESS, killed,
                     sizeof killed / sizeof(int));
    if (rc == 0)
        rc = allow_checked(filter);
    if (rc == 0 && (profile->needs & SL_SANDBOX_THREADS))
        rc = allow_threads(filter);
    else if (rc == 0)
        rc =
            seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(clone), 0);
    return rc;
}

static int set_up(scmp_filter_ctx filter)
{
    /* Calls of another architecture (32-bit ones on a 64-bit kernel) have
     * other numbers and would slip through. */
    int rc = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH,
                              SCMP_ACT_KILL_PROCESS);

    /* no_new_privs is a layer of its own. */
    if (rc == 0)
        rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
    return rc;
}

int sl__sandbox_seccomp(const sl_sandbox_profile *profile)
{
    scmp_filter_ctx filter;
    int rc;

    if (SL__SANITIZED)
        return -ENOTSUP;
    filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    if (filter == NULL)
        return -ENOMEM;
    rc = set_up(filter);
    if (rc == 0)
        rc = add_rules(filter, profile);
    if (rc == 0)
        rc = seccomp_load(filter);
    seccomp_release(filter);
    return rc;
}
