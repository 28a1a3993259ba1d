/* Every processor's loops compute what the plain ones do, to the bit, and those
 * what the formulas say. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/test.h"
#include "worker/pixels/pixel_loops.h"

enum { WIDTH_MAX = 150, TAPS_MAX = 48, ROUNDS = 300 };

static uint64_t state = 7;

static unsigned draw(unsigned below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % below;
}

static void draw_bytes(uint8_t *to, size_t count)
{
    /* Now and then only the ends of the range, where sums overflow. */
    bool extreme = draw(4) == 0;

    for (size_t i = 0; i < count; i++)
        to[i] = (uint8_t)(extreme ? 255 * draw(2) : draw(256));
}

/* As a kernel has them: some below 0, together about 1. */
static void draw_weights(int16_t *to, int taps, int count)
{
    for (int i = 0; i < count; i++)
        for (int k = 0; k < taps; k++)
            to[i * taps + k] = (int16_t)((int)draw(3 * 16384 / (unsigned)taps) -
                                         16384 / (2 * taps));
}

/* Call `compare` with each set of loops but the plain one. */
static void each_set(void (*compare)(const pixel_loops *plain,
                                     const pixel_loops *loops))
{
    const pixel_loops *const *all = pixel_loops_all();

    for (int i = 1; all[i] != NULL; i++)
        for (int round = 0; round < ROUNDS; round++)
            compare(all[0], all[i]);
}

static void compare_rows(const pixel_loops *plain, const pixel_loops *loops)
{
    static uint8_t samples[TAPS_MAX][WIDTH_MAX];
    const uint8_t *rows[TAPS_MAX];
    int16_t weights[TAPS_MAX], one[WIDTH_MAX] = { 0 }, two[WIDTH_MAX] = { 0 };
    int taps = 2 + 2 * (int)draw(TAPS_MAX / 2),
        width = 1 + (int)draw(WIDTH_MAX);

    draw_bytes(samples[0], sizeof samples);
    for (int i = 0; i < taps; i++)
        rows[i] = samples[i];
    draw_weights(weights, taps, 1);
    plain->sum_rows(rows, weights, taps, width, one);
    loops->sum_rows(rows, weights, taps, width, two);
    CHECK(memcmp(one, two, sizeof one) == 0);
}

TEST(sums_over_rows_are_the_same_bits)
{
    each_set(compare_rows);
}

static void compare_along(const pixel_loops *plain, const pixel_loops *loops)
{
    static int16_t levels[WIDTH_MAX + TAPS_MAX + LOOPS_PADDING];
    static int16_t weights[WIDTH_MAX * TAPS_MAX];
    uint8_t one[WIDTH_MAX] = { 0 }, two[WIDTH_MAX] = { 0 };
    int32_t first[WIDTH_MAX];
    int taps = LOOPS_TAPS_STEP * (1 + (int)draw(TAPS_MAX / LOOPS_TAPS_STEP));
    int count = 1 + (int)draw(WIDTH_MAX);

    for (int i = 0; i < WIDTH_MAX + TAPS_MAX; i++)
        levels[i] = (int16_t)((int)draw(24000) - 4000);
    for (int i = 0; i < count; i++)
        first[i] = (int)draw(WIDTH_MAX);
    draw_weights(weights, taps, count);
    plain->sum_along(levels, first, weights, taps, count, one);
    loops->sum_along(levels, first, weights, taps, count, two);
    CHECK(memcmp(one, two, sizeof one) == 0);
}

TEST(sums_along_a_row_are_the_same_bits)
{
    each_set(compare_along);
}

static void compare_edges(const pixel_loops *plain, const pixel_loops *loops)
{
    static uint8_t row[4 * WIDTH_MAX], below[4 * WIDTH_MAX];
    uint8_t one[WIDTH_MAX] = { 0 }, two[WIDTH_MAX] = { 0 };
    int width = 1 + (int)draw(WIDTH_MAX), threshold = (int)draw(200);
    const uint8_t *next = draw(5) == 0 ? NULL : below;

    draw_bytes(row, sizeof row);
    draw_bytes(below, sizeof below);
    plain->find_edges(row, next, width, threshold, one);
    loops->find_edges(row, next, width, threshold, two);
    CHECK(memcmp(one, two, sizeof one) == 0);
}

TEST(edges_are_the_same_bits)
{
    each_set(compare_edges);
}

static void compare_colours(const pixel_loops *plain, const pixel_loops *loops)
{
    static uint8_t ycc[3][WIDTH_MAX];
    uint8_t one[4 * WIDTH_MAX] = { 0 }, two[4 * WIDTH_MAX] = { 0 };
    int count = 1 + (int)draw(WIDTH_MAX);

    draw_bytes(ycc[0], sizeof ycc);
    plain->ycc_to_rgbx(ycc[0], ycc[1], ycc[2], count, one);
    loops->ycc_to_rgbx(ycc[0], ycc[1], ycc[2], count, two);
    CHECK(memcmp(one, two, sizeof one) == 0);
}

TEST(colours_are_the_same_bits)
{
    each_set(compare_colours);
}

static double clamped(double level)
{
    return level < 0 ? 0 : level > 255 ? 255 : level;
}

TEST(colours_are_what_the_standard_says)
{
    for (int round = 0; round < 20000; round++) {
        uint8_t ycc[3], rgb[4];
        double y, cb, cr;

        draw_bytes(ycc, 3);
        pixel_loops_best()->ycc_to_rgbx(&ycc[0], &ycc[1], &ycc[2], 1, rgb);
        y = ycc[0];
        cb = ycc[1] - 128.0;
        cr = ycc[2] - 128.0;
        CHECK_NEAR(rgb[0], clamped(y + 1.402 * cr), 0.7);
        CHECK_NEAR(rgb[1], clamped(y - 0.344136 * cb - 0.714136 * cr), 1.2);
        CHECK_NEAR(rgb[2], clamped(y + 1.772 * cb), 0.7);
        CHECK_EQ(rgb[3], 255);
    }
}

/* The filter by its definition, one pixel at a time. */
static int edge_at(const uint8_t *pixels, int width, int height, int x, int y,
                   int threshold)
{
    static const int dx[] = { 1, 0 }, dy[] = { 0, 1 };
    int sum = 0, neighbours = 0;

    for (int k = 0; k < 2; k++) {
        if (x + dx[k] >= width || y + dy[k] >= height)
            continue;
        for (int c = 0; c < 3; c++)
            sum += abs(pixels[4 * (y * width + x) + c] -
                       pixels[4 * ((y + dy[k]) * width + x + dx[k]) + c]);
        neighbours++;
    }
    return neighbours > 0 && sum / neighbours > threshold ? 255 : 0;
}

TEST(edges_are_what_their_definition_says)
{
    enum { WIDTH = 61, HEIGHT = 17 };
    static uint8_t pixels[4 * WIDTH * HEIGHT];
    uint8_t made[WIDTH];

    for (int threshold = 0; threshold <= 765; threshold += 15) {
        draw_bytes(pixels, sizeof pixels);
        for (int y = 0; y < HEIGHT; y++) {
            const uint8_t *row = pixels + 4 * WIDTH * y;

            pixel_loops_best()->find_edges(
                row, y + 1 < HEIGHT ? row + 4 * WIDTH : NULL, WIDTH, threshold,
                made);
            for (int x = 0; x < WIDTH; x++)
                CHECK_EQ(made[x],
                         edge_at(pixels, WIDTH, HEIGHT, x, y, threshold));
        }
    }
}

TEST(the_smallest_picture_with_edges)
{
    const uint8_t above[] = { 0, 0, 0, 0, 10, 10, 11, 0 };
    const uint8_t below[] = { 20, 20, 20, 0, 0, 0, 0, 0 };
    uint8_t made[2];

    pixel_loops_best()->find_edges(above, below, 2, 30, made);
    CHECK_EQ(made[0], 255); /* (31 + 60) / 2 = 45 */
    CHECK_EQ(made[1], 255); /* 31 */
    pixel_loops_best()->find_edges(below, NULL, 2, 30, made);
    CHECK_EQ(made[0], 255); /* 60 */
    CHECK_EQ(made[1], 0);   /* no neighbour */
}
