/* Children that enter a sandbox and tell by their end what they found. */
#include "enclosed.h"

#include "support/test.h"

#include <sys/wait.h>
#include <unistd.h>

static const int std_fds[] = { 0, 1, 2 };

sl_sandbox_profile only(unsigned layers)
{
    return (sl_sandbox_profile){
        .keep = std_fds,
        .keep_count = 3,
        .leave_out = SL_SANDBOX_ALL & ~layers,
        .require = layers,
    };
}

int status_of(const sl_sandbox_profile *profile, int (*act)(void))
{
    int status;
    pid_t pid = fork();

    CHECK(pid >= 0);
    if (pid == 0) {
        if (sl_sandbox_enter(profile, NULL) < 0)
            _exit(NO_SANDBOX);
        _exit(act());
    }
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    return status;
}

int exit_of(const sl_sandbox_profile *profile, int (*act)(void))
{
    int status = status_of(profile, act);

    CHECK(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int nothing(void)
{
    return ALLOWED;
}

void need(unsigned layers)
{
    sl_sandbox_profile profile = only(layers);
    int status = status_of(&profile, nothing);

    if (!WIFEXITED(status) || WEXITSTATUS(status) != ALLOWED)
        test_skip("a layer is missing here");
}

int answer(long rc)
{
    return rc < 0 ? REFUSED : ALLOWED;
}
