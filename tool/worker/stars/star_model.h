/* star_model.h: what a star looks like to those who fit it.
 *
 * Round, a sum of two Gaussians of one centre: the narrow one is as wide as
 * the picture's stars, the other, for the wings, twice as wide. So along an
 * axis the first is the fourth power of the second. */
#ifndef TOOL_WORKER_STARS_STAR_MODEL_H
#define TOOL_WORKER_STARS_STAR_MODEL_H

/* Shares of a model's height. */
#define STAR_WING 0.05f
#define STAR_NARROW (1 - STAR_WING)

#endif
