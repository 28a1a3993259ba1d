/* Fuzz target: a file of any bytes through decoders, operations and encoding.
 *
 * The bytes go the way of the job "picture", with every operation and, by their
 * number, with thumbnails alone, which have a way of their own through the
 * JPEG decoder. The answer is checked as the
 * main program checks it, so a lie counts as a crash. Pictures are kept small
 * by the limit on pixels, not by the size of the file.
 *
 *     CC=clang meson setup build-fuzz -Db_sanitize=address,undefined \
 *         -Db_lundef=false -Dc_args=-fsanitize=fuzzer-no-link
 *     ninja -C build-fuzz fuzz/fuzz_decode && build-fuzz/fuzz/fuzz_decode DIR
 *
 * With another compiler replay.c takes the fuzzer's place.
 */
#include <stdint.h>
#include <stdlib.h>

#include "worker/job.h"
#include "worker/picture_job.h"

enum { PIXELS_MAX = 1 << 18, RESULT_SIZE = 4 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* Of what libraries lose, see program.c, there is nothing to learn here. */
__attribute__((visibility("default"))) const char *
__lsan_default_suppressions(void)
{
    return "leak:libsep.so\nleak:libheif.so\nleak:libdav1d.so\n"
           "leak:libx265.so\n";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static _Alignas(64) uint8_t result[RESULT_SIZE];
    job_request request = {
        .body_size = size,
        .max_pixels = PIXELS_MAX,
        .operations = JOB_DO_THUMBS,
        .draw = true,
        .edge_threshold = 30,
        .thumbs = { .count = 3,
                    .fit = size % 4,
                    .boxes = { { 32, 0 }, { 64, 48 }, { 7, 200 } } }
    };
    job_answer answer;
    sl_job_io io = { .in = &request,
                     .in_size = sizeof(request),
                     .out = &answer,
                     .out_capacity = sizeof(answer),
                     .body = { (void *)data, size, -1 },
                     .result = { result, RESULT_SIZE, -1 } };
    int rc;
    uint32_t i;

    if (size % 3 != 0)
        request.operations |= JOB_DO_STARS | JOB_DO_EDGES;
    rc = worker_picture(&io);
    if (rc < 0 || !job_answer_check(&answer, (size_t)rc, RESULT_SIZE))
        abort();
    for (i = 0; i < answer.star_count; i++)
        if (!job_star_check(
                (const job_star *)(const void *)(result + answer.stars_offset) +
                    i,
                answer.width, answer.height))
            abort();
    return 0;
}
