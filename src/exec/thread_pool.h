/* thread_pool.h: a thread pool from the inside: threads.c runs the threads,
 * thread_pool.c is the loop's side. */
#ifndef SL_EXEC_THREAD_POOL_H
#define SL_EXEC_THREAD_POOL_H

#include <pthread.h>

#include "exec/lookout.h"
#include "exec/patience.h"
#include "exec/pool.h"

/* Jobs that threads can see; the others wait in a list of the loop's. Also the
 * room for those that are done, so that a thread never waits for the loop. */
enum { CELLS = 2048 };

typedef struct thread_pool thread_pool;

/* What one thread writes and what the loop writes are lines apart. */
typedef struct thread {
    thread_pool *pool;
    pthread_t id;
    patience patience;
    unsigned long seen_tail; /* jobs up to here are shown, and maybe more */
    _Atomic(job *) running;  /* for reports */
    _Alignas(64) atomic_uint done_tail;
    job *done[CELLS];
    _Alignas(64) unsigned done_head; /* the loop's, like what follows */
    unsigned marked_tail; /* where done_tail was at the mark; see blocked.h */
} thread;

struct thread_pool {
    sl_pool base;
    thread_pool *next_watched;
    int size, started;
    lookout *lookout;
    bool is_collecting;   /* jobs that are queued now are shown after it */
    unsigned long filled; /* cells up to here hold jobs that are to be shown */
    sl__list queue;       /* jobs that have no cell yet */
    unsigned issued;      /* records that threads have or will have */
    unsigned strays;      /* of these, running with nobody left to tell */
    sl__waiter *straying; /* whoever waits for the last of them */
    thread **threads;
    int spinners_max;

    /* One producer, many consumers: who moves the head has the job. */
    _Alignas(64) atomic_ulong tail;
    _Atomic(job *) cells[CELLS];
    _Alignas(64) atomic_ulong head;
    _Alignas(64) atomic_int spinning; /* threads that look for a job */
    atomic_int sleeping;              /* threads that nobody has woken */
    _Atomic uint32_t wakes;           /* changes with each wake */
    atomic_bool loop_asleep, ending;
    atomic_int job_ns; /* what a job takes, roughly */
};

/* threads.c */
/* Start one more. Returns 0 or a negative errno. */
int sl__thread_start(thread_pool *pool);
/* Make sure that somebody is awake for the jobs that wait. `at_once`: as many
 * as there are jobs, else only where that saves time. */
void sl__threads_wake(thread_pool *pool, bool at_once);

#endif
