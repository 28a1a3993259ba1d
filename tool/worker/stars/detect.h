/* detect.h: the stars of a picture. */
#ifndef TOOL_WORKER_STARS_DETECT_H
#define TOOL_WORKER_STARS_DETECT_H

#include <stdbool.h>
#include <stdint.h>

#include "worker/job.h"
#include "worker/pixels/picture.h"
#include "worker/pixels/workspace.h"

typedef struct detect_options {
    uint32_t width, height;
    enum job_detector detector;
    double threshold;   /* signal to noise of the faintest star; 0: default */
    float noise_floor;  /* what rounding alone makes */
    float step;         /* that a JPEG was rounded with, or 0 */
    float saturation;   /* values from here on say only "very bright" */
    float star_width;   /* at half height; 0: the picture tells */
    bool keep_wide;     /* what is wider than stars, too */
    uint32_t stars_max; /* a longer list is cut */
    bool has_holes;     /* some values are NaN */
    bool linear;        /* the values are light itself, not stretched to be
                           looked at */
    const picture *chroma; /* its colours are searched as well; or NULL */
    float *colour;         /* the same, where they are finer; overwritten */
    const struct odds_listener *listener; /* of our own finder; or NULL */
} detect_options;

typedef struct detections {
    job_star *stars; /* brightest first; lent by the workspace */
    uint32_t count;
    bool cut;                     /* there were more than stars_max */
    enum job_field no_star_field; /* why there are none; 0: there are */
    float background, noise;
    float star_fwhm; /* of the picture's stars, pixels; 0: not known */
    float snr_limit; /* one in twenty of the list is fainter; 0: empty */
} detections;

/* Find the stars in width * height values, which are overwritten. A picture
 * without stars is no error. Returns 0 or -ENOMEM. */
int detect_stars(float *light, const detect_options *options, workspace *ws,
                 detections *out);

/* What a decoded picture is searched with. */
detect_options detect_options_of(const picture *p, const job_request *request);

/* The same for a decoded picture with its colours, as the request wants it. */
int detect_picture(picture *p, workspace *ws, const job_request *request,
                   detections *out);

/* By SEP, for detect_stars(). */
int detect_by_sep(float *light, const detect_options *options, workspace *ws,
                  detections *out);

/* Put a list into its order, brightest first, and cut it. */
void detect_finish_list(detections *out, uint32_t stars_max);

#endif
