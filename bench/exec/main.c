/* exec [NAME...]: what handing work over costs, a line
 * `NAME<TAB>VALUE<TAB>UNIT` each; medians of five rounds.
 *
 *     tpool_seq, tpool_pipe            an empty job to a thread and back: one
 *                                      at a time; 1000 in flight
 *     ppool_seq_64, ppool_pipe_64      64 bytes to a process and back
 *     ppool_seq_1m, ppool_pipe_1m      1 MiB each way; 32 in flight
 *     ppool_pipe_1m_own                the same in buffers that are handed over
 *     NAME.cpu                         processor time a job, of all processes:
 *                                      polling is in it, and so is start-up
 *     NAME.python                      asyncio with concurrent.futures
 *     NAME.floor, NAME.floor_asleep    without pool and loop, where both sides
 *                                      look without pause, or sleep
 *     ppool_respawn                    from the death of the only worker to the
 *                                      next answer
 *     isolation_cost                   percent of the throughput that sandboxed
 *                                      processes cost beside bare threads
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <starling.h>

#include "programs.h"
#include "workload.h"

enum { ROUNDS = 5 };

static const offload offloads[] = {
    { .name = "tpool_seq", .in_flight = 1, .jobs = 50000 },
    { .name = "tpool_pipe", .in_flight = 1000, .jobs = 1000000 },
    { .name = "ppool_seq_64",
      .in_processes = true,
      .size = 64,
      .in_flight = 1,
      .jobs = 20000 },
    { .name = "ppool_pipe_64",
      .in_processes = true,
      .size = 64,
      .in_flight = 1000,
      .jobs = 300000 },
    { .name = "ppool_seq_1m",
      .in_processes = true,
      .size = 1 << 20,
      .in_flight = 1,
      .jobs = 500 },
    { .name = "ppool_pipe_1m",
      .in_processes = true,
      .size = 1 << 20,
      .in_flight = 32,
      .jobs = 640 },
    { .name = "ppool_pipe_1m_own",
      .in_processes = true,
      .is_own = true,
      .size = 1 << 20,
      .in_flight = 32,
      .jobs = 50000 },
};

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double values[ROUNDS])
{
    qsort(values, ROUNDS, sizeof *values, compare);
    return values[ROUNDS / 2];
}

/* Looking without pause needs a core for each side. */
static int show_floors(const offload *what)
{
    double ns;
    int rc = 0;

    if (what->is_own)
        return 0;
    if (sl_cores() > 1) {
        rc = floor_measure(what, false, &ns);
        if (rc == 0)
            printf("%s.floor\t%.1f\tns\n", what->name, ns);
    }
    if (rc == 0)
        rc = floor_measure(what, true, &ns);
    if (rc == 0)
        printf("%s.floor_asleep\t%.1f\tns\n", what->name, ns);
    return rc;
}

/* The peer prints one number; without Python the row is left out. */
static void show_python(const offload *what)
{
    char command[128];
    double ns;
    FILE *peer;

    if (what->is_own)
        return;
    setenv("PEER", PYTHON_PEER, 1);
    snprintf(command, sizeof command, "python3 \"$PEER\" %s 2>/dev/null",
             what->name);
    peer = popen(command, "re");
    if (peer == NULL)
        return;
    if (fscanf(peer, "%lf", &ns) == 1)
        printf("%s.python\t%.0f\tns\n", what->name, ns);
    pclose(peer);
}

static int show_offload(const offload *what)
{
    double wall[ROUNDS], cpu[ROUNDS];

    for (int i = 0; i < ROUNDS; i++) {
        measure round;
        int rc = offload_measure(what, &round);

        if (rc < 0)
            return sl_fail(rc, "%s: %s %s", what->name, sl_strerror(rc),
                           sl_errmsg());
        wall[i] = round.wall_ns;
        cpu[i] = round.cpu_ns;
    }
    printf("%s\t%.1f\tns\n", what->name, median(wall));
    printf("%s.cpu\t%.1f\tns\n", what->name, median(cpu));
    fflush(stdout);
    show_python(what);
    return show_floors(what);
}

typedef struct wish {
    int count;
    char **names;
} wish;

static bool is_wanted(const wish *wish, const char *name)
{
    for (int i = 0; i < wish->count; i++)
        if (strcmp(wish->names[i], name) == 0)
            return true;
    return wish->count == 0;
}

static int show_all(void *arg)
{
    const wish *wish = arg;
    double value;
    int rc = 0;

    for (size_t i = 0; i < sizeof offloads / sizeof offloads[0]; i++)
        if (rc == 0 && is_wanted(wish, offloads[i].name))
            rc = show_offload(&offloads[i]);
    if (rc == 0 && is_wanted(wish, "ppool_respawn")) {
        rc = respawn_measure(&value);
        if (rc == 0)
            printf("ppool_respawn\t%.0f\tns\n", value);
    }
    if (rc < 0 || !is_wanted(wish, "isolation_cost"))
        return rc;
    rc = isolation_measure(WORKER_PROGRAM, &value);
    if (rc == 0)
        printf("isolation_cost\t%.1f\t%%\n", value);
    return rc;
}

int main(int argc, char **argv)
{
    wish wish = { argc - 1, argv + 1 };

    return sl_main(argc, argv, show_all, &wish);
}
