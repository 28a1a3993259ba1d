/* A kernel that lacks what ours has.
 *
 * A filter makes it refuse: what a program does on an older kernel, or beyond
 * the memory maps that it may have, can be seen on any.
 */
#include "support/old_kernel.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "support/test.h"

enum { ADVICE_GUARD_INSTALL = 102, ANY = -1 };

/* The leak checker makes guards of its own and ends the program without. */
#ifdef __SANITIZE_ADDRESS__
static const bool needs_guards = true;
#else
static const bool needs_guards = false;
#endif

/* Arguments are 64 bits wide; the low half comes first on our processors. */
static uint32_t place_of(int argument)
{
    return (uint32_t)(offsetof(struct seccomp_data, args) +
                      (size_t)argument * sizeof(uint64_t));
}

/* Refuse a system call, if its `argument` (ANY: whatever it is) has `value`. */
static void refuse(int call, int argument, uint32_t value, int error)
{
    uint8_t to_end = argument == ANY ? 1 : 3;
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, to_end),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                 argument == ANY ? 0 : place_of(argument)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = { sizeof code / sizeof *code, code };

    if (argument == ANY) { /* two instructions less */
        code[2] = code[4];
        code[3] = code[5];
        filter.len -= 2;
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0)
        test_skip("this system lets nobody filter system calls");
}

void test_kernel_without(const char *what)
{
    if (strcmp(what, "guard regions") == 0) {
        refuse(SYS_madvise, 2, ADVICE_GUARD_INSTALL, EINVAL);
        refuse(SYS_process_madvise, 3, ADVICE_GUARD_INSTALL, EINVAL);
    } else if (strcmp(what, "guards") == 0) {
        if (needs_guards)
            test_skip("the leak checker needs guards");
        test_kernel_without("guard regions");
        refuse(SYS_mprotect, 2, PROT_NONE, ENOMEM);
    } else if (strcmp(what, "pidfds") == 0) {
        refuse(SYS_pidfd_open, ANY, 0, ENOSYS);
    } else {
        test_fail(__FILE__, __LINE__, "no idea how to do without '%s'", what);
    }
}

void test_kernel_from_environment(void)
{
    const char *what = getenv("TEST_WITHOUT");

    if (what != NULL)
        test_kernel_without(what);
}
