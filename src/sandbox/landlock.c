/* Landlock with no rule: everything that the kernel's version of it can
 * restrict is forbidden, since nothing is allowed.
 *
 * By system call, because libc has no wrappers and the build machine's headers
 * may be older than the kernel that runs us. The numbers below are the
 * kernel's interface and do not change; each version adds some, and a ruleset
 * that names one which the kernel does not know is refused. So we ask for the
 * version first and hand in no more than it knows.
 */
#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/layers.h"

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_restrict_self 446
#endif

enum { CREATE_RULESET_VERSION = 1 << 0 };

typedef struct ruleset_attr {
    uint64_t handled_access_fs, handled_access_net, scoped;
} ruleset_attr;

/* What a version knows, all versions before it included. */
typedef struct abi_step {
    ruleset_attr adds;
    int abi;
} abi_step;

static const abi_step abi_steps[] = {
    { { .handled_access_fs = (1 << 13) - 1 }, 1 }, /* read, write, run, make */
    { { .handled_access_fs = 1 << 13 }, 2 },       /* move between folders */
    { { .handled_access_fs = 1 << 14 }, 3 },       /* truncate */
    { { .handled_access_net = 1 << 0 | 1 << 1 }, 4 }, /* TCP bind, connect */
    { { .handled_access_fs = 1 << 15 }, 5 },          /* ioctl on devices */
    { { .scoped = 1 << 0 | 1 << 1 }, 6 }, /* abstract sockets, signals */
};

int sl__landlock_abi(void)
{
    long abi =
        syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);

    return abi > 0 ? (int)abi : 0;
}

static ruleset_attr everything(int abi)
{
    ruleset_attr attr = { 0 };

    for (size_t i = 0; i < sizeof abi_steps / sizeof abi_steps[0]; i++) {
        if (abi_steps[i].abi > abi)
            break;
        attr.handled_access_fs |= abi_steps[i].adds.handled_access_fs;
        attr.handled_access_net |= abi_steps[i].adds.handled_access_net;
        attr.scoped |= abi_steps[i].adds.scoped;
    }
    return attr;
}

int sl__sandbox_landlock(const sl_sandbox_profile *profile)
{
    ruleset_attr attr;
    int abi = sl__landlock_abi(), rc = 0, fd;

    (void)profile;
    if (abi == 0)
        return -ENOSYS;
    /* Old kernels accept the longer struct as long as what they do not know
     * is zero. */
    attr = everything(abi);
    fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
    if (fd < 0)
        return -errno;
    if (syscall(SYS_landlock_restrict_self, fd, 0) < 0)
        rc = -errno;
    close(fd);
    return rc;
}
