/* The finder is tested on pictures that are drawn for each step: all begin with
 * the same sky, whose stars are plain. */
#include "drawn.h"

#include <math.h>
#include <stdlib.h>

#include "support/test.h"

float *draw_field(void)
{
    double *field = sample_field();
    float *light = malloc(WIDTH * HEIGHT * sizeof(*light));

    for (int i = 0; i < WIDTH * HEIGHT; i++)
        light[i] = (float)field[i];
    free(field);
    return light;
}

void add_star(float *light, double x, double y, double height, double sigma)
{
    for (int j = 0; j < HEIGHT; j++)
        for (int i = 0; i < WIDTH; i++) {
            double r2 = (i - x) * (i - x) + (j - y) * (j - y);
            double value =
                light[j * WIDTH + i] + height * exp(-r2 / (2 * sigma * sigma));

            light[j * WIDTH + i] = (float)fmin(value, 255);
        }
}

detections find(float *light, workspace *ws)
{
    return find_in(light, WIDTH, HEIGHT, ws);
}

detections find_in(float *light, int width, int height, workspace *ws)
{
    detect_options options = { .detector = JOB_DETECTOR_OWN,
                               .width = width,
                               .height = height,
                               .noise_floor = 0.3f,
                               .saturation = 250,
                               .stars_max = 1000 };
    detections found;

    CHECK_EQ(workspace_init(ws), 0);
    CHECK_EQ(detect_stars(light, &options, ws, &found), 0);
    return found;
}

int count_near(const detections *found, double x, double y, double reach)
{
    int n = 0;

    for (uint32_t i = 0; i < found->count; i++)
        n += hypot(found->stars[i].x - x, found->stars[i].y - y) < reach;
    return n;
}
