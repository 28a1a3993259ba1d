/* Fuzz target: a file of any bytes through decoders, detection and encoding.
 *
 * The bytes go the way of the job "stars", and the answer is checked as the
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

/* Of SEP's own leak, see extract.c, there is nothing to learn here. */
__attribute__((visibility("default"))) const char *
__lsan_default_suppressions(void)
{
    return "leak:libsep.so\n";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t result[RESULT_SIZE];
    job_request request = { .body_size = size,
                            .max_pixels = PIXELS_MAX,
                            .operations = JOB_DO_STARS,
                            .draw = true };
    job_answer answer;
    sl_job_io io = { .in = &request,
                     .in_size = sizeof(request),
                     .out = &answer,
                     .out_capacity = sizeof(answer),
                     .body = { (void *)data, size, -1 },
                     .result = { result, RESULT_SIZE, -1 } };
    int rc = worker_picture(&io);
    uint32_t i;

    if (rc < 0 || !job_answer_check(&answer, (size_t)rc, RESULT_SIZE))
        abort();
    for (i = 0; i < answer.star_count; i++)
        if (!job_star_check((const job_star *)result + i, answer.width,
                            answer.height))
            abort();
    return 0;
}
