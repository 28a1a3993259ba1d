/* The least that handing work over can cost on this machine: two counters and
 * the bytes, no queue, no loop, no futures, one job like the other, in order.
 *
 * The client copies a job in and the answer out; the worker, a thread or a
 * forked process, copies the one to the other, as the pools' job does. Whoever
 * waits either looks without pause, which takes both cores, or sleeps at once.
 */
#include "workload.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Of the jobs that a pool is measured with: sides that look without pause are
 * slow where others want the cores. */
enum { SHARE = 10 };

/* Written by one side, waited for by the other. */
typedef struct counter {
    _Alignas(64) _Atomic uint32_t count;
    _Alignas(64) _Atomic uint32_t asleep;
} counter;

typedef struct shared {
    counter asks, answers;
    uint32_t slots, jobs;
    size_t size; /* of a job, and of its answer */
    bool sleeps;
    _Alignas(64) char bytes[]; /* of each slot: the job, then the answer */
} shared;

static char *slot(shared *it, uint32_t job)
{
    return it->bytes + (size_t)(job % it->slots) * 2 * it->size;
}

/* Returns how far the counter is. */
static uint32_t wait_beyond(const shared *it, counter *counter, uint32_t seen)
{
    uint32_t count;

    while ((count = atomic_load(&counter->count)) == seen) {
        if (!it->sleeps)
            continue;
        atomic_store(&counter->asleep, 1);
        if (atomic_load(&counter->count) == seen)
            syscall(SYS_futex, &counter->count, FUTEX_WAIT, seen, NULL, NULL,
                    0);
        atomic_store(&counter->asleep, 0);
    }
    return count;
}

static void show(counter *counter, uint32_t count)
{
    atomic_store(&counter->count, count);
    if (atomic_load(&counter->asleep))
        syscall(SYS_futex, &counter->count, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void *work(void *arg)
{
    shared *it = arg;
    uint32_t shown = 0;

    for (uint32_t job = 0; job < it->jobs; job++) {
        char *bytes = slot(it, job);

        if (job == shown)
            shown = wait_beyond(it, &it->asks, job);
        memcpy(bytes + it->size, bytes, it->size);
        show(&it->answers, job + 1);
    }
    return NULL;
}

/* The inputs of jobs are one, the outputs as many as are in flight. */
static void ask_all(shared *it, const char *in, char *out)
{
    uint32_t asked = 0, done = 0, answered = 0;

    while (done < it->jobs) {
        while (asked < it->jobs && asked - done < it->slots)
            memcpy(slot(it, asked++), in, it->size);
        show(&it->asks, asked);
        answered = wait_beyond(it, &it->answers, answered);
        for (; done != answered; done++)
            memcpy(out + (size_t)(done % it->slots) * it->size,
                   slot(it, done) + it->size, it->size);
    }
}

static double wall_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* With the worker in place. */
static double measure_all(shared *it, const char *in, char *out)
{
    double start = wall_s();

    ask_all(it, in, out);
    return (wall_s() - start) * 1e9 / it->jobs;
}

static int measure_thread(shared *it, const char *in, char *out, double *ns)
{
    pthread_t thread;
    int rc = pthread_create(&thread, NULL, work, it);

    if (rc != 0)
        return -rc;
    *ns = measure_all(it, in, out);
    pthread_join(thread, NULL);
    return 0;
}

static int measure_process(shared *it, const char *in, char *out, double *ns)
{
    pid_t pid = fork();

    if (pid < 0)
        return -errno;
    if (pid == 0) {
        work(it);
        _exit(0);
    }
    *ns = measure_all(it, in, out);
    return waitpid(pid, NULL, 0) == pid ? 0 : -errno;
}

int floor_measure(const offload *what, bool sleeps, double *ns)
{
    size_t size = (size_t)what->size, slots = (size_t)what->in_flight,
           bytes = sizeof(shared) + slots * 2 * size;
    shared *it = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    char *in = calloc(1, size + 1), *out = calloc(slots, size + 1);
    int rc = -ENOMEM;

    if (it != MAP_FAILED && in != NULL && out != NULL) {
        memset(out, 1, slots * (size + 1));
        it->size = size;
        it->slots = (uint32_t)slots;
        it->jobs = (uint32_t)what->jobs / SHARE;
        it->sleeps = sleeps;
        rc = (what->in_processes ? measure_process : measure_thread)(it, in,
                                                                     out, ns);
    }
    if (it != MAP_FAILED)
        munmap(it, bytes);
    free(in);
    free(out);
    return rc;
}
