/* The job that draws one picture of the demo.
 *
 * It runs in the same workers as the search for stars: they are there anyway,
 * one a core, and the picture comes back in the memory that belongs to the
 * job. The file is written straight into that memory; only the planes are
 * ours, and they are gone when the job ends.
 */
#include "worker/sky/sky.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

enum { SIDE_MIN_PX = 64, SIDE_MAX_PX = 8192, SNR_TO_FIND = 10 };

static bool is_within_limits(const job_sky_request *request)
{
    return request->width >= SIDE_MIN_PX && request->width <= SIDE_MAX_PX &&
           request->height >= SIDE_MIN_PX && request->height <= SIDE_MAX_PX &&
           request->stars <= JOB_STARS_MAX && request->quality >= 1 &&
           request->quality <= 100;
}

static int encode(const job_sky_request *request, const sky_planes *planes,
                  unsigned char *file, size_t *size)
{
    const unsigned char *rows[] = { planes->luma, planes->blue, planes->red };
    unsigned long length = 0;
    tjhandle encoder = tjInitCompress();
    int rc;

    if (encoder == NULL)
        return -ENOMEM;
    rc = tjCompressFromYUVPlanes(
        encoder, rows, (int)request->width, NULL, (int)request->height,
        TJSAMP_420, &file, &length, (int)request->quality, TJFLAG_NOREALLOC);
    tjDestroy(encoder);
    if (rc != 0)
        return -EIO;
    *size = length;
    return 0;
}

static uint32_t count_to_find(const job_star *truth, uint32_t stars)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < stars; i++)
        count += truth[i].snr >= SNR_TO_FIND;
    return count;
}

static int draw_and_encode(const job_sky_request *request, const sl_shm *result,
                           job_sky_answer *answer)
{
    size_t luma_size = (size_t)request->width * request->height;
    size_t size = sky_planes_size(request->width, request->height);
    job_star *truth = result->data;
    unsigned char *file = (unsigned char *)(truth + request->stars);
    uint8_t *memory = malloc(size);
    sky_planes planes;
    size_t file_size = 0;
    int rc;

    if (memory == NULL)
        return -ENOMEM;
    planes.luma = memory;
    planes.blue = memory + luma_size;
    planes.red = planes.blue + (size - luma_size) / 2;
    rc = sky_draw(request, &planes, truth);
    if (rc == 0)
        rc = encode(request, &planes, file, &file_size);
    free(memory);
    if (rc < 0)
        return rc;
    *answer = (job_sky_answer){
        .star_count = request->stars,
        .stars_at_10 = count_to_find(truth, request->stars),
        .picture_offset = request->stars * sizeof *truth,
        .picture_size = file_size,
    };
    return 0;
}

int worker_sky(const sl_job_io *io)
{
    job_sky_request request;
    job_sky_answer answer;
    int rc;

    if (io->in_size != sizeof request || io->out_capacity < sizeof answer)
        return -EINVAL;
    memcpy(&request, io->in, sizeof request);
    if (!is_within_limits(&request))
        return -EINVAL;
    if (io->result.data == NULL || io->result.size < sky_result_size(&request))
        return -ENOBUFS;
    rc = draw_and_encode(&request, &io->result, &answer);
    if (rc < 0)
        return rc;
    memcpy(io->out, &answer, sizeof answer);
    return sizeof answer;
}
