/* What the demo has its workers do, done by a direct call: a benchmark that
 * draws its pictures through the pool would measure the pool. */
#include "skies.h"

#include <errno.h>
#include <stdlib.h>

#include "worker/sky/sky.h"

int sky_file_draw(const demo_item *item, sky_file *out)
{
    job_sky_request request = { .seed = item->seed,
                                .width = item->width,
                                .height = item->height,
                                .stars = item->stars,
                                .quality = item->quality };
    size_t size = sky_result_size(&request);
    job_sky_answer answer;
    sl_job_io io = { .in = &request,
                     .in_size = sizeof request,
                     .out = &answer,
                     .out_capacity = sizeof answer,
                     .result = { .data = malloc(size), .size = size } };
    int rc = io.result.data == NULL ? -ENOMEM : worker_sky(&io);

    if (rc < 0) {
        free(io.result.data);
        return rc;
    }
    *out = (sky_file){ .truth = io.result.data,
                       .star_count = answer.star_count,
                       .stars_at_10 = answer.stars_at_10,
                       .jpeg = (unsigned char *)io.result.data +
                               answer.picture_offset,
                       .jpeg_size = answer.picture_size,
                       .memory = io.result.data };
    return 0;
}

void sky_file_free(sky_file *file)
{
    free(file->memory);
    *file = (sky_file){ 0 };
}
