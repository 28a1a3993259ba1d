/* sky.h: draw a star field whose every star is known.
 *
 * For the demo and for tests: a finder of stars can only be judged on a picture
 * of which the truth is known.
 */
#ifndef TOOL_WORKER_SKY_SKY_H
#define TOOL_WORKER_SKY_SKY_H

#include <starling/worker.h>

#include "worker/job.h"

/* A picture in YCbCr with halved colour planes (4:2:0), each row `width` (or
 * half of it, rounded up) bytes, no padding. */
typedef struct sky_planes {
    uint8_t *luma, *blue, *red;
} sky_planes;

/* Bytes of the three planes together, luma first. */
static inline size_t sky_planes_size(uint32_t width, uint32_t height)
{
    size_t half = (size_t)((width + 1) / 2) * ((height + 1) / 2);

    return (size_t)width * height + 2 * half;
}

/* Result memory that is always enough for such a picture's truth and file. */
static inline size_t sky_result_size(const job_sky_request *request)
{
    size_t width = (request->width + 15) & ~15u;
    size_t height = (request->height + 15) & ~15u;

    return request->stars * sizeof(job_star) + width * height * 3 + 4096;
}

/* Draw the picture into planes that the caller owns, and write
 * request->stars entries of truth, brightest first:
 *
 *     x, y   centre of the star
 *     flux   what it adds to the finished luma, grey levels times pixels
 *     peak   the most it adds to one pixel, grey levels
 *     fwhm   of the picture's point spread function, the pixel included
 *     snr    sqrt(sum of s^2) / n: s is what the star adds to each pixel of the
 *            finished luma (after the stretch, clipped at 255, brighter stars
 *            already there), n the noise of luma (see sky_field.c). This is
 *            the signal-to-noise ratio of a filter matched to the star (Turin
 *            1960), the most that any linear finder can reach.
 *
 * The same request gives the same bytes everywhere. The request's numbers
 * must be within their limits, see job.h. Returns 0 or -ENOMEM. */
int sky_draw(const job_sky_request *request, const sky_planes *planes,
             job_star *truth);

/* The job JOB_SKY: draw, encode as JPEG (4:2:0). The result memory must have
 * sky_result_size(); the answer is a job_sky_answer. Errors: -EINVAL,
 * -ENOBUFS, -ENOMEM, -EIO (the encoder). */
int worker_sky(const sl_job_io *io);

#endif
