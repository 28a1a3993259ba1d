/* rounds.h: comparisons with figures of one's own. */
#ifndef TESTS_TOOL_COMPARE_ROUNDS_H
#define TESTS_TOOL_COMPARE_ROUNDS_H

#include "compare/contest.h"
#include "support/test.h"

#include <stdio.h>

/* Two pictures, three rounds: each mode takes the seconds given, in the middle
 * round 0.1 s less and in the last 0.1 s more, and works for the first half of
 * them. */
static inline void rounds_fill(contest *contest, int from, int to,
                               const double seconds[])
{
    *contest = (struct contest){ .op = "stars",
                                 .version = "1.2.3",
                                 .command_line = "starling compare <sky> & co",
                                 .cores = 2,
                                 .downloads = 64,
                                 .bytes = 3000000,
                                 .latency = SL_MS(100) };
    snprintf(contest->machine, sizeof contest->machine, "2 cores");
    CHECK_EQ(contest_init(contest, 2, 3, from, to), 0);
    for (int i = 0; i < contest->count; i++)
        for (int r = 0; r < 3; r++) {
            contest_round *round = &contest->list[i].rounds[r];
            sl_time end;

            round->wall_s = seconds[i] + (r == 1 ? -0.1 : r == 2 ? 0.1 : 0);
            round->cpu_s = 0.5;
            round->memory = 50u << 20;
            end = (sl_time)(round->wall_s * 1e9);
            round->spans[0] = (contest_span){ 0, end / 8, end / 8, end / 2 };
            round->spans[1] =
                (contest_span){ 0, end / 4, end / 4, end / 2 + end / 8 };
        }
    contest_judge(contest);
}

#endif
