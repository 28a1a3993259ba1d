/* The job runs here under the leak checker as well. SEP 1.2.1 allocates two
 * columns of every catalogue twice and loses the first; nothing outside it can
 * free them, so leaks from within SEP do not fail a test. libheif 1.15 and
 * dav1d lose what a broken picture had, x265 a little with every picture.
 */
#include "job_runner.h"

#include <stdlib.h>
#include <string.h>

#include "support/test.h"
#include "worker/picture_job.h"

const char *__lsan_default_suppressions(void);

/* The leak checker asks for this by its name. */
__attribute__((visibility("default"))) const char *
__lsan_default_suppressions(void)
{
    return "leak:libsep.so\nleak:libheif.so\nleak:libdav1d.so\n"
           "leak:libx265.so\n";
}

job_run run_request_of(job_request request, const uint8_t *data, size_t size)
{
    job_run run = { .result = malloc(RUN_RESULT_SIZE) };
    sl_job_io io = { .in = &request,
                     .in_size = sizeof(request),
                     .out = &run.answer,
                     .out_capacity = sizeof(run.answer),
                     .body = { (void *)data, size, -1 },
                     .result = { run.result, RUN_RESULT_SIZE, -1 } };
    const job_output *marked;
    uint32_t i;
    int rc;

    request.body_size = size;
    if (request.max_pixels == 0)
        request.max_pixels = 16 << 20;
    rc = worker_picture(&io);
    CHECK_EQ(rc, sizeof(run.answer));
    CHECK(job_answer_check(&run.answer, (size_t)rc, RUN_RESULT_SIZE));
    run.stars =
        (job_star *)(void *)((uint8_t *)run.result + run.answer.stars_offset);
    marked = job_answer_output(&run.answer, JOB_MARKED, 0);
    if (marked != NULL) {
        run.marked = (const uint8_t *)run.result + marked->offset;
        run.marked_size = marked->size;
    }
    for (i = 0; i < run.answer.star_count; i++)
        CHECK(
            job_star_check(&run.stars[i], run.answer.width, run.answer.height));
    return run;
}

job_run run_stars(const uint8_t *data, size_t size)
{
    return run_request_of(
        (job_request){ .operations = JOB_DO_STARS, .draw = true }, data, size);
}

void run_free(job_run *run)
{
    free(run->result);
    run->result = NULL;
}

void expect_verdict(const sample *file, uint32_t verdict, const char *words)
{
    job_run run = run_stars(file->data, file->size);

    CHECK_STR(job_verdict_name(run.answer.verdict), job_verdict_name(verdict));
    if (strstr(run.answer.reason, words) == NULL)
        CHECK_STR(run.answer.reason, words);
    run_free(&run);
}
