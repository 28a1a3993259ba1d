/* detect.h: the stars of a picture. */
#ifndef TOOL_WORKER_DETECT_H
#define TOOL_WORKER_DETECT_H

#include <stdbool.h>
#include <stdint.h>

#include "worker/job.h"
#include "worker/workspace.h"

typedef struct detect_options {
    uint32_t width, height;
    double threshold;   /* signal to noise of the faintest star; 0: default */
    float noise_floor;  /* what rounding alone makes */
    float saturation;   /* values from here on say only "very bright" */
    uint32_t stars_max; /* a longer list is cut */
    bool has_holes;     /* some values are NaN */
} detect_options;

typedef struct detections {
    job_star *stars; /* brightest first; lent by the workspace */
    uint32_t count;
    bool cut;           /* there were more than stars_max */
    bool no_star_field; /* what stands out does not look like stars */
    float background, noise;
} detections;

/* Find the stars in width * height values, which are overwritten. A picture
 * without stars is no error. Returns 0 or -ENOMEM. */
int detect_stars(float *light, const detect_options *options, workspace *ws,
                 detections *out);

#endif
