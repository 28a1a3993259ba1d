/* mark.h: rings around stars, and the picture as a JPEG. */
#ifndef TOOL_WORKER_MARK_H
#define TOOL_WORKER_MARK_H

#include <stddef.h>
#include <stdint.h>

#include "worker/job.h"
#include "worker/picture.h"

/* Draw a red ring around each star into the picture's planes. */
void mark_stars(picture *p, const job_star *stars, uint32_t count);

/* Encode the planes into `room` bytes at `to`; *size is what was written.
 * Returns 0, -ENOSPC when the room is too small, or -ENOMEM. */
int mark_encode(const picture *p, workspace *ws, int quality, uint8_t *to,
                size_t room, size_t *size);

#endif
