/* thumb_shape.h: how large a thumbnail is, and which part of the picture it
 * shows. */
#ifndef TOOL_WORKER_PIXELS_THUMB_SHAPE_H
#define TOOL_WORKER_PIXELS_THUMB_SHAPE_H

#include <stdbool.h>

#include "worker/job.h"

typedef struct thumb_shape {
    uint32_t width, height;             /* of the file, with its bars */
    uint32_t inner_width, inner_height; /* of the picture in it */
    uint32_t left, top;                 /* where that lies */
    double crop_x, crop_y;              /* the part of the picture, upright, */
    double crop_width, crop_height;     /* that is shown; in its pixels */
} thumb_shape;

/* The shape for a box, of an upright picture of that size. */
thumb_shape thumb_shape_of(const job_thumbs *thumbs, uint32_t index,
                           uint32_t width, uint32_t height);

/* To how many eighths of its size, 1, 2, 4 or 8, a picture can be decoded and
 * still be at least twice as large as each thumbnail. Width and height are the
 * file's, not yet upright. */
int thumb_shape_eighths(const job_thumbs *thumbs, uint32_t width,
                        uint32_t height, int orientation);

/* Whether rows become columns to make a picture upright. */
bool thumb_shape_turns(int orientation);

#endif
