/* The finder against the truth, on skies that nobody has looked at while it was
 * made: the two have nothing in common but the file format. */
#include "worker/sky/sky.h"

#include <stdlib.h>

#include "job_runner.h"
#include "support/match.h"
#include "support/test.h"

enum { RESULT_SIZE = 8 << 20 };

static match_star *to_match(const job_star *stars, size_t count)
{
    match_star *list = calloc(count + 1, sizeof *list);

    CHECK(list != NULL);
    for (size_t i = 0; i < count; i++)
        list[i] = (match_star){ stars[i].x, stars[i].y, (double)stars[i].fwhm,
                                (double)stars[i].snr };
    return list;
}

static job_sky_answer draw(const job_sky_request *request, void *memory)
{
    job_sky_answer answer;
    sl_job_io io = { .in = request,
                     .in_size = sizeof *request,
                     .out = &answer,
                     .out_capacity = sizeof answer,
                     .result = { .data = memory, .size = RESULT_SIZE } };

    CHECK_EQ(worker_sky(&io), (int)sizeof answer);
    return answer;
}

static match_score score(uint64_t seed, uint32_t quality)
{
    job_sky_request request = { .seed = seed,
                                .width = 1280,
                                .height = 960,
                                .stars = 450,
                                .quality = quality };
    void *sky = calloc(1, RESULT_SIZE);
    job_sky_answer drawn;
    job_run run;
    match_star *truth, *found;
    match_score score;

    CHECK(sky != NULL);
    drawn = draw(&request, sky);
    run = run_stars((uint8_t *)sky + drawn.picture_offset, drawn.picture_size);
    CHECK_EQ(run.answer.verdict, JOB_GOOD);
    truth = to_match(sky, drawn.star_count);
    found = to_match(run.stars, run.answer.star_count);
    CHECK_EQ(match_stars(truth, drawn.star_count, found, run.answer.star_count,
                         &score),
             0);
    CHECK_EQ(score.to_find, drawn.stars_at_10);
    free(truth);
    free(found);
    free(sky);
    run_free(&run);
    return score;
}

TEST_LIMIT(finder_finds_most_stars_and_little_else, 60)
{
    for (uint64_t seed = 90001; seed < 90009; seed++) {
        match_score result = score(seed, 90);

        CHECK(result.to_find > 100);
        CHECK(result.recall >= 0.85);
        CHECK(result.precision >= 0.90);
        CHECK(result.rms_px <= 0.3);
    }
}

TEST_LIMIT(finder_copes_with_coarser_compression, 60)
{
    match_score result = score(90100, 75);

    CHECK(result.recall >= 0.75);
    CHECK(result.precision >= 0.80);
}
