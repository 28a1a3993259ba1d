/* sky_random.h: random numbers that are the same on every machine. */
#ifndef TOOL_WORKER_SKY_SKY_RANDOM_H
#define TOOL_WORKER_SKY_SKY_RANDOM_H

#include <stdint.h>

typedef struct sky_random {
    uint64_t state;
} sky_random;

/* The stream that belongs to `seed`; `purpose` separates streams that are
 * drawn from one seed, so that more stars do not change the noise. */
sky_random sky_random_from(uint64_t seed, uint64_t purpose);

uint64_t sky_random_next(sky_random *random);

/* Uniform in [0, 1), and in [low, high). */
double sky_random_unit(sky_random *random);
double sky_random_between(sky_random *random, double low, double high);

/* Bell-shaped: mean 0, standard deviation 1, at most 6 from the mean. */
double sky_random_bell(sky_random *random);

/* A whole number that depends on these four alone: noise with an address. */
uint64_t sky_random_at(uint64_t seed, uint64_t layer, int64_t x, int64_t y);

#endif
