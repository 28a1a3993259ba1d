/* What could be put on, asked in ways that change nothing: each call is made
 * with arguments for which only a kernel that lacks it has no answer.
 */
#include <starling/sandbox.h>

#include <errno.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/layers.h"
#include "sandbox/sanitized.h"

/* No descriptor has a number that high. */
static bool has_close_range(void)
{
    return syscall(SYS_close_range, ~0U, ~0U, 0) == 0;
}

static bool has_no_new_privs(void)
{
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) >= 0;
}

static bool has_seccomp(void)
{
    uint32_t action = SECCOMP_RET_KILL_PROCESS;

    return !SL__SANITIZED &&
           syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

unsigned sl_sandbox_offered(int *landlock_abi)
{
    unsigned layers = SL_SANDBOX_RLIMITS | SL_SANDBOX_CAPABILITIES;
    int abi = sl__landlock_abi();

    if (has_close_range())
        layers |= SL_SANDBOX_CLOSE_RANGE;
    if (has_no_new_privs())
        layers |= SL_SANDBOX_NO_NEW_PRIVS;
    if (abi > 0)
        layers |= SL_SANDBOX_LANDLOCK;
    if (has_seccomp())
        layers |= SL_SANDBOX_SECCOMP;
    if (landlock_abi != NULL)
        *landlock_abi = abi;
    return layers;
}
