/* What happens to stars on the way from a telescope to a picture that people
 * show: it is shrunk until stars are pixels, its sky is cut off at black, and
 * its bright stars are pulled down to keep their colours. Each is drawn here,
 * and was seen on photographs of the sky first (bench/stars-real). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "drawn.h"
#include "support/test.h"
#include "worker/stars/detect.h"
#include "worker/stars/fit.h"

enum {
    SIDE = 320,
    APART = 20,
    A_ROW = SIDE / APART - 1,
    STARS = A_ROW * A_ROW
};

typedef struct star {
    double x, y, height, sigma;
} star;

static float uniform(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (float)(*state >> 40) / (1 << 24);
}

/* A dark sky with noise. */
static float *draw_sky(float level, float noise)
{
    float *light = malloc(SIDE * SIDE * sizeof(*light));
    uint64_t state = 7;

    for (int i = 0; i < SIDE * SIDE; i++) {
        float sum = -6;

        for (int k = 0; k < 12; k++) /* nearly normal */
            sum += uniform(&state);
        light[i] = fmaxf(level + noise * sum, 0);
    }
    return light;
}

/* The share of a star's light that falls into one column of pixels. */
static double share_of(double from_centre, double sigma)
{
    double k = 1 / (sigma * sqrt(2));

    return (erf((from_centre + 0.5) * k) - erf((from_centre - 0.5) * k)) / 2;
}

/* With the height that the star would have if it was no smaller than pixels. */
static void put_star(float *light, const star *s)
{
    double scale = s->height * 2 * M_PI * s->sigma * s->sigma;

    for (int j = 0; j < SIDE; j++)
        for (int i = 0; i < SIDE; i++) {
            double more = scale * share_of(i - s->x, s->sigma) *
                          share_of(j - s->y, s->sigma);

            light[j * SIDE + i] =
                (float)fmin((double)light[j * SIDE + i] + more, 255);
        }
}

/* The star on each place of a grid: heights and places between pixels follow
 * no order that the grid has. */
static star star_at(int i, double sigma)
{
    return (star){ APART + APART * (i % A_ROW) + 0.1 * (i * 7 % 10),
                   APART + APART * (i / A_ROW) + 0.1 * (i * 3 % 10),
                   60 + 10 * (i % 13), sigma };
}

/* All of a star on one pixel and three of its neighbours, and what is around
 * darkened by who sharpened the picture. */
TEST(a_peak_of_two_by_two_pixels_has_a_place_and_a_width)
{
    enum { WIDE = 32, STEPS = 8, AT = 16 };
    float values[WIDE * WIDE] = { 0 };
    light_map map = { values, WIDE, WIDE };

    for (int y = AT - 2; y < AT + 4; y++)
        for (int x = AT - 2; x < AT + 4; x++)
            values[y * WIDE + x] = -6;
    for (int i = 0; i < STEPS * STEPS; i++) {
        float right = 25.0f * (float)(i % STEPS);
        float below = 25.0f * (float)(i / STEPS);
        fit f;

        if (right + below < 50)
            continue; /* a hot pixel, rather */
        values[AT * WIDE + AT] = 200;
        values[AT * WIDE + AT + 1] = right;
        values[(AT + 1) * WIDE + AT] = below;
        values[(AT + 1) * WIDE + AT + 1] = right * below / 200;
        f = fit_peak(&map, AT, AT, 0.63f, 1);
        CHECK(f.converged);
        CHECK(f.x > AT - 0.1f && f.x < AT + 1 && f.y > AT - 0.1f &&
              f.y < AT + 1);
        CHECK(f.size > 0.3f && f.size < 0.8f && f.light > 200);
    }
}

/* Shrunk until hardly any light falls beside the pixel that a star is on: some
 * have one pixel, some two or four, and all are stars. */
TEST(stars_as_narrow_as_pixels_are_stars)
{
    float *light = draw_sky(20, 2);
    int found_stars = 0, i;
    detections found;
    workspace ws;

    for (i = 0; i < STARS; i++) {
        star s = star_at(i, 0.42);

        s.height *= 4;
        put_star(light, &s);
    }
    found = find_in(light, SIDE, SIDE, &ws);
    for (i = 0; i < STARS; i++)
        found_stars +=
            count_near(&found, star_at(i, 0).x, star_at(i, 0).y, 1.5) > 0;
    CHECK(found_stars >= STARS * 97 / 100);
    for (uint32_t k = 0; k < found.count; k++)
        CHECK(found.stars[k].fwhm > 0.9f && found.stars[k].fwhm < 2.4f);
    workspace_fini(&ws);
    free(light);
}

/* However it lies on its pixels, a star is as bright as it is: where all of it
 * is in one or four of them, and where there is a width to be told. */
TEST(the_light_of_a_narrow_star_is_told_once)
{
    enum { STEPS = 6, AT = SIDE / 2, LIGHT = 200 };
    float *light = malloc(SIDE * SIDE * sizeof(*light));
    light_map map = { light, SIDE, SIDE };

    for (int i = 0; i < STEPS * STEPS; i++)
        for (double sigma = 0.3; sigma < 0.95; sigma += 0.1) {
            star s = { AT + 0.08 * (i % STEPS), AT + 0.08 * (i / STEPS),
                       LIGHT / (2 * M_PI * sigma * sigma), sigma };
            fit f;

            memset(light, 0, SIDE * SIDE * sizeof(*light));
            put_star(light, &s);
            f = fit_peak(&map, AT, AT, 0.7f, 1);
            CHECK(f.converged);
            CHECK(f.light > (sigma < 0.45 ? 0.99f : 0.8f) * LIGHT);
            CHECK(f.light < 1.08f * LIGHT);
        }
    free(light);
}
