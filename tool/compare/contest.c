/* What a comparison keeps, and the figures that follow from it.
 *
 * A round is over in a second or two, and whatever else the machine does falls
 * on some rounds and not on others: so the modes take turns in another order in
 * each round, and of each mode the median counts.
 */
#include "compare/contest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const contest_shape contest_shapes[CONTEST_MODES] = {
    [CONTEST_SEQUENTIAL] = { .name = "sequential",
                             .words = "one picture after another: fetched, "
                                      "then worked on",
                             .blocks = true },
    [CONTEST_THREADS] = { .name = "threads",
                          .words = "threads that each fetch a picture, "
                                   "blocking, and work on it",
                          .scales = true,
                          .many_lanes = true,
                          .blocks = true },
    [CONTEST_PROCESSES] = { .name = "processes",
                            .words = "the same with a process for each "
                                     "worker",
                            .scales = true,
                            .many_lanes = true,
                            .blocks = true,
                            .processes = true },
    [CONTEST_ASYNC] = { .name = "async only",
                        .words = "downloads in flight together; the work stops "
                                 "them all",
                        .many_downloads = true,
                        .blocks = true },
    [CONTEST_HYBRID] = { .name = "hybrid",
                         .words = "downloads in flight together, work in "
                                  "processes beside them",
                         .scales = true,
                         .many_downloads = true,
                         .processes = true },
};

static int add(contest *contest, enum contest_mode mode, int workers)
{
    contestant *c = &contest->list[contest->count++];

    *c = (contestant){ .mode = mode, .workers = workers };
    c->rounds = calloc((size_t)contest->round_count, sizeof *c->rounds);
    if (c->rounds == NULL)
        return -ENOMEM;
    for (int i = 0; i < contest->round_count; i++) {
        c->rounds[i].spans =
            calloc((size_t)contest->pictures, sizeof *c->rounds[i].spans);
        if (c->rounds[i].spans == NULL)
            return -ENOMEM;
    }
    return 0;
}

int contest_init(contest *contest, int pictures, int rounds, int from, int to)
{
    int counts = to - from + 1, rc = 0;

    if (rounds > CONTEST_ROUNDS_MAX)
        return -EINVAL;
    contest->pictures = pictures;
    contest->round_count = rounds;
    contest->list =
        calloc((size_t)(CONTEST_MODES * counts), sizeof(contestant));
    if (contest->list == NULL)
        return -ENOMEM;
    for (int mode = 0; mode < CONTEST_MODES && rc == 0; mode++) {
        if (!contest_shapes[mode].scales)
            rc = add(contest, mode, 1);
        else
            for (int workers = from; workers <= to && rc == 0; workers++)
                rc = add(contest, mode, workers);
    }
    return rc;
}

void contest_fini(contest *contest)
{
    for (int i = 0; i < contest->count; i++) {
        contestant *c = &contest->list[i];

        for (int r = 0; c->rounds != NULL && r < contest->round_count; r++)
            free(c->rounds[r].spans);
        free(c->rounds);
    }
    free(contest->list);
    contest->list = NULL;
    contest->count = 0;
}

static uint64_t draw(uint64_t *seed)
{
    uint64_t x = *seed += 0x9e3779b97f4a7c15u;

    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

void contest_shuffle(const contest *contest, uint64_t *seed, int order[])
{
    for (int i = 0; i < contest->count; i++) {
        int j = (int)(draw(seed) % (uint64_t)(i + 1));

        order[i] = order[j];
        order[j] = i;
    }
}

/* The figures. */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static int by_wall(const void *a, const void *b)
{
    return by_size(&(*(const contest_round *const *)a)->wall_s,
                   &(*(const contest_round *const *)b)->wall_s);
}

/* Of an even number the lower one in the middle: a round that there was. */
static double middle(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, by_size);
    return values[(count - 1) / 2];
}

static int by_begin(const void *a, const void *b)
{
    sl_time x = ((const contest_span *)a)->begun;
    sl_time y = ((const contest_span *)b)->begun;

    return (x > y) - (x < y);
}

/* How long at least one picture was being worked on: the spans' union. */
static double worked_s(const contest_round *round, int pictures)
{
    contest_span *spans = malloc((size_t)pictures * sizeof *spans);
    sl_time worked = 0, until = 0;

    if (spans == NULL)
        return 0;
    memcpy(spans, round->spans, (size_t)pictures * sizeof *spans);
    qsort(spans, (size_t)pictures, sizeof *spans, by_begin);
    for (int i = 0; i < pictures; i++) {
        sl_time begin = spans[i].begun > until ? spans[i].begun : until;

        if (spans[i].ended > begin) {
            worked += spans[i].ended - begin;
            until = spans[i].ended;
        }
    }
    free(spans);
    return (double)worked / 1e9;
}

/* Where fewer cores are granted than there are, others have cores of their
 * own, and what they do there is not known to matter. */
static double others_in(const contest *contest, const contest_round *round)
{
    double share = round->others_s / (round->wall_s * contest->cores);

    return contest->cores == sysconf(_SC_NPROCESSORS_ONLN) && share > 0 ? share
                                                                        : 0;
}

static void judge(const contest *contest, contestant *c)
{
    const contest_round *by_time[CONTEST_ROUNDS_MAX];
    double cpu[CONTEST_ROUNDS_MAX], memory[CONTEST_ROUNDS_MAX];
    double others[CONTEST_ROUNDS_MAX];
    int n = contest->round_count;

    for (int i = 0; i < n; i++) {
        by_time[i] = &c->rounds[i];
        cpu[i] = c->rounds[i].cpu_s;
        memory[i] = (double)c->rounds[i].memory;
        others[i] = others_in(contest, &c->rounds[i]);
    }
    qsort(by_time, (size_t)n, sizeof by_time[0], by_wall);
    c->typical = by_time[(n - 1) / 2];
    c->median_s = c->typical->wall_s;
    c->least_s = by_time[0]->wall_s;
    c->most_s = by_time[n - 1]->wall_s;
    c->cpu_s = middle(cpu, n);
    c->memory = (uint64_t)middle(memory, n);
    c->others = middle(others, n);
    c->busy = c->cpu_s / (c->median_s * contest->cores);
    if (c->busy > 1)
        c->busy = 1;
    c->waiting = 1 - worked_s(c->typical, contest->pictures) / c->median_s;
    if (c->waiting < 0)
        c->waiting = 0;
}

static double judge_others(const contest *contest)
{
    int n = contest->count * contest->round_count;
    double *shares = malloc((size_t)n * sizeof *shares), share = 0;

    if (shares == NULL)
        return 0;
    for (int i = 0; i < n; i++)
        shares[i] = others_in(contest, &contest->list[i / contest->round_count]
                                            .rounds[i % contest->round_count]);
    share = middle(shares, n);
    free(shares);
    return share;
}

void contest_judge(contest *contest)
{
    contest->others = judge_others(contest);
    for (int i = 0; i < contest->count; i++)
        judge(contest, &contest->list[i]);
    for (int i = 0; i < contest->count; i++)
        contest->list[i].speedup =
            contest->list[0].median_s / contest->list[i].median_s;
}

const contestant *contest_winner(const contest *contest)
{
    const contestant *best = &contest->list[0];

    for (int i = 1; i < contest->count; i++)
        if (contest->list[i].median_s < best->median_s)
            best = &contest->list[i];
    return best;
}

void contest_name(const contest *contest, const contestant *c, char *out,
                  size_t size)
{
    const contest_shape *shape = &contest_shapes[c->mode];
    int same = 0;

    for (int i = 0; i < contest->count; i++)
        same += contest->list[i].mode == c->mode;
    if (same == 1)
        snprintf(out, size, "%s", shape->name);
    else
        snprintf(out, size, "%s, %d worker%s", shape->name, c->workers,
                 c->workers == 1 ? "" : "s");
}
