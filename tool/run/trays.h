/* trays.h: small pictures on their way to a worker and back, by copying. */
#ifndef TOOL_RUN_TRAYS_H
#define TOOL_RUN_TRAYS_H

#include <stdbool.h>
#include <stdint.h>

#include <starling/pool.h>

#include "worker/job.h"

/* Those that nobody uses just now. Zeroed is ready for use. */
typedef struct trays {
    struct tray *spare;
    int too_small; /* how often an answer was larger than a tray */
} trays;

void trays_fini(trays *trays);

/* Whether a picture of so many bytes is to be carried on one. */
bool trays_suit(const trays *trays, uint64_t size);

/* Have the job done that `in` asks for, on the bytes at `body`. What is made
 * comes as ordinary memory in *made, which is the caller's to close. Returns
 * what workers_run() returns; -ENOSPC when the answer does not fit: ask again,
 * with result memory. */
SL_WAITS int trays_ask(trays *trays, sl_pool *pool, const job_request *in,
                       const void *body, sl_time limit, job_answer *answer,
                       sl_shm *made);

#endif
