/* worker_memory.h: in a worker, memory whose descriptors come through the
 * channel: a big job's input and output, bodies and results, buffers. */
#ifndef SL_EXEC_WORKER_MEMORY_H
#define SL_EXEC_WORKER_MEMORY_H

#include <stdbool.h>

#include "exec/region.h"
#include "exec/wire.h"

/* What came for one slot and is not used yet, or what a job uses. */
typedef struct worker_memory {
    bool is_here;
    int rc;                    /* it came, but could not be mapped */
    sl_shm part[SL__WIRE_FDS]; /* by enum sl__wire_memory */
} worker_memory;

/* Map what came with an errand. Takes the descriptors. */
void sl__memory_take(worker_memory *memory, const sl__wire_errand *errand,
                     int fds[], int count);
void sl__memory_drop(worker_memory *memory);

#endif
