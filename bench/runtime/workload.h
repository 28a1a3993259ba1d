/* workload.h: one workload, measured once, in a process of its own. */
#ifndef BENCH_RUNTIME_WORKLOAD_H
#define BENCH_RUNTIME_WORKLOAD_H

#include <stddef.h>
#include <stdint.h>

#include <starling.h>

enum { FINDINGS_MAX = 8 };

/* A workload is the main task of the process: it gets one of these, does its
 * thing `n` times, and leaves what it found. The first finding is the one that
 * tables are sorted by. */
typedef struct workload {
    const char *name;
    size_t n;
    int count;
    struct finding {
        const char *key;
        double value;
    } findings[FINDINGS_MAX];
} workload;

void workload_found(workload *work, const char *key, double value);

/* Wall and processor time since stopwatch_start(). */
typedef struct stopwatch {
    int64_t wall_ns, cpu_ns;
} stopwatch;

void stopwatch_start(stopwatch *watch);
double stopwatch_wall_ns(const stopwatch *watch);
double stopwatch_cpu_ns(const stopwatch *watch);

/* The most memory that this process has had resident, in bytes. */
double peak_memory_bytes(void);

/* The same numbers in every run, and for every runtime that is compared: x is
 * the state, any number to begin with. */
static inline uint32_t next_random(uint32_t *x)
{
    *x = *x * 1664525u + 1013904223u;
    return *x;
}

/* How a spawner asks for a task that runs at once, up to its first wait. */
extern const sl_spawn_options at_once;

/* One file an idea: switches.c, spawns.c, parked.c, timers.c, semaphores.c,
 * queues.c, cancels.c, echo.c */
sl_fn measure_switch2, measure_switch1000;
sl_fn measure_spawnjoin, measure_gather;
sl_fn measure_park, measure_park_small;
sl_fn measure_timers;
sl_fn measure_sem;
sl_fn measure_queue1, measure_queue1024;
sl_fn measure_cancel;
sl_fn serve_echo;

#endif
