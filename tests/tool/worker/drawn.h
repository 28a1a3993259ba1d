/* drawn.h: a sky with a few plain stars, to which tests add theirs. */
#ifndef TESTS_TOOL_WORKER_DRAWN_H
#define TESTS_TOOL_WORKER_DRAWN_H

#include "samples.h"
#include "worker/stars/detect.h"

enum { WIDTH = FIELD_WIDTH, HEIGHT = FIELD_HEIGHT };

/* WIDTH x HEIGHT levels; free(). */
float *draw_field(void);

/* Add a Gaussian, and cut it off at 255. */
void add_star(float *light, double x, double y, double height, double sigma);

/* The list lives in the workspace, which the caller releases. The second is of
 * a sky of another size. */
detections find(float *light, workspace *ws);
detections find_in(float *light, int width, int height, workspace *ws);

int count_near(const detections *found, double x, double y, double reach);

#endif
