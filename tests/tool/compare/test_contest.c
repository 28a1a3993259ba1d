/* The figures follow from the rounds, and the sentence from the figures. */
#include "rounds.h"

#include <math.h>

static const double seconds[] = { 4, 2, 2.5, 1.25, 1 };

static bool is_about(double value, double expected)
{
    return fabs(value - expected) < 1e-6;
}

TEST(each_mode_is_there_and_those_that_scale_once_for_each_number)
{
    contest contest = { .cores = 2 };
    int of_mode[CONTEST_MODES] = { 0 };

    CHECK_EQ(contest_init(&contest, 10, 5, 2, 4), 0);
    CHECK_EQ(contest.count, 2 + 3 * 3);
    CHECK_EQ(contest.list[0].mode, CONTEST_SEQUENTIAL);
    for (int i = 0; i < contest.count; i++) {
        of_mode[contest.list[i].mode]++;
        CHECK_EQ(contest.list[i].workers > 1,
                 contest_shapes[contest.list[i].mode].scales);
    }
    CHECK_EQ(of_mode[CONTEST_ASYNC], 1);
    CHECK_EQ(of_mode[CONTEST_HYBRID], 3);
    contest_fini(&contest);
}

TEST(an_order_holds_each_contestant_once_and_changes)
{
    contest contest = { .cores = 2 };
    uint64_t seed = 1;
    int order[2][16], seen[16] = { 0 };

    CHECK_EQ(contest_init(&contest, 1, 1, 1, 4), 0);
    contest_shuffle(&contest, &seed, order[0]);
    contest_shuffle(&contest, &seed, order[1]);
    for (int i = 0; i < contest.count; i++)
        seen[order[0][i]]++;
    for (int i = 0; i < contest.count; i++)
        CHECK_EQ(seen[i], 1);
    CHECK(memcmp(order[0], order[1], sizeof(int) * (size_t)contest.count) != 0);
    contest_fini(&contest);
}

TEST(the_median_counts_and_the_range_is_kept)
{
    contest contest;
    const contestant *c;

    rounds_fill(&contest, 2, 2, seconds);
    c = &contest.list[0];
    CHECK(is_about(c->median_s, 4));
    CHECK(is_about(c->least_s, 3.9));
    CHECK(is_about(c->most_s, 4.1));
    CHECK(is_about(c->speedup, 1));
    CHECK(is_about(contest.list[4].speedup, 4));
    CHECK(is_about(c->busy, 0.5 / (4 * 2)));
    CHECK(c->typical == &c->rounds[0]);
    CHECK(contest_winner(&contest) == &contest.list[4]);
    contest_fini(&contest);
}

TEST(time_in_which_two_pictures_are_worked_on_counts_once)
{
    contest contest;

    rounds_fill(&contest, 2, 2, seconds);
    CHECK(is_about(contest.list[0].waiting, 0.5));
    contest_fini(&contest);
}

TEST(a_name_says_how_many_workers_only_where_they_differ)
{
    contest contest;
    char name[40];
    const double more[] = { 4, 3, 2, 3, 2, 2, 3, 1 };

    rounds_fill(&contest, 2, 2, seconds);
    contest_name(&contest, &contest.list[4], name, sizeof name);
    CHECK_STR(name, "hybrid");
    contest_fini(&contest);
    rounds_fill(&contest, 1, 2, more);
    contest_name(&contest, &contest.list[0], name, sizeof name);
    CHECK_STR(name, "sequential");
    contest_name(&contest, &contest.list[6], name, sizeof name);
    CHECK_STR(name, "hybrid, 1 worker");
    contest_name(&contest, &contest.list[7], name, sizeof name);
    CHECK_STR(name, "hybrid, 2 workers");
    contest_fini(&contest);
}

TEST(the_sentence_says_why_from_the_figures)
{
    contest contest;
    char why[CONTEST_WHY_MAX];

    rounds_fill(&contest, 2, 2, seconds);
    contest.others = 0;
    contest_why(&contest, why);
    CHECK_STR(why,
              "sequential: the CPU was idle 94 % of the time, as for 50 % of "
              "the time nothing but a download was going on; hybrid was 4.0 "
              "times as fast by waiting for up to 64 downloads while 2 workers "
              "worked, and left it idle 75 % of the time.");
    /* What others had is not idle. */
    contest.others = contest.list[0].others = 0.5;
    contest.list[4].others = 0.9;
    contest_why(&contest, why);
    CHECK(strstr(why, "the CPU was idle 44 % of the time (other programs had "
                      "50 %), as ") != NULL);
    CHECK(strstr(why, "idle 0 % of the time (other programs had 90 %).") !=
          NULL);
    contest_fini(&contest);
}

TEST(the_sentence_speaks_of_threads_as_many)
{
    const double threads[] = { 4, 1, 2, 2, 2 };
    contest contest;
    char why[CONTEST_WHY_MAX];

    rounds_fill(&contest, 2, 2, threads);
    contest.others = 0;
    contest_why(&contest, why);
    CHECK(strstr(why, "threads were 4.0 times as fast by waiting and working "
                      "on 2 threads") != NULL);
    contest_fini(&contest);
}

TEST(the_sentence_claims_no_gain_where_there_is_none)
{
    const double same[] = { 1, 1, 1.1, 1.2, 0.99 };
    contest contest;
    char why[CONTEST_WHY_MAX];

    rounds_fill(&contest, 2, 2, same);
    contest.others = 0;
    contest_why(&contest, why);
    CHECK_STR(why, "sequential: the CPU was idle 75 % of the time, and no "
                   "other way made use of that here.");
    contest_fini(&contest);
}
