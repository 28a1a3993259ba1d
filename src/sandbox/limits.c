/* The layers that need no filter: descriptors, resource limits, capabilities,
 * and the promise that no program started later can gain privileges.
 */
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/layers.h"
#include "sandbox/sanitized.h"

enum { OPEN_FILES_DEFAULT = 16 };

static int compare_ints(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;

    return (x > y) - (x < y);
}

/* An empty range is fine: two kept descriptors may be neighbours. */
static int close_between(unsigned first, unsigned last)
{
    if (first > last)
        return 0;
    return close_range(first, last, 0) < 0 ? -errno : 0;
}

int sl__sandbox_close_others(const sl_sandbox_profile *profile)
{
    int keep[SL_SANDBOX_KEEP_MAX];
    unsigned next = 0;
    int rc;

    for (size_t i = 0; i < profile->keep_count; i++)
        keep[i] = profile->keep[i];
    qsort(keep, profile->keep_count, sizeof keep[0], compare_ints);
    for (size_t i = 0; i < profile->keep_count; i++) {
        if (keep[i] < 0)
            continue;
        if ((unsigned)keep[i] > next) {
            rc = close_between(next, (unsigned)keep[i] - 1);
            if (rc < 0)
                return rc;
        }
        next = (unsigned)keep[i] + 1;
    }
    return close_between(next, ~0U);
}

/* Never ask for more than the hard limit in force: only root could. */
static int lower(int resource, rlim_t soft, rlim_t hard)
{
    struct rlimit limit;

    if (getrlimit(resource, &limit) < 0)
        return -errno;
    if (hard < limit.rlim_max)
        limit.rlim_max = hard;
    limit.rlim_cur = soft < limit.rlim_max ? soft : limit.rlim_max;
    return setrlimit(resource, &limit) < 0 ? -errno : 0;
}

/* A sanitizer maps terabytes of shadow and writes its report to a file. */
static int limit_memory_and_files(const sl_sandbox_profile *profile)
{
    int rc = 0;

    if (SL__SANITIZED)
        return 0;
    if (profile->memory > 0)
        rc = lower(RLIMIT_AS, profile->memory, profile->memory);
    if (rc < 0)
        return rc;
    /* A write to a file (stderr may be one) then fails instead of killing. */
    if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
        return -errno;
    return lower(RLIMIT_FSIZE, 0, 0);
}

int sl__sandbox_limit(const sl_sandbox_profile *profile)
{
    rlim_t files =
        profile->open_files > 0 ? profile->open_files : OPEN_FILES_DEFAULT;
    int rc = limit_memory_and_files(profile);

    /* SIGXCPU names the reason; a second later SIGKILL cannot be ignored. */
    if (rc == 0 && profile->cpu_s > 0)
        rc = lower(RLIMIT_CPU, profile->cpu_s, (rlim_t)profile->cpu_s + 1);
    if (rc == 0)
        rc = lower(RLIMIT_NOFILE, files, files);
    if (rc == 0)
        rc = lower(RLIMIT_CORE, 0, 0);
    return rc;
}

int sl__sandbox_drop_capabilities(const sl_sandbox_profile *profile)
{
    struct __user_cap_header_struct header = {
        .version = _LINUX_CAPABILITY_VERSION_3,
    };
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];

    (void)profile;
    memset(none, 0, sizeof none);
    return syscall(SYS_capset, &header, none) < 0 ? -errno : 0;
}

int sl__sandbox_no_new_privileges(const sl_sandbox_profile *profile)
{
    (void)profile;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}
