/* unpack.h: a body that its server compressed becomes what it was. */
#ifndef TOOL_WORKER_DECODE_UNPACK_H
#define TOOL_WORKER_DECODE_UNPACK_H

#include <stddef.h>
#include <stdint.h>

#include <starling/worker.h>

#include "worker/job.h"

/* The job "unpack": from the job's body into its result memory; without one,
 * only how much would come of it. */
int worker_unpack(const sl_job_io *io);

/* What is read, and where to. */
typedef struct unpacking {
    const uint8_t *from;
    size_t from_size;
    uint8_t *to;
    size_t room, used; /* bytes */
    size_t window;     /* 0; or how much lies at `to`, to be used again and
                          again by whoever only counts */
} unpacking;

/* Where the next bytes go, and how many. */
static inline size_t unpacking_place(const unpacking *u, uint8_t **to)
{
    size_t left = u->room - u->used;

    *to = u->window > 0 ? u->to : u->to + u->used;
    return u->window > 0 && left > u->window ? u->window : left;
}

/* Each returns an enum job_verdict: JOB_GOOD when the end was seen, and nothing
 * behind it; JOB_TRUNCATED, JOB_CORRUPT, JOB_NO_MEMORY; JOB_TOO_LARGE when
 * there is more than room. Some of them are not in each build. */
uint32_t unpack_gzip(unpacking *u);
uint32_t unpack_deflate(unpacking *u);
uint32_t unpack_brotli(unpacking *u);
uint32_t unpack_bzip2(unpacking *u); /* of files: HTTP has no name for it */
uint32_t unpack_zstd(unpacking *u);
uint32_t unpack_zstd_file(unpacking *u); /* with windows as files have them */

#endif
