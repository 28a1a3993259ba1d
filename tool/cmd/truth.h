/* truth.h: what a drawn star field holds. */
#ifndef TOOL_CMD_TRUTH_H
#define TOOL_CMD_TRUTH_H

#include <stdint.h>

#include "worker/job.h"

/* How many of `count` drawn stars stand out of the noise far enough to be
 * found: S/N of five and more, the limit of every catalogue. */
int64_t truth_count(const job_star *stars, uint32_t count);

#endif
