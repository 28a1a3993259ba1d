/* jpeg_walk.h: what a JPEG file's markers promise, before a decoder sees it. */
#ifndef TOOL_WORKER_DECODE_JPEG_WALK_H
#define TOOL_WORKER_DECODE_JPEG_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "worker/pixels/workspace.h"

typedef struct jpeg_outline {
    uint8_t frame_marker; /* 0xC0 ..: how it is coded; 0: no frame header */
    uint8_t precision;    /* bits a sample */
    uint32_t width, height;
    int components;
    int scans;
    float step; /* of what is kept of luminance: grey levels between values,
                   the mean of the coarsest waves but for the level; or 0 */
    uint64_t metadata_size; /* bytes in APPn and COM segments */
    const uint8_t *exif;    /* the first such segment's contents, or NULL */
    size_t exif_size;
    bool complete; /* its end marker is there */
    bool sound;    /* every segment's length holds */
} jpeg_outline;

/* Follow the markers up to the first end of image. */
jpeg_outline jpeg_walk(const uint8_t *data, size_t size);

/* The colour profile, put together from the segments that it may be spread
 * over; in the workspace. NULL when there is none, it is not whole, or is over
 * JPEG_PROFILE_MAX: a picture without its profile is still a picture. */
enum { JPEG_PROFILE_MAX = 4 << 20 };
const uint8_t *jpeg_profile(const uint8_t *data, size_t size, workspace *ws,
                            size_t *profile_size);

#endif
