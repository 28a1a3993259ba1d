/* The worker program as the main program runs it: in another process, inside
 * the sandbox. What works in the test's own process may still open a file or
 * make a call there that is forbidden.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <spng.h>
#include <turbojpeg.h>

#include <starling/error.h>
#include <starling/loop.h>
#include <starling/pool.h>

#include "programs.h"
#include "samples.h"
#include "support/test.h"
#include "worker/job.h"
#include "worker/sky/sky.h"

enum { RESULT_SIZE = 4 << 20 };

/* Run the job on the file; the result memory is the caller's to close. */
static job_answer ask(sl_pool *pool, const sample *file, sl_shm *result)
{
    job_request request = { .body_size = file->size,
                            .max_pixels = 16 << 20,
                            .operations = JOB_DO_STARS,
                            .draw = true };
    job_answer answer = { 0 };
    sl_shm body;
    int rc;

    CHECK_EQ(sl_shm_open(file->size, &body), 0);
    CHECK_EQ(sl_shm_open(RESULT_SIZE, result), 0);
    memcpy(body.data, file->data, file->size);
    rc = sl_pool_run(pool, &(sl_job_request){ .job = JOB_PICTURE,
                                              .in = &request,
                                              .in_size = sizeof(request),
                                              .out = &answer,
                                              .out_capacity = sizeof(answer),
                                              .body = &body,
                                              .result = result });
    if (rc < 0)
        test_fail(__FILE__, __LINE__, "job: %d %s", rc, sl_errmsg());
    CHECK(job_answer_check(&answer, (size_t)rc, RESULT_SIZE));
    sl_shm_close(&body);
    return answer;
}

static void expect_field(sl_pool *pool, sample file)
{
    sl_shm result;
    job_answer answer = ask(pool, &file, &result);

    CHECK_STR(answer.reason, "");
    CHECK_EQ(answer.star_count, FIELD_STARS);
    CHECK(job_answer_output(&answer, JOB_MARKED, 0) != NULL);
    sl_shm_close(&result);
    free(file.data);
}

static int read_every_format(sl_pool *pool)
{
    sample grey = sample_pixels(1), rgb = sample_pixels(3);

    expect_field(pool, encode_jpeg(rgb.data, FIELD_WIDTH, FIELD_HEIGHT,
                                   TJPF_RGB, TJSAMP_420, TJFLAG_PROGRESSIVE));
    expect_field(pool, encode_png(rgb.data, rgb.size, FIELD_WIDTH, FIELD_HEIGHT,
                                  SPNG_COLOR_TYPE_TRUECOLOR, 8));
    expect_field(pool, encode_webp(rgb.data, FIELD_WIDTH, FIELD_HEIGHT));
    expect_field(pool, encode_gif(grey.data, FIELD_WIDTH, FIELD_HEIGHT, 1));
    expect_field(pool, sample_fits16());
    free(grey.data);
    free(rgb.data);
    return 0;
}

static int refuse_a_cut_file(sl_pool *pool)
{
    sample whole = sample_fits16(), part = cut(&whole, whole.size / 2);
    sl_shm result;
    job_answer answer = ask(pool, &part, &result);

    CHECK_EQ(answer.verdict, JOB_TRUNCATED);
    sl_shm_close(&result);
    free(part.data);
    free(whole.data);
    return 0;
}

static int draw_and_find_a_sky(sl_pool *pool)
{
    job_sky_request request = {
        .seed = 3, .width = 640, .height = 480, .stars = 120, .quality = 90
    };
    job_sky_answer sky;
    job_answer found;
    sl_shm memory, result;
    sample file;
    int rc;

    CHECK_EQ(sl_shm_open(sky_result_size(&request), &memory), 0);
    rc = sl_pool_run(pool, &(sl_job_request){ .job = JOB_SKY,
                                              .in = &request,
                                              .in_size = sizeof(request),
                                              .out = &sky,
                                              .out_capacity = sizeof(sky),
                                              .result = &memory });
    CHECK_EQ(rc, sizeof(sky));
    file = (sample){ (uint8_t *)memory.data + sky.picture_offset,
                     sky.picture_size };
    found = ask(pool, &file, &result);
    CHECK_EQ(found.verdict, JOB_GOOD);
    CHECK(found.star_count >= sky.stars_at_10 * 85 / 100);
    CHECK(found.star_count <= 120);
    sl_shm_close(&result);
    sl_shm_close(&memory);
    return 0;
}

/* Ask with the file behind the request, and `room` bytes behind the answer. */
static int ask_inline(sl_pool *pool, const sample *file, size_t room,
                      job_answer *answer)
{
    job_request request = { .body_size = file->size,
                            .max_pixels = 16 << 20,
                            .operations = JOB_DO_STARS,
                            .draw = true };
    size_t capacity = sizeof(*answer) + room;
    char *in = malloc(sizeof(request) + file->size), *out = malloc(capacity);
    int rc;

    memcpy(in, &request, sizeof(request));
    memcpy(in + sizeof(request), file->data, file->size);
    rc = sl_pool_run(pool,
                     &(sl_job_request){ .job = JOB_PICTURE,
                                        .in = in,
                                        .in_size = sizeof(request) + file->size,
                                        .out = out,
                                        .out_capacity = capacity });
    if (rc >= (int)sizeof(*answer)) {
        memcpy(answer, out, sizeof(*answer));
        CHECK(job_answer_check(answer, sizeof(*answer),
                               (size_t)rc - sizeof(*answer)));
    }
    free(in);
    free(out);
    return rc;
}

static int carry_a_picture_with_its_request(sl_pool *pool)
{
    sample rgb = sample_pixels(3);
    sample file = encode_webp(rgb.data, FIELD_WIDTH, FIELD_HEIGHT);
    job_answer answer;

    CHECK(ask_inline(pool, &file, RESULT_SIZE / 4, &answer) > 0);
    CHECK_EQ(answer.verdict, JOB_GOOD);
    CHECK_EQ(answer.star_count, FIELD_STARS);
    CHECK(job_answer_output(&answer, JOB_MARKED, 0) != NULL);
    CHECK_EQ(ask_inline(pool, &file, 5000, &answer), -ENOSPC);
    free(file.data);
    free(rgb.data);
    return 0;
}

typedef struct session {
    int (*body)(sl_pool *pool);
} session;

static int hold_session(void *arg)
{
    const session *session = arg;
    sl_process_pool_options options = { .program = WORKER_PROGRAM,
                                        .workers = 1 };
    sl_pool *pool;
    int rc = sl_process_pool_open(&options, &pool);

    if (rc < 0)
        test_fail(__FILE__, __LINE__, "open: %d %s", rc, sl_errmsg());
    rc = session->body(pool);
    CHECK_EQ(sl_pool_close(pool), 0);
    return rc;
}

TEST_LIMIT(every_format_is_read_inside_the_sandbox, 60)
{
    session session = { read_every_format };

    CHECK_EQ(sl_run(hold_session, &session), 0);
}

TEST(a_bad_picture_is_an_answer_and_no_crash)
{
    session session = { refuse_a_cut_file };

    CHECK_EQ(sl_run(hold_session, &session), 0);
}

TEST(a_small_picture_goes_with_its_request_and_back_with_the_answer)
{
    session session = { carry_a_picture_with_its_request };

    CHECK_EQ(sl_run(hold_session, &session), 0);
}

TEST(a_drawn_sky_is_found_again)
{
    session session = { draw_and_find_a_sky };

    CHECK_EQ(sl_run(hold_session, &session), 0);
}
