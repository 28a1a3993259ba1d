/* Shared memory of its own for a job and its results is made, sent, mapped,
 * faulted in and unmapped, on both sides: 50 us, which is nothing for a large
 * picture and more than the decoding of a small one. So a small one goes with
 * the request, and what is made of it comes behind the answer, through memory
 * that both sides have mapped anyway. What comes back is copied before anybody
 * looks at it; that it is checked afterwards is the same for both ways.
 */
#include "run/trays.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "run/workers.h"

enum {
    BODY_MAX = 256 << 10,
    ROOM = 1 << 20, /* for what is made; pages that nobody touches cost none */
    TOO_SMALL_MAX = 8,
};

typedef struct tray {
    struct tray *next;
    union {
        job_request request;
        char in[sizeof(job_request) + BODY_MAX];
    };
    union {
        job_answer answer;
        char out[sizeof(job_answer) + ROOM];
    };
} tray;

void trays_fini(trays *trays)
{
    while (trays->spare != NULL) {
        tray *tray = trays->spare;

        trays->spare = tray->next;
        free(tray);
    }
}

/* Each that did not fit was worked on in vain, so after a few the run is taken
 * to be one of large results. */
bool trays_suit(const trays *trays, uint64_t size)
{
    return size <= BODY_MAX && trays->too_small < TOO_SMALL_MAX;
}

static tray *take(trays *trays)
{
    tray *tray = trays->spare;

    if (tray == NULL)
        return malloc(sizeof *tray);
    trays->spare = tray->next;
    return tray;
}

static void give_back(trays *trays, tray *tray)
{
    tray->next = trays->spare;
    trays->spare = tray;
}

/* Returns the answer's length, or whatever else `size` is. */
static int unload(const tray *tray, int size, job_answer *answer, sl_shm *made)
{
    size_t beyond;

    if (size < (int)sizeof *answer)
        return size;
    *answer = tray->answer;
    beyond = (size_t)size - sizeof *answer;
    if (beyond > 0) {
        void *copy = malloc(beyond);

        if (copy == NULL)
            return -ENOMEM;
        memcpy(copy, tray->out + sizeof *answer, beyond);
        *made = (sl_shm){ .data = copy, .size = beyond, .fd = -1 };
    }
    return (int)sizeof *answer;
}

int trays_ask(trays *trays, sl_pool *pool, const job_request *in,
              const void *body, sl_time limit, job_answer *answer, sl_shm *made)
{
    tray *tray = take(trays);
    sl_job_request request;
    int rc;

    if (tray == NULL)
        return -ENOMEM;
    tray->request = *in;
    memcpy(tray->in + sizeof *in, body, in->body_size);
    request = (sl_job_request){ .job = JOB_PICTURE,
                                .in = tray->in,
                                .in_size = sizeof *in + in->body_size,
                                .out = tray->out,
                                .out_capacity = sizeof tray->out,
                                .limit = limit };
    rc = workers_run(pool, &request);
    trays->too_small += rc == -ENOSPC;
    rc = unload(tray, rc, answer, made);
    give_back(trays, tray);
    return rc;
}
