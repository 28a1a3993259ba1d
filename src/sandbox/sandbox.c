/* The order of the layers, and what is done about those that are missing.
 *
 * The order is forced. Descriptors are closed first, while every call is still
 * allowed, and limits set before the privileges to set them are given up.
 * Landlock and seccomp both insist on no_new_privs. Seccomp is last because
 * all of the layers above need calls that it forbids.
 *
 * A missing layer is a fact about the machine (an old kernel, a container that
 * filters calls), so by default the rest goes on and the caller is told: five
 * layers are better than refusing to work.
 */
#include <starling/sandbox.h>

#include <errno.h>
#include <stdio.h>

#include "base/given.h"
#include "sandbox/layers.h"

typedef struct layer {
    unsigned bit;
    const char *name;
    int (*put_on)(const sl_sandbox_profile *profile);
} layer;

static const layer layers[] = {
    { SL_SANDBOX_CLOSE_RANGE, "close_range", sl__sandbox_close_others },
    { SL_SANDBOX_RLIMITS, "rlimits", sl__sandbox_limit },
    { SL_SANDBOX_CAPABILITIES, "capabilities", sl__sandbox_drop_capabilities },
    { SL_SANDBOX_NO_NEW_PRIVS, "no_new_privs", sl__sandbox_no_new_privileges },
    { SL_SANDBOX_LANDLOCK, "landlock", sl__sandbox_landlock },
    { SL_SANDBOX_SECCOMP, "seccomp", sl__sandbox_seccomp },
};

enum { LAYERS = sizeof layers / sizeof layers[0] };

static int check(const sl_sandbox_profile *profile)
{
    if (profile->keep_count > SL_SANDBOX_KEEP_MAX)
        return -EINVAL;
    if (profile->leave_out & profile->require)
        return -EINVAL;
    if ((profile->leave_out | profile->require) & ~(unsigned)SL_SANDBOX_ALL)
        return -EINVAL;
    return profile->needs & ~(unsigned)SL_SANDBOX_THREADS ? -EINVAL : 0;
}

int sl_sandbox_enter(const sl_sandbox_profile *profile,
                     sl_sandbox_result *result)
{
    sl_given(profile);

    sl_sandbox_result unused;
    int rc = check(profile);

    if (rc < 0)
        return rc;
    if (result == NULL)
        result = &unused;
    *result = (sl_sandbox_result){ .landlock_abi = sl__landlock_abi() };

    for (int i = 0; i < LAYERS; i++) {
        if (profile->leave_out & layers[i].bit)
            continue;
        rc = layers[i].put_on(profile);
        if (rc == 0)
            result->in_force |= layers[i].bit;
        else
            result->missing |= layers[i].bit;
        if (rc < 0 && (profile->require & layers[i].bit))
            return rc;
    }
    return 0;
}

void sl_sandbox_names(unsigned which, char *text, size_t size)
{
    sl_given_bytes(text, size);

    size_t used = 0;

    if (size > 0)
        text[0] = '\0';
    for (int i = 0; i < LAYERS && used < size; i++)
        if (which & layers[i].bit)
            used += (size_t)snprintf(text + used, size - used, "%s%s",
                                     used > 0 ? ", " : "", layers[i].name);
}
