/* workload.h: what each benchmark of the pools does and says. */
#ifndef BENCH_EXEC_WORKLOAD_H
#define BENCH_EXEC_WORKLOAD_H

#include <stdbool.h>

/* A figure, and what the whole process spent on it: polling is somebody's
 * processor time, and belongs beside the time that it saves. */
typedef struct measure {
    double wall_ns, cpu_ns; /* per job */
} measure;

typedef struct offload {
    const char *name;
    bool in_processes, is_own; /* is_own: in buffers that are handed over */
    int size;                  /* bytes each way */
    int in_flight, jobs;
} offload;

/* Run it once. Returns 0 or a negative error. */
int offload_measure(const offload *what, measure *out);

/* The least that the same can cost here: both sides sleep when they wait, or
 * both look without pause, which needs two cores. */
int floor_measure(const offload *what, bool sleeps, double *ns);

/* From the death of a pool's only worker to the next answer; the median. */
int respawn_measure(double *median_ns);

/* What sandboxed worker processes cost beside threads without a sandbox on
 * the same pictures, in percent of the throughput. `worker_program` is the
 * tool's. */
int isolation_measure(const char *worker_program, double *percent);

#endif
