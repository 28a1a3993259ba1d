/* packed.h: pictures that lie on disks and servers in gzip, bzip2 or
 * Zstandard, as those of telescopes do.
 */
#ifndef TOOL_WORKER_DECODE_PACKED_H
#define TOOL_WORKER_DECODE_PACKED_H

#include <stddef.h>
#include <stdint.h>

#include <starling/worker.h>

#include "worker/decode/decode.h"

/* Of what is within, unless somebody says otherwise. */
#define PACKED_MAX_BYTES ((uint64_t)256 << 20)

/* What was within; data NULL: the file was not packed. */
typedef struct packed {
    uint8_t *data;
    size_t size;
} packed;

/* Where the source is packed, unpack it and have the source mean what is
 * within, at most `max_bytes`. Returns enum job_verdict, JOB_GOOD also for what
 * is not packed, else with *why. Release with packed_close(). */
uint32_t packed_open(decode_source *source, uint64_t max_bytes, packed *out,
                     refusal *why);
void packed_close(packed *packed);

/* The job "look": what the first bytes within are. */
int worker_look(const sl_job_io *io);

#endif
