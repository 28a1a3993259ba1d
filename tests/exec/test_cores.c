/* Limits are read from a made-up machine, folder by folder, except for the one
 * that a process can give itself. */
#include "support/test.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <starling/cores.h>

#include "exec/granted.h"

static void put(const char *path, const char *text)
{
    char whole[500], *slash;
    FILE *file;

    snprintf(whole, sizeof whole, "%s%s", test_folder(), path);
    for (slash = whole + strlen(test_folder()) + 1;
         (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        mkdir(whole, 0700);
        *slash = '/';
    }
    file = fopen(whole, "we");
    CHECK(file != NULL);
    fputs(text, file);
    fclose(file);
}

static sl__granted look(void)
{
    sl__granted granted = { .cores = 64, .memory = 1ULL << 40 };

    sl__granted_by_groups(test_folder(), &granted);
    return granted;
}

TEST(the_smallest_limit_on_the_way_up_counts)
{
    put("/proc/self/cgroup", "0::/outer/inner\n");
    put("/sys/fs/cgroup/outer/inner/cpu.max", "max 100000\n");
    put("/sys/fs/cgroup/outer/cpu.max", "150000 100000\n");
    put("/sys/fs/cgroup/outer/inner/memory.max", "1000000\n");
    put("/sys/fs/cgroup/outer/memory.max", "2000000\n");
    CHECK_NEAR(look().cores, 1.5, 1e-9);
    CHECK_EQ(look().memory, 1000000);
}

TEST(a_container_s_group_is_the_root_of_what_is_mounted)
{
    put("/proc/self/cgroup", "0::/not/mounted/here\n");
    put("/sys/fs/cgroup/cpu.max", "400000 100000\n");
    CHECK_NEAR(look().cores, 4, 1e-9);
}

TEST(version_one_is_understood)
{
    put("/proc/self/cgroup", "5:memory:/a\n3:cpu,cpuacct:/b\n1:cpuset:/c\n");
    put("/sys/fs/cgroup/cpu/b/cpu.cfs_quota_us", "200000\n");
    put("/sys/fs/cgroup/cpu/b/cpu.cfs_period_us", "100000\n");
    put("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
    put("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "5000000\n");
    CHECK_NEAR(look().cores, 2, 1e-9);
    CHECK_EQ(look().memory, 5000000);
}

TEST(without_groups_nothing_is_limited)
{
    CHECK_NEAR(look().cores, 64, 1e-9);
    CHECK_EQ(look().memory, 1LL << 40);
}

TEST(affinity_limits_cores)
{
    cpu_set_t one;

    CHECK_EQ(sched_getaffinity(0, sizeof one, &one), 0);
    for (int cpu = 0, kept = 0; cpu < CPU_SETSIZE; cpu++) {
        if (kept)
            CPU_CLR(cpu, &one);
        kept |= CPU_ISSET(cpu, &one);
    }
    CHECK(sl_cores() >= 1);
    CHECK_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    CHECK_EQ(sl_cores(), 1);
    CHECK(sl_memory_granted() > 1 << 20);
}

TEST(the_machine_has_at_least_a_core_and_some_memory)
{
    sl_machine machine;

    sl_machine_describe(&machine);
    CHECK(machine.cores >= 1);
    CHECK(machine.memory > 1 << 20);
    CHECK_EQ(machine.has_pidfds, 1);        /* pools need them, */
    CHECK_EQ(machine.has_sealed_memory, 1); /* and this */
}
