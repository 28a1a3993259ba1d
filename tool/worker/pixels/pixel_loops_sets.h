/* pixel_loops_sets.h: what the sets of loops share. Private to them. */
#ifndef TOOL_WORKER_PIXELS_PIXEL_LOOPS_SETS_H
#define TOOL_WORKER_PIXELS_PIXEL_LOOPS_SETS_H

#include "worker/pixels/pixel_loops.h"

extern const pixel_loops pixel_loops_plain, pixel_loops_sse2, pixel_loops_avx2,
    pixel_loops_neon;

/* From a sum over rows to levels, from a sum of levels to samples. */
enum {
    LOOPS_ROWS_SHIFT = LOOPS_WEIGHT_BITS - LOOPS_LEVEL_BITS,
    LOOPS_ROWS_ROUND = 1 << (LOOPS_ROWS_SHIFT - 1),
    LOOPS_ALONG_SHIFT = LOOPS_WEIGHT_BITS + LOOPS_LEVEL_BITS,
    LOOPS_ALONG_ROUND = 1 << (LOOPS_ALONG_SHIFT - 1),
};

/* The factors of BT.601, the part above 1 taken out, in units of 1 / 65536 / 4:
 * the high half of a product of 16 bits is then the product in units of 1/4. */
enum {
    LOOPS_RED_CR = 22970,   /* 1.402 / 4 * 65536 */
    LOOPS_GREEN_CB = 5638,  /* 0.344136 / 4 * 65536 */
    LOOPS_GREEN_CR = 11700, /* 0.714136 / 4 * 65536 */
    LOOPS_BLUE_CB = 29032,  /* 1.772 / 4 * 65536 */
};

/* Rounded: (level * factor * 4) >> 16, by way of a level 32 times as large, as
 * the instructions for 16 bits do it. */
static inline int loops_high(int level, int factor)
{
    return (((level * 32 * factor) >> 16) + 4) >> 3;
}

static inline uint8_t loops_sample(int32_t level)
{
    return (uint8_t)(level < 0 ? 0 : level > 255 ? 255 : level);
}

static inline int16_t loops_level(int32_t level)
{
    return (int16_t)(level < INT16_MIN   ? INT16_MIN
                     : level > INT16_MAX ? INT16_MAX
                                         : level);
}

/* The pixels that are left over from whole vectors, from `from` on. */
void loops_sum_rows_plain(const uint8_t *const *rows, const int16_t *weights,
                          int taps, int from, int width, int16_t *to);
void loops_find_edges_plain(const uint8_t *row, const uint8_t *below, int from,
                            int width, int threshold, uint8_t *to);
void loops_ycc_plain(const uint8_t *y, const uint8_t *cb, const uint8_t *cr,
                     int from, int count, uint8_t *to);

#endif
