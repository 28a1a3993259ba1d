/* worker_job.h: in a worker, how one job is found and run. */
#ifndef SL_EXEC_WORKER_JOB_H
#define SL_EXEC_WORKER_JOB_H

#include <pthread.h>

#include "exec/region.h"
#include "exec/worker_memory.h"

/* Modules that have been looked for; rc 0 and a base, or why there is none. */
typedef struct functions {
    pthread_mutex_t lock;
    struct {
        atomic_bool was_looked_for;
        int rc;
        uintptr_t base;
    } modules[REGION_MODULES];
} functions;

/* Buffers that stay mapped, by number. */
typedef struct buffer_list {
    pthread_mutex_t lock;
    struct {
        uint32_t number;
        sl_shm memory;
    } * entries;
    size_t count, capacity;
} buffer_list;

void sl__buffer_forget(buffer_list *buffers, uint32_t number);

/* Run the job in a slot; `sent` is the memory that came for it, and loses what
 * is kept as a buffer. Returns its answer. */
int sl__worker_run(region *region, uint32_t number, const sl_job_entry *jobs,
                   functions *functions, buffer_list *buffers,
                   worker_memory *sent);

/* Run the pool's init function. */
int sl__worker_init(region *region, functions *functions, void *arg);

#endif
