/* The worker programs are part of an installation, not a choice of the user. */
#include "run/worker_path.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <starling/error.h>

int worker_path(const char *name, char *out, size_t size)
{
    /* From the folder of this program: installed, built, side by side. */
    static const char *const places[] = { "../libexec/starling/", "../worker/",
                                          "" };
    char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

    if (n < 0)
        return sl_fail(-errno,
                       "cannot read /proc/self/exe: %s; is /proc mounted?",
                       sl_strerror(-errno));
    self[n] = '\0';
    *(strrchr(self, '/') + 1) = '\0';
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(out, size, "%s%s%s", self, places[i], name);
        if (access(out, X_OK) == 0)
            return 0;
    }
    return sl_fail(-ENOENT, "there is no %s at %s%s", name, self, places[0]);
}
