/* unstretch.h: the light of a picture as it was before it was stretched. */
#ifndef TOOL_WORKER_STARS_UNSTRETCH_H
#define TOOL_WORKER_STARS_UNSTRETCH_H

#include <stddef.h>

#include "worker/stars/starlike.h"

typedef struct unstretch {
    float middle; /* the sky, which keeps its level and its noise */
    float bend;   /* levels above it where bright light begins to be pressed
                     together; INFINITY: nowhere, or nothing tells */
    float size;   /* of a star before, as a Gaussian's sigma */
} unstretch;

/* By how much wider the bright stars of the locus are. */
unstretch unstretch_learn(const star_locus *locus, float middle);

float unstretch_value(const unstretch *u, float value);

/* And back. */
float unstretch_undo(const unstretch *u, float value);

void unstretch_values(const unstretch *u, const float *values, size_t count,
                      float *out);

#endif
