/* What the kernel grants: affinity and control groups, of both versions.
 *
 * A group's limit binds all groups inside it, so every folder from our own up
 * to the root is looked at and the smallest limit counts. In a container the
 * path that the kernel names may lie outside of what is mounted; its root is
 * then our own group, and is looked at as the last step of the same walk.
 */
#include <starling/cores.h>

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exec/granted.h"

/* Where a kind of hierarchy is mounted by custom. */
typedef struct hierarchy {
    const char *controller; /* as in /proc/self/cgroup; "": version 2 */
    const char *mount;
} hierarchy;

static const hierarchy hierarchies[] = {
    { "", "/sys/fs/cgroup" },
    { "", "/sys/fs/cgroup/unified" },
    { "cpu", "/sys/fs/cgroup/cpu" },
    { "memory", "/sys/fs/cgroup/memory" },
};

/* The numbers of one small file: how many of at most two there are. */
static int read_numbers(const char *folder, const char *name, double out[2])
{
    char path[PATH_MAX];
    FILE *file;
    int n;

    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= PATH_MAX)
        return 0;
    file = fopen(path, "re");
    if (file == NULL)
        return 0;
    n = fscanf(file, "%lf %lf", &out[0], &out[1]); /* "max" is no number */
    fclose(file);
    return n < 0 ? 0 : n;
}

static void apply_folder(const char *folder, sl__granted *granted)
{
    double quota[2], period[2], bytes[2];

    if (read_numbers(folder, "cpu.max", quota) == 2 && quota[1] > 0 &&
        quota[0] / quota[1] < granted->cores)
        granted->cores = quota[0] / quota[1];
    if (read_numbers(folder, "cpu.cfs_quota_us", quota) == 1 &&
        read_numbers(folder, "cpu.cfs_period_us", period) == 1 &&
        quota[0] > 0 && period[0] > 0 && quota[0] / period[0] < granted->cores)
        granted->cores = quota[0] / period[0];
    if ((read_numbers(folder, "memory.max", bytes) == 1 ||
         read_numbers(folder, "memory.limit_in_bytes", bytes) == 1) &&
        bytes[0] < (double)granted->memory)
        granted->memory = (uint64_t)bytes[0];
}

/* The group's folder and every one above it. */
static void apply_group(const char *root, const char *mount, const char *group,
                        sl__granted *granted)
{
    char folder[PATH_MAX];
    size_t top = strlen(root) + strlen(mount);
    char *slash;

    if (snprintf(folder, sizeof folder, "%s%s%s", root, mount, group) >=
        PATH_MAX)
        return;
    apply_folder(folder, granted);
    while ((slash = strrchr(folder + top, '/')) != NULL) {
        *slash = '\0';
        apply_folder(folder, granted);
    }
}

static int names(const char *controllers, const char *wanted)
{
    size_t length = strlen(wanted);

    while (length > 0 && controllers != NULL) {
        if (strncmp(controllers, wanted, length) == 0 &&
            (controllers[length] == ',' || controllers[length] == '\0'))
            return 1;
        controllers = strchr(controllers, ',');
        controllers = controllers != NULL ? controllers + 1 : NULL;
    }
    return length == 0 && controllers[0] == '\0';
}

/* A line is "number:controllers:path". */
static void apply_line(const char *root, char *line, sl__granted *granted)
{
    char *controllers = strchr(line, ':'), *group;

    if (controllers == NULL)
        return;
    group = strchr(++controllers, ':');
    if (group == NULL)
        return;
    *group++ = '\0';
    group[strcspn(group, "\n")] = '\0';
    for (size_t i = 0; i < sizeof hierarchies / sizeof hierarchies[0]; i++)
        if (names(controllers, hierarchies[i].controller))
            apply_group(root, hierarchies[i].mount, group, granted);
}

void sl__granted_by_groups(const char *root, sl__granted *granted)
{
    char path[PATH_MAX], line[PATH_MAX];
    FILE *file;

    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    file = fopen(path, "re");
    if (file == NULL)
        return; /* no control groups, no limits */
    while (fgets(line, sizeof line, file) != NULL)
        apply_line(root, line, granted);
    fclose(file);
}

/* The mask must be as long as the kernel's, which may be any number of cores;
 * 8192 is the most that Linux can be built for. */
static int cores_by_affinity(void)
{
    enum { CORES_MAX = 8192 };
    size_t size = CPU_ALLOC_SIZE(CORES_MAX);
    cpu_set_t *set = CPU_ALLOC(CORES_MAX);
    int cores = 0;

    if (set != NULL && sched_getaffinity(0, size, set) == 0)
        cores = CPU_COUNT_S(size, set);
    CPU_FREE(set);
    return cores > 0 ? cores : (int)sysconf(_SC_NPROCESSORS_ONLN);
}

int sl_cores(void)
{
    sl__granted granted = { .cores = cores_by_affinity(),
                            .memory = UINT64_MAX };
    int whole;

    sl__granted_by_groups("", &granted);
    whole = (int)granted.cores;
    if (granted.cores > whole)
        whole++;
    return whole > 0 ? whole : 1;
}

uint64_t sl_memory_granted(void)
{
    sl__granted granted = {
        .cores = INT_MAX,
        .memory =
            (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE),
    };

    sl__granted_by_groups("", &granted);
    return granted.memory;
}
