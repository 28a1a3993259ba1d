/* truth.h: what a drawn star field holds. */
#ifndef TOOL_CMD_TRUTH_H
#define TOOL_CMD_TRUTH_H

#include <stdint.h>

#include "worker/job.h"

/* How many of `count` drawn stars stand out of the noise far enough to be
 * found: S/N of five and more. */
int64_t truth_count(const job_star *stars, uint32_t count);

/* Write RUN/truth.csv: image,x,y,flux,peak,fwhm,snr of every drawn star, for
 * whoever wants to judge a finder by it. The stars are lent. Blocks. Returns 0
 * or the error of files_write(). */
typedef struct truth_picture {
    char image[32]; /* the original's file name */
    const job_star *stars;
    uint32_t count;
} truth_picture;
int truth_write(int folder, const truth_picture pictures[], int count);

#endif
