/* The scorer itself: a wrong ruler would make every figure wrong. */
#include "support/match.h"
#include "support/test.h"

static match_score score_of(const match_star *truth, size_t truth_count,
                            const match_star *found, size_t found_count)
{
    match_score score;

    CHECK_EQ(match_stars(truth, truth_count, found, found_count, &score), 0);
    return score;
}

TEST(match_counts_hits_misses_and_false_ones)
{
    const match_star truth[] = { { 10, 10, 3, 50 },
                                 { 40, 10, 3, 20 },
                                 { 70, 10, 3, 12 },
                                 { 90, 10, 3, 5 } };
    const match_star found[] = { { .x = 90, .y = 10 },
                                 { .x = 41, .y = 10 },
                                 { .x = 10, .y = 11 },
                                 { .x = 55, .y = 55 } };
    match_score score = score_of(truth, 4, found, 4);

    CHECK_EQ(score.to_find, 3);
    CHECK_EQ(score.hit, 2);
    CHECK_EQ(score.right, 3); /* a faint star that was found is no mistake */
    CHECK_NEAR(score.recall, 2.0 / 3, 1e-9);
    CHECK_NEAR(score.precision, 0.75, 1e-9);
    CHECK_NEAR(score.rms_px, 0.7071, 1e-3);
}

TEST(match_uses_a_detection_once_and_for_the_brightest)
{
    const match_star truth[] = { { 10, 10, 3, 90 }, { 11, 10, 3, 12 } };
    const match_star found[] = { { .x = 10.9, .y = 10 } };
    match_score score = score_of(truth, 2, found, 1);

    CHECK_EQ(score.hit, 1);
    CHECK_NEAR(score.rms_px, 0.9 / 1.41421, 1e-3);
}

TEST(match_takes_the_nearest_within_reach)
{
    const match_star truth[] = { { 10, 10, 3, 90 } };
    const match_star found[] = { { .x = 10, .y = 8.5 },
                                 { .x = 10.5, .y = 10 } };
    const match_star far[] = { { .x = 10, .y = 12.01 } };
    const match_star wide[] = { { 10, 10, 6, 90 } };

    CHECK_NEAR(score_of(truth, 1, found, 2).rms_px, 0.5 / 1.41421, 1e-3);
    CHECK_EQ(score_of(truth, 1, far, 1).hit, 0);
    CHECK_EQ(score_of(wide, 1, far, 1).hit, 1); /* half of its FWHM */
}

TEST(match_of_nothing_is_perfect)
{
    match_score score = score_of(NULL, 0, NULL, 0);

    CHECK_NEAR(score.recall, 1, 0);
    CHECK_NEAR(score.precision, 1, 0);
}
