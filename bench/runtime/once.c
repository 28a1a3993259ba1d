/* runtime_once WORKLOAD [N]: measure a workload once and print the findings as
 * one JSON object; or, for `echo`, print a port and serve until killed.
 *
 * Whether memory was touched before decides much of what a task costs, so a
 * measurement never shares its process with another one. Programs that compare
 * runtimes start one like this for each of them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "workload.h"

static const struct {
    const char *name;
    sl_fn *measure;
    size_t n;
} workloads[] = {
    { "switch2", measure_switch2, 20000000 },
    { "switch1000", measure_switch1000, 20000000 },
    { "spawnjoin", measure_spawnjoin, 1000000 },
    { "gather", measure_gather, 100000 },
    { "park", measure_park, 100000 },
    { "park_small", measure_park_small, 100000 },
    { "timers", measure_timers, 100000 },
    { "sem", measure_sem, 100000 },
    { "queue1", measure_queue1, 5000000 },
    { "queue1024", measure_queue1024, 5000000 },
    { "cancel", measure_cancel, 100000 },
    { "echo", serve_echo, 1 },
};

static int64_t read_clock(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void stopwatch_start(stopwatch *watch)
{
    watch->cpu_ns = read_clock(CLOCK_PROCESS_CPUTIME_ID);
    watch->wall_ns = read_clock(CLOCK_MONOTONIC);
}

double stopwatch_wall_ns(const stopwatch *watch)
{
    return (double)(read_clock(CLOCK_MONOTONIC) - watch->wall_ns);
}

double stopwatch_cpu_ns(const stopwatch *watch)
{
    return (double)(read_clock(CLOCK_PROCESS_CPUTIME_ID) - watch->cpu_ns);
}

/* Not getrusage(): what that calls the peak is inherited across an exec, so
 * that a big parent would hide the growth of a small child. */
double peak_memory_bytes(void)
{
    FILE *status = fopen("/proc/self/status", "r");
    char line[256];
    double kilobytes = 0;

    if (status == NULL)
        return 0;
    while (fgets(line, sizeof line, status) != NULL)
        if (sscanf(line, "VmHWM: %lf kB", &kilobytes) == 1)
            break;
    fclose(status);
    return kilobytes * 1024;
}

void workload_found(workload *work, const char *key, double value)
{
    if (work->count < FINDINGS_MAX)
        work->findings[work->count++] = (struct finding){ key, value };
}

static void print_findings(const workload *work)
{
    for (int i = 0; i < work->count; i++)
        printf("%s\"%s\":%.3f", i == 0 ? "{" : ",", work->findings[i].key,
               work->findings[i].value);
    puts("}");
}

static int usage(void)
{
    fputs("usage: runtime_once WORKLOAD [N]; workloads:", stderr);
    for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++)
        fprintf(stderr, " %s", workloads[i].name);
    fputc('\n', stderr);
    return 2;
}

static int run(sl_fn *measure, workload *work)
{
    int rc = sl_run(measure, work);

    if (rc < 0) {
        fprintf(stderr, "runtime_once: %s: %s\n", work->name, sl_strerror(rc));
        return 1;
    }
    if (work->count > 0)
        print_findings(work);
    return 0;
}

int main(int argc, char **argv)
{
    workload work = { .name = argc > 1 ? argv[1] : "" };
    char *end = NULL;

    for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++) {
        if (strcmp(work.name, workloads[i].name) != 0)
            continue;
        work.n = argc > 2 ? strtoul(argv[2], &end, 10) : workloads[i].n;
        if (argc > 3 || work.n == 0 || (end != NULL && *end != '\0'))
            return usage();
        return run(workloads[i].measure, &work);
    }
    return usage();
}
