/* pixel_loops.h: the loops that touch every pixel, for each kind of processor.
 *
 * All sets compute the same bits: they are whole numbers throughout, and the
 * plain one is what the others are held against.
 */
#ifndef TOOL_WORKER_PIXELS_PIXEL_LOOPS_H
#define TOOL_WORKER_PIXELS_PIXEL_LOOPS_H

#include <stddef.h>
#include <stdint.h>

enum {
    LOOPS_WEIGHT_BITS = 14, /* 1.0 as a weight is 1 << 14 */
    LOOPS_LEVEL_BITS = 6,   /* a level of 1 between the passes is 1 << 6 */
    LOOPS_TAPS_STEP = 8,    /* weights come in groups of so many */
    LOOPS_PADDING = 64,     /* samples that may be read behind a row's end */
};

typedef struct pixel_loops {
    const char *name;

    /* to[x] = the weighted sum of `taps` rows (an even number) at x. */
    void (*sum_rows)(const uint8_t *const *rows, const int16_t *weights,
                     int taps, int width, int16_t *to);

    /* to[i] = the weighted sum of `taps` levels from from[first[i]] on, as a
     * sample; weights of i from weights[i * taps] on. */
    void (*sum_along)(const int16_t *from, const int32_t *first,
                      const int16_t *weights, int taps, int count, uint8_t *to);

    /* Pixels of four bytes, the fourth not looked at. to[x] = 255 where the
     * pixel differs from its right and its lower neighbour by more than
     * `threshold` in the mean, else 0. `below` is NULL for the last row. */
    void (*find_edges)(const uint8_t *row, const uint8_t *below, int width,
                       int threshold, uint8_t *to);

    /* Full-range YCbCr, as in JPEG, to red, green, blue and 255. */
    void (*ycc_to_rgbx)(const uint8_t *y, const uint8_t *cb, const uint8_t *cr,
                        int count, uint8_t *to);
} pixel_loops;

/* The fastest that this processor has. */
const pixel_loops *pixel_loops_best(void);

/* All that it has, the plain one first, up to a NULL. */
const pixel_loops *const *pixel_loops_all(void);

#endif
