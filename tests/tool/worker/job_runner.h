/* job_runner.h: the job "picture" in the test's own process. */
#ifndef TESTS_TOOL_WORKER_JOB_RUNNER_H
#define TESTS_TOOL_WORKER_JOB_RUNNER_H

#include <stddef.h>

#include "samples.h"
#include "worker/job.h"

enum { RUN_RESULT_SIZE = 16 << 20 };

typedef struct job_run {
    job_answer answer;
    job_star *stars;       /* in the result memory */
    const uint8_t *marked; /* NULL: there is none */
    size_t marked_size;
    void *result;
} job_run;

/* Run with whatever is asked for, 16 megapixels allowed unless said, and check
 * the answer as the main program does. */
job_run run_request_of(job_request request, const uint8_t *data, size_t size);

/* Run with draw and 16 megapixels allowed, and check the answer as the main
 * program does. Release with run_free(). */
job_run run_stars(const uint8_t *data, size_t size);

/* Run, check verdict and that good and bad answers are consistent, free. */
void expect_verdict(const sample *file, uint32_t verdict, const char *words);

void run_free(job_run *run);

#endif
