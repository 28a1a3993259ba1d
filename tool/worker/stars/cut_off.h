/* cut_off.h: stars that are too bright for one colour of their picture. */
#ifndef TOOL_WORKER_STARS_CUT_OFF_H
#define TOOL_WORKER_STARS_CUT_OFF_H

#include "worker/job.h"
#include "worker/pixels/picture.h"

/* Flag those as saturated. A blue star is, whose blue is at its end, though its
 * luminance is far from white. Frames of a camera have their own limit. */
void cut_off_flag(const picture *p, job_star *stars, uint32_t count);

#endif
