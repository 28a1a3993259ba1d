/* profile.h: how a star's light falls off, to take it away. */
#ifndef TOOL_WORKER_STARS_PROFILE_H
#define TOOL_WORKER_STARS_PROFILE_H

#include "worker/stars/fit.h"

enum { PROFILE_BINS = 32 };

typedef struct profile {
    float x, y;  /* centre */
    float reach; /* pixels; nothing is subtracted beyond */
    int bins;
    float radius[PROFILE_BINS], height[PROFILE_BINS];
} profile;

/* The height over `level` at each distance from (x, y). */
profile profile_measure(const light_map *map, float x, float y, float reach,
                        float level);

/* Add `sign` times the profile to the values. */
void profile_add(const profile *p, float sign, float *values, int width,
                 int height);

#endif
