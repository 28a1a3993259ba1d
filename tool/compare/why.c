/* The sentence at the end: why the fastest is faster, from what was measured
 * and not from what one expects. */
#include "compare/contest.h"

#include <stdio.h>

static double percent(double share)
{
    return 100 * share;
}

/* Idle cores have two causes. Which of them was the greater in sequential? */
static void explain_idle(const contest *contest, const contestant *c, char *out,
                         size_t size)
{
    double no_work = (1 - c->waiting) * (contest->cores - 1) / contest->cores;

    if (c->waiting >= no_work)
        snprintf(out, size,
                 "for %.0f %% of the time nothing but a download was going on",
                 percent(c->waiting));
    else
        snprintf(out, size, "only one of %d cores had something to do",
                 contest->cores);
}

static void explain_mode(const contest *contest, const contestant *c, char *out,
                         size_t size)
{
    const char *many = c->workers == 1 ? "" : "s";

    switch (c->mode) {
    case CONTEST_THREADS:
        snprintf(out, size, "by waiting and working on %d thread%s", c->workers,
                 many);
        break;
    case CONTEST_PROCESSES:
        snprintf(out, size,
                 "by waiting for and working on %d picture%s at once",
                 c->workers, many);
        break;
    case CONTEST_ASYNC:
        snprintf(out, size, "by waiting for up to %d downloads at once",
                 contest->downloads);
        break;
    default:
        snprintf(out, size,
                 "by waiting for up to %d downloads while %d worker%s worked",
                 contest->downloads, c->workers, many);
    }
}

/* How long the CPU had nothing to do: what others use is not idle, and they may
 * use in one mode what they left in another. */
static void tell_idle(const contest *contest, const contestant *c, char *out,
                      size_t size)
{
    bool matter = contest->others >= CONTEST_OTHERS_MATTER;
    double idle = 1 - c->busy - (matter ? c->others : 0);

    if (idle < 0)
        idle = 0;
    if (matter)
        snprintf(out, size, "%.0f %% of the time (other programs had %.0f %%)",
                 percent(idle), percent(c->others));
    else
        snprintf(out, size, "%.0f %% of the time", percent(idle));
}

void contest_why(const contest *contest, char out[CONTEST_WHY_MAX])
{
    const contestant *first = &contest->list[0];
    const contestant *best = contest_winner(contest);
    /* Threads and processes are many, however few. */
    const char *verb = contest_shapes[best->mode].many_lanes ? "were" : "was";
    char idle[80], idle_best[80], cause[120], how[120], name[40];

    tell_idle(contest, first, idle, sizeof idle);
    if (best == first || best->speedup < 1.05) {
        snprintf(out, CONTEST_WHY_MAX,
                 "sequential: the CPU was idle %s, and no other way made use "
                 "of that here.",
                 idle);
        return;
    }
    tell_idle(contest, best, idle_best, sizeof idle_best);
    explain_idle(contest, first, cause, sizeof cause);
    explain_mode(contest, best, how, sizeof how);
    contest_name(contest, best, name, sizeof name);
    snprintf(out, CONTEST_WHY_MAX,
             "sequential: the CPU was idle %s, as %s; %s %s %.1f times as fast "
             "%s, and left it idle %s.",
             idle, cause, name, verb, best->speedup, how, idle_best);
}
