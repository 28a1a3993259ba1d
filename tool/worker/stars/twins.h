/* twins.h: one entry for one star. */
#ifndef TOOL_WORKER_STARS_TWINS_H
#define TOOL_WORKER_STARS_TWINS_H

#include <stdint.h>

#include "worker/job.h"

/* Of stars closer than max(1 pixel, half their width) keep the one with the
 * better signal. Sorts the list from top to bottom; returns how many are left.
 */
uint32_t twins_drop(job_star *stars, uint32_t count);

/* How close is too close, for the smaller width of two. */
#define TWINS_REACH_MAX 8.0
double twins_reach(float fwhm);

#endif
