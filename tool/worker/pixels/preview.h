/* preview.h: a small picture of a large one, for pages. */
#ifndef TOOL_WORKER_PIXELS_PREVIEW_H
#define TOOL_WORKER_PIXELS_PREVIEW_H

#include <stddef.h>
#include <stdint.h>

#include "worker/job.h"
#include "worker/pixels/picture.h"

enum { PREVIEW_SIDE_PX = 640 }; /* the longer side, at most */

/* Shrink the picture, which must not be marked yet, ring its brightest stars
 * and encode it into `room` bytes at `to`. *size is what was written, *width
 * and *height what came out. Returns 0, -ENOSPC, or -ENOMEM. */
int preview_make(const picture *p, workspace *ws, const job_star *stars,
                 uint32_t count, uint8_t *to, size_t room, size_t *size,
                 uint32_t *width, uint32_t *height);

#endif
