/* What the figures were measured on. */
#include "compare/contest.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include <starling/cores.h>

/* The processor as the kernel calls it; not all kernels name it. */
static void find_model(char *out, size_t size)
{
    FILE *file = fopen("/proc/cpuinfo", "re");
    char line[256];

    out[0] = '\0';
    if (file == NULL)
        return;
    while (fgets(line, sizeof line, file) != NULL) {
        char *value = strchr(line, ':');

        if (strncmp(line, "model name", 10) != 0 || value == NULL)
            continue;
        value[strcspn(value, "\n")] = '\0';
        snprintf(out, size, "%s, ", value + strspn(value, ": "));
        break;
    }
    fclose(file);
}

void contest_describe_machine(contest *contest)
{
    struct utsname system;
    char model[100];

    contest->cores = sl_cores();
    find_model(model, sizeof model);
    if (uname(&system) < 0)
        snprintf(system.release, sizeof system.release, "?");
    snprintf(contest->machine, sizeof contest->machine,
             "%d core%s, %sLinux %.30s", contest->cores,
             contest->cores == 1 ? "" : "s", model, system.release);
}
