/* Processor time is read from the clocks that the kernel keeps of each process,
 * which are exact to the nanosecond. Memory has no such counter for a tree of
 * processes, so a thread looks every few milliseconds and keeps the most; its
 * own time is taken off. Private pages are summed: what processes share, the
 * code of libraries for the most part, is there once and the same in all modes.
 */
#include "compare/gauge.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SAMPLE_NS 10000000

static double seconds_of(clockid_t clock)
{
    struct timespec t;

    return clock_gettime(clock, &t) < 0
               ? 0
               : (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A process that has ended has taken its time with it; those of a comparison
 * live as long as their pool. */
static double cpu_of(pid_t pid)
{
    clockid_t clock;

    return clock_getcpuclockid(pid, &clock) == 0 ? seconds_of(clock) : 0;
}

static double cpu_of_all(const gauge *gauge)
{
    double sum = seconds_of(CLOCK_PROCESS_CPUTIME_ID);

    for (int i = 0; i < gauge->count; i++)
        sum += cpu_of(gauge->below[i]);
    return sum;
}

static double not_counted(const gauge *gauge)
{
    double left_out = gauge->left_out ? seconds_of(*gauge->left_out) : 0;

    return left_out + gauge->sampling_s;
}

/* The time in which the machine's processors did not idle. What a virtual
 * machine's host took away is among it. */
static double cpu_of_machine(void)
{
    unsigned long long user, nice, system, idle, iowait, irq, softirq, steal;
    FILE *file = fopen("/proc/stat", "re");
    int n = 0;

    if (file != NULL) {
        n = fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user,
                   &nice, &system, &idle, &iowait, &irq, &softirq, &steal);
        fclose(file);
    }
    return n < 8 ? 0
                 : (double)(user + nice + system + irq + softirq + steal) /
                       (double)sysconf(_SC_CLK_TCK);
}

static void add_children(gauge *gauge, pid_t pid)
{
    char path[64];
    FILE *file;
    int child;

    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid,
             (int)pid);
    file = fopen(path, "re");
    if (file == NULL)
        return;
    while (gauge->count < GAUGE_PROCESSES_MAX &&
           fscanf(file, "%d", &child) == 1)
        gauge->below[gauge->count++] = child;
    fclose(file);
}

static uint64_t private_bytes(pid_t pid)
{
    char path[64], line[128];
    unsigned long kib = 0;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    file = fopen(path, "re");
    if (file == NULL)
        return 0;
    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "RssAnon: %lu kB", &kib) == 1)
            break;
    fclose(file);
    return (uint64_t)kib << 10;
}

static void sample(gauge *gauge)
{
    uint64_t own = private_bytes(getpid()), sum = *gauge->held;

    if (own > gauge->own_before)
        sum += own - gauge->own_before;
    for (int i = 0; i < gauge->count; i++)
        sum += private_bytes(gauge->below[i]);
    if (sum > gauge->most)
        gauge->most = sum;
}

static void *keep_sampling(void *arg)
{
    gauge *gauge = arg;
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    do {
        sample(gauge);
        until.tv_nsec += SAMPLE_NS;
        if (until.tv_nsec >= 1000000000) {
            until.tv_nsec -= 1000000000;
            until.tv_sec++;
        }
    } while (sem_clockwait(&gauge->stop, CLOCK_MONOTONIC, &until) < 0);
    gauge->sampling_s = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    return NULL;
}

int gauge_start(gauge *gauge, const clockid_t *left_out,
                const _Atomic uint64_t *held)
{
    int rc;

    gauge->count = 0;
    gauge->left_out = left_out;
    gauge->held = held;
    gauge->most = 0;
    gauge->sampling_s = 0;
    add_children(gauge, getpid());
    for (int i = 0; i < gauge->count; i++)
        add_children(gauge, gauge->below[i]);
    malloc_trim(0); /* what an earlier round left would hide what this takes */
    gauge->own_before = private_bytes(getpid());
    sem_init(&gauge->stop, 0, 0);
    gauge->machine_s = cpu_of_machine();
    gauge->all_s = cpu_of_all(gauge);
    gauge->cpu_s = gauge->all_s - not_counted(gauge);
    rc = -pthread_create(&gauge->thread, NULL, keep_sampling, gauge);
    if (rc < 0)
        sem_destroy(&gauge->stop);
    return rc;
}

void gauge_stop(gauge *gauge, gauge_reading *out)
{
    double all_s;

    sem_post(&gauge->stop);
    pthread_join(gauge->thread, NULL);
    sem_destroy(&gauge->stop);
    all_s = cpu_of_all(gauge);
    out->cpu_s = all_s - not_counted(gauge) - gauge->cpu_s;
    out->others_s =
        cpu_of_machine() - gauge->machine_s - (all_s - gauge->all_s);
    out->memory = gauge->most;
}
