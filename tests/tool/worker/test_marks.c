/* Rings and numbers: seen on every ground, and in every size of picture. */
#include <stdlib.h>
#include <string.h>

#include "support/test.h"
#include "worker/pixels/mark.h"

enum { SIDE = 64 };

typedef struct ground {
    picture picture;
    uint8_t planes[3][SIDE * SIDE];
} ground;

static ground *fill(uint8_t y, uint8_t cb, uint8_t cr)
{
    uint8_t levels[3] = { y, cb, cr };
    ground *g = calloc(1, sizeof *g);

    g->picture =
        (picture){ .width = SIDE, .height = SIDE, .subsampling = TJSAMP_444 };
    for (int i = 0; i < 3; i++) {
        memset(g->planes[i], levels[i], sizeof g->planes[i]);
        g->picture.planes[i] = g->planes[i];
        g->picture.strides[i] = SIDE;
    }
    return g;
}

static int at(const ground *g, int plane, int x, int y)
{
    return g->planes[plane][y * SIDE + x];
}

/* How far the ring of a star in the middle is from the ground, in the three
 * planes together. */
static int contrast(uint8_t y, uint8_t cb, uint8_t cr)
{
    const job_star star = { .x = 32, .y = 32, .flux = 100, .a = 1, .b = 1 };
    ground *g = fill(y, cb, cr);
    int sum;

    mark_stars(&g->picture, &star, 1, MARK_RADIUS_MIN);
    CHECK_EQ(at(g, 0, 32, 32), y); /* the star itself is not drawn upon */
    CHECK_EQ(at(g, 2, 32, 32), cr);
    sum = abs(at(g, 0, 32 + 5, 32) - y) + abs(at(g, 1, 32 + 5, 32) - cb) +
          abs(at(g, 2, 32 + 5, 32) - cr);
    free(g);
    return sum;
}

TEST(rings_are_seen_on_every_ground)
{
    for (int y = 16; y < 256; y += 24)
        for (int cb = 16; cb < 256; cb += 24)
            for (int cr = 16; cr < 256; cr += 24)
                CHECK(contrast((uint8_t)y, (uint8_t)cb, (uint8_t)cr) > 70);
}

TEST(rings_are_red_but_for_red_grounds)
{
    const job_star star = { .x = 32, .y = 32, .flux = 100, .a = 1, .b = 1 };
    ground *dark = fill(10, 128, 128), *nebula = fill(80, 95, 220);

    mark_stars(&dark->picture, &star, 1, MARK_RADIUS_MIN);
    mark_stars(&nebula->picture, &star, 1, MARK_RADIUS_MIN);
    CHECK(at(dark, 2, 32, 32 - 5) > 200);
    CHECK(at(nebula, 2, 32, 32 - 5) < 80);
    free(dark);
    free(nebula);
}

TEST(rings_grow_with_the_picture_as_far_as_there_is_room)
{
    CHECK_EQ(mark_radius_min(1000, 800, 100), MARK_RADIUS_MIN);
    CHECK_NEAR(mark_radius_min(3200, 2000, 100), 2 * MARK_RADIUS_MIN, 0.01);
    CHECK_NEAR(mark_radius_min(2000, 9000, 100), 3 * MARK_RADIUS_MIN, 0.01);
    CHECK_EQ(mark_radius_min(9000, 2000, 200000), MARK_RADIUS_MIN);
}

TEST(a_thicker_ring_hides_its_star_no_more_than_a_thin_one)
{
    const job_star star = { .x = 32, .y = 32, .flux = 100, .a = 1, .b = 1 };
    ground *g = fill(10, 128, 128);

    mark_stars(&g->picture, &star, 1, 3 * MARK_RADIUS_MIN);
    CHECK(at(g, 2, 32 + 14, 32) > 200 && at(g, 2, 32 + 16, 32) > 200);
    for (int x = 32 - 10; x <= 32 + 10; x++)
        CHECK_EQ(at(g, 0, x, 32), 10);
    free(g);
}
