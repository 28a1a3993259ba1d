/* deep.h: samples of more than 8 bits become a picture: pixels of 8 bits to
 * look at, floats to search for stars.
 */
#ifndef TOOL_WORKER_LIGHT_DEEP_H
#define TOOL_WORKER_LIGHT_DEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "worker/light/mosaic.h"
#include "worker/pixels/picture.h"

/* Interleaved, row after row, in memory that the picture's pixels take over. */
typedef struct deep_samples {
    uint32_t width, height;
    int channels;     /* 1: grey; 2: and alpha; 3: RGB; 4: and alpha */
    bool multiplied;  /* the colours are, by their alpha */
    bool is_frame;    /* light of a camera: its colours have skies of their own,
                         which are not meant to be seen */
    const float *raw; /* of a mosaic: what colours were interpolated from; else
                         NULL */
    mosaic_pattern mosaic;
    float ceiling; /* of a frame: no sample is larger; INFINITY: not known */
    union {
        uint16_t *whole; /* 0 .. 65535, on the scale that screens have */
        float *light;    /* linear, of any range */
    };
} deep_samples;

/* From whole numbers; the light is that of 8 bits with fractions. Returns 0 or
 * -ENOMEM. */
int deep_hold_whole(const deep_samples *from, bool need_light, workspace *ws,
                    picture *out);

/* From light, which is shown as frames of a telescope are. Returns 0, -ENOMEM,
 * or -EDOM if all of it is undefined. */
int deep_hold_light(const deep_samples *from, workspace *ws, picture *out);

#endif
