/* What a worker says is input: answers that make no sense are not believed. */
#include <math.h>
#include <string.h>

#include "support/test.h"
#include "worker/job.h"

static job_answer good_answer(void)
{
    job_answer answer = {
        .verdict = JOB_GOOD,
        .format = JOB_JPEG,
        .width = 100,
        .height = 80,
        .star_count = 2,
        .noise = 1,
        .output_count = 1,
        .outputs = { { .kind = JOB_MARKED,
                       .format = JOB_JPEG,
                       .width = 100,
                       .height = 80,
                       .offset = 200,
                       .size = 1000 } },
    };

    return answer;
}

static bool is_accepted(const job_answer *answer, size_t result_size)
{
    return job_answer_check(answer, sizeof(*answer), result_size);
}

TEST(an_answer_that_holds_together_is_accepted)
{
    job_answer answer = good_answer();

    CHECK(is_accepted(&answer, 1200));
}

TEST(a_look_within_is_good_with_a_format_or_has_a_reason)
{
    job_look_answer answer = { .verdict = JOB_GOOD, .format = JOB_FITS };

    CHECK(job_look_check(&answer, sizeof answer));
    CHECK(!job_look_check(&answer, sizeof answer - 1));
    answer.format = JOB_FORMATS;
    CHECK(!job_look_check(&answer, sizeof answer));
    answer = (job_look_answer){ .verdict = JOB_EMPTY };
    CHECK(!job_look_check(&answer, sizeof answer));
    strcpy(answer.reason, "nothing");
    CHECK(job_look_check(&answer, sizeof answer));
    strcpy(answer.reason, "\x1b[2J");
    CHECK(!job_look_check(&answer, sizeof answer));
    memset(answer.reason, 'x', sizeof answer.reason);
    CHECK(!job_look_check(&answer, sizeof answer));
    answer = (job_look_answer){ .verdict = JOB_VERDICTS, .reason = "x" };
    CHECK(!job_look_check(&answer, sizeof answer));
}

TEST(a_picture_must_lie_inside_the_memory)
{
    job_answer answer = good_answer();

    CHECK(!is_accepted(&answer, 1199));
    answer.outputs[0].offset = UINT64_MAX - 10;
    CHECK(!is_accepted(&answer, 1200));
    answer = good_answer();
    answer.outputs[0].size = UINT64_MAX;
    CHECK(!is_accepted(&answer, 1200));
    answer = good_answer();
    answer.stars_offset = 1200 - 2 * sizeof(job_star);
    CHECK(is_accepted(&answer, 1200));
    answer.stars_offset += _Alignof(job_star);
    CHECK(!is_accepted(&answer, 1200));
    answer.stars_offset = 4; /* no place for numbers of 8 bytes */
    CHECK(!is_accepted(&answer, 1200));
}

TEST(a_picture_must_be_of_a_kind_and_format_that_are_made_and_only_once)
{
    job_answer answer = good_answer();

    answer.outputs[0].kind = JOB_KINDS;
    CHECK(!is_accepted(&answer, 1200));
    answer = good_answer();
    answer.outputs[0].format = JOB_GIF;
    CHECK(!is_accepted(&answer, 1200));
    answer.outputs[0].format = JOB_PNG; /* marked ones are JPEGs */
    CHECK(!is_accepted(&answer, 1200));
    answer.outputs[0].kind = JOB_EDGES;
    CHECK(is_accepted(&answer, 1200));
    answer.outputs[1] = answer.outputs[0];
    answer.output_count = 2;
    CHECK(!is_accepted(&answer, 1200));
    answer.outputs[1].kind = JOB_THUMB;
    CHECK(is_accepted(&answer, 1200));
    answer.outputs[1].index = JOB_THUMBS_MAX;
    CHECK(!is_accepted(&answer, 1200));
    answer.output_count = JOB_OUTPUTS_MAX + 1;
    CHECK(!is_accepted(&answer, 1200));
}

TEST(more_stars_than_there_is_memory_are_refused)
{
    job_answer answer = good_answer();

    answer.output_count = 0;
    CHECK(!is_accepted(&answer, sizeof(job_star)));
    answer.star_count = JOB_STARS_MAX + 1;
    CHECK(!is_accepted(&answer, SIZE_MAX));
    answer.star_count = UINT32_MAX;
    CHECK(!is_accepted(&answer, SIZE_MAX));
}

TEST(verdict_format_and_reason_must_agree)
{
    job_answer answer = good_answer();

    answer.verdict = JOB_VERDICTS;
    CHECK(!is_accepted(&answer, 1200));
    answer.verdict = JOB_CORRUPT; /* a bad picture has no stars */
    CHECK(!is_accepted(&answer, 1200));
    answer = (job_answer){ .verdict = JOB_CORRUPT };
    CHECK(!is_accepted(&answer, 1200)); /* no reason given */
    strcpy(answer.reason, "JPEG data error");
    CHECK(is_accepted(&answer, 1200));
    strcpy(answer.reason, "two\nlines");
    CHECK(!is_accepted(&answer, 1200));
    memset(answer.reason, 'x', sizeof(answer.reason)); /* no end */
    CHECK(!is_accepted(&answer, 1200));
}

TEST(numbers_must_be_finite)
{
    job_answer answer = good_answer();

    answer.background = NAN;
    CHECK(!is_accepted(&answer, 1200));
    answer = good_answer();
    answer.noise = INFINITY;
    CHECK(!is_accepted(&answer, 1200));
}

TEST(a_star_must_lie_inside_its_picture)
{
    job_star star = { .x = 99, .y = 79 };

    CHECK(job_star_check(&star, 100, 80));
    star.x = 99.6;
    CHECK(!job_star_check(&star, 100, 80));
    star.x = NAN;
    CHECK(!job_star_check(&star, 100, 80));
    star.x = 5;
    star.flags = 16;
    CHECK(!job_star_check(&star, 100, 80));
    star.flags = 8;
    star.ra = star.dec = NAN;
    CHECK(job_star_check(&star, 100, 80));
    star.ra = 361;
    CHECK(!job_star_check(&star, 100, 80));
    star.ra = star.dec = 0;
    star.snr = -INFINITY;
    CHECK(!job_star_check(&star, 100, 80));
}

TEST(each_verdict_and_format_has_its_word)
{
    uint32_t i;

    for (i = 0; i < JOB_VERDICTS; i++)
        CHECK(job_verdict_name(i) != NULL);
    CHECK(job_verdict_name(JOB_VERDICTS) == NULL);
    for (i = JOB_JPEG; i < JOB_FORMATS; i++)
        CHECK(job_format_extension(i)[0] == '.');
    CHECK_STR(job_format_extension(JOB_FORMATS), "");
}
