/* finder.h: our own finder of stars. */
#ifndef TOOL_WORKER_STARS_FINDER_H
#define TOOL_WORKER_STARS_FINDER_H

#include "worker/light/colours.h"
#include "worker/job.h"
#include "worker/stars/search.h"
#include "worker/stars/starlike.h"
#include "worker/pixels/workspace.h"

typedef struct finder_options {
    float threshold;    /* of the filtered map's noise */
    float noise_floor;  /* of a pixel: noise is never taken for less */
    float saturation;   /* from here on a value says only "very bright" */
    float pixel_middle; /* of all pixels */
    float pixel_noise;  /* of neighbouring pixels, one sigma */
    float step;         /* that a JPEG was rounded with, or 0 */
    float star_width;   /* 0: the picture tells */
    bool is_frame;      /* of a camera: nobody drew discs upon it */
    bool is_rescaled;   /* measured in other units than searched in */
    bool keep_wide;     /* what is wider than stars, too */
    colours chroma;     /* are looked at as well, where there are any */
    const struct odds_listener *listener; /* or NULL */
} finder_options;

typedef struct finding {
    candidate_list list;
    star_locus locus;
    enum job_field field;
} finding;

/* Returns 0 or -ENOMEM. */
int finder_run(const light_map *light, const finder_options *options,
               workspace *ws, finding *out);

#endif
