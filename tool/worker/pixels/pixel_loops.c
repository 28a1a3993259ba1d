/* The plain loops, and the choice among all. */
#include "worker/pixels/pixel_loops.h"

#include <stdlib.h>

#include "worker/pixels/pixel_loops_sets.h"

void loops_sum_rows_plain(const uint8_t *const *rows, const int16_t *weights,
                          int taps, int from, int width, int16_t *to)
{
    for (int x = from; x < width; x++) {
        int32_t sum = LOOPS_ROWS_ROUND;

        for (int i = 0; i < taps; i++)
            sum += rows[i][x] * weights[i];
        to[x] = loops_level(sum >> LOOPS_ROWS_SHIFT);
    }
}

static void sum_rows(const uint8_t *const *rows, const int16_t *weights,
                     int taps, int width, int16_t *to)
{
    loops_sum_rows_plain(rows, weights, taps, 0, width, to);
}

static void sum_along(const int16_t *from, const int32_t *first,
                      const int16_t *weights, int taps, int count, uint8_t *to)
{
    for (int i = 0; i < count; i++) {
        const int16_t *at = from + first[i];
        int32_t sum = LOOPS_ALONG_ROUND;

        for (int k = 0; k < taps; k++)
            sum += at[k] * weights[i * taps + k];
        to[i] = loops_sample(sum >> LOOPS_ALONG_SHIFT);
    }
}

static int difference(const uint8_t *a, const uint8_t *b)
{
    return abs(a[0] - b[0]) + abs(a[1] - b[1]) + abs(a[2] - b[2]);
}

void loops_find_edges_plain(const uint8_t *row, const uint8_t *below, int from,
                            int width, int threshold, uint8_t *to)
{
    for (int x = from; x < width; x++) {
        const uint8_t *at = row + 4 * (size_t)x;
        int strength = 0, neighbours = 0;

        if (x + 1 < width) {
            strength += difference(at, at + 4);
            neighbours++;
        }
        if (below != NULL) {
            strength += difference(at, below + 4 * (size_t)x);
            neighbours++;
        }
        if (neighbours > 0)
            strength /= neighbours;
        to[x] = strength > threshold ? 255 : 0;
    }
}

static void find_edges(const uint8_t *row, const uint8_t *below, int width,
                       int threshold, uint8_t *to)
{
    loops_find_edges_plain(row, below, 0, width, threshold, to);
}

void loops_ycc_plain(const uint8_t *y, const uint8_t *cb, const uint8_t *cr,
                     int from, int count, uint8_t *to)
{
    for (int i = from; i < count; i++) {
        int blue = cb[i] - 128, red = cr[i] - 128;

        to[4 * i] = loops_sample(y[i] + loops_high(red, LOOPS_RED_CR));
        to[4 * i + 1] = loops_sample(y[i] - loops_high(blue, LOOPS_GREEN_CB) -
                                     loops_high(red, LOOPS_GREEN_CR));
        to[4 * i + 2] = loops_sample(y[i] + loops_high(blue, LOOPS_BLUE_CB));
        to[4 * i + 3] = 255;
    }
}

static void ycc_to_rgbx(const uint8_t *y, const uint8_t *cb, const uint8_t *cr,
                        int count, uint8_t *to)
{
    loops_ycc_plain(y, cb, cr, 0, count, to);
}

const pixel_loops pixel_loops_plain = {
    .name = "plain",
    .sum_rows = sum_rows,
    .sum_along = sum_along,
    .find_edges = find_edges,
    .ycc_to_rgbx = ycc_to_rgbx,
};

#if defined(__x86_64__)
const pixel_loops *const *pixel_loops_all(void)
{
    static const pixel_loops *const old[] = { &pixel_loops_plain,
                                              &pixel_loops_sse2, NULL };
    static const pixel_loops *const new[] = { &pixel_loops_plain,
                                              &pixel_loops_sse2,
                                              &pixel_loops_avx2, NULL };

    return __builtin_cpu_supports("avx2") ? new : old;
}
#elif defined(__aarch64__)
const pixel_loops *const *pixel_loops_all(void)
{
    static const pixel_loops *const all[] = { &pixel_loops_plain,
                                              &pixel_loops_neon, NULL };

    return all;
}
#else
const pixel_loops *const *pixel_loops_all(void)
{
    static const pixel_loops *const all[] = { &pixel_loops_plain, NULL };

    return all;
}
#endif

const pixel_loops *pixel_loops_best(void)
{
    const pixel_loops *const *all = pixel_loops_all();

    while (all[1] != NULL)
        all++;
    return *all;
}
