/* gauge.h: what a stretch of work costs: processor time and memory of this
 * process and of all below it. */
#ifndef TOOL_COMPARE_GAUGE_H
#define TOOL_COMPARE_GAUGE_H

#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <sys/types.h>

enum { GAUGE_PROCESSES_MAX = 1100 };

typedef struct gauge {
    pid_t below[GAUGE_PROCESSES_MAX]; /* children and theirs, at the start */
    int count;
    const clockid_t *left_out;      /* clock of a thread that does not count */
    double cpu_s, all_s, machine_s; /* at the start: of what counts, with what
                                       does not, of the whole machine */
    /* what the sampling thread knows */
    uint64_t own_before, most;
    const _Atomic uint64_t *held;
    double sampling_s;
    pthread_t thread;
    sem_t stop;
} gauge;

/* Begin. Processes that are to count exist already; `left_out` is the processor
 * clock of a thread of this process that does other things, or NULL. `held` are
 * bytes in shared memory that no process has mapped yet, counted by the caller;
 * lent until the end. Returns 0 or -EAGAIN for want of a thread. */
int gauge_start(gauge *gauge, const clockid_t *left_out,
                const _Atomic uint64_t *held);

typedef struct gauge_reading {
    double cpu_s;
    /* Processor time that other programs took, or the machine's host. */
    double others_s;
    /* The most at a time: what this process has in addition to what it had at
     * the start, and all that the others have; private pages and *held. 0 where
     * the system does not tell. */
    uint64_t memory;
} gauge_reading;

void gauge_stop(gauge *gauge, gauge_reading *out);

#endif
