/* The driver of the stress suite: seeds, workers, and a villain.
 *
 *     stress_sync [--seeds N] [--from SEED] [SCENARIO...]
 *
 * Each seed runs every scenario once, in virtual time, so a failure repeats:
 * `--from` its seed with `--seeds 1`. Odd seeds shuffle the ready tasks.
 */
#include "sync/stress.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <starling/debug.h>
#include <starling/loop.h>

worker workers[WORKERS];

static const scenario *const scenarios[] = {
    &lock_scenario,      &rwlock_scenario,  &semaphore_scenario,
    &condition_scenario, &barrier_scenario, &once_scenario,
    &event_scenario,     &queue_scenario,   &channel_scenario,
    &future_scenario,
};
enum { SCENARIOS = sizeof scenarios / sizeof scenarios[0] };

static const scenario *present;
static uint64_t present_seed;
static int passed;

uint32_t pick(worker *w, uint32_t n)
{
    uint64_t x = w->dice += 0x9e3779b97f4a7c15u;

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)((x ^ x >> 31) % n);
}

void dawdle(worker *w)
{
    int rc = 0;

    switch (pick(w, 4)) {
    case 0:
        rc = sl_yield();
        break;
    case 1:
        rc = sl_sleep(1 + pick(w, 5));
        break;
    default:
        break;
    }
    if (rc < 0)
        EXPECT(w->cancelled, true);
}

void stress_fail(const char *what, long long got, long long expected)
{
    printf("%s, seed %llu: %s is %lld, the model says %lld\n", present->name,
           (unsigned long long)present_seed, what, got, expected);
    printf("%d passed, 1 failed\n", passed);
    fflush(stdout);
    _Exit(1);
}

bool settle(worker *w, int rc)
{
    enum state state = w->state;

    w->state = OUTSIDE;
    switch (state) {
    case GRANTED:
        if (rc < 0)
            stress_fail("a granted wait", rc, 0);
        return true;
    case LEFT:
        EXPECT(rc, SL_ECANCELED);
        return false;
    case REFUSED:
        EXPECT(rc, SL_ECLOSED);
        return false;
    default:
        stress_fail("a wait that the model goes on with", rc, state);
    }
}

void line_join(line *line, worker *w)
{
    line->all[line->n++] = w;
}

void line_leave(line *line, worker *w)
{
    for (int i = 0; i < line->n; i++) {
        if (line->all[i] != w)
            continue;
        line->n--;
        memmove(&line->all[i], &line->all[i + 1],
                (size_t)(line->n - i) * sizeof line->all[0]);
        return;
    }
}

worker *line_first(const line *line)
{
    return line->n > 0 ? line->all[0] : NULL;
}

static int work(void *arg)
{
    worker *w = arg;

    for (int i = 0; i < STEPS; i++) {
        w->cancelled = false;
        sl_timeout_open(&w->scope, SL_FOREVER);
        dawdle(w);
        if (!w->cancelled) {
            w->in_step = true;
            present->step(w);
            w->in_step = false;
        }
        sl_scope_close(&w->scope, 0);
    }
    return 0;
}

static void cancel(void *arg)
{
    worker *w = arg;

    if (!w->in_step || w->cancelled)
        return;
    w->cancelled = true;
    present->cancel(w);
    sl_scope_cancel(&w->scope, "villain");
}

/* Cancels as a task, or from the loop as a deadline would. */
static int play_villain(void *arg)
{
    sl_group *group = arg;
    worker self = { .dice = present_seed ^ 0x5eed };

    while (group->running > 0) {
        worker *victim = &workers[pick(&self, WORKERS)];
        int rc = sl_sleep(pick(&self, 12));

        if (rc < 0)
            return rc;
        if (pick(&self, 2) == 0)
            cancel(victim);
        else if (sl_call_soon(sl_loop_current(), cancel, victim) == NULL)
            return -ENOMEM;
    }
    return 0;
}

static int play(void *unused)
{
    sl_group outer, inner;
    int rc;

    (void)unused;
    sl_group_open(&outer);
    sl_group_open(&inner);
    for (int i = 0; i < WORKERS; i++) {
        workers[i] =
            (worker){ .id = i,
                      .dice = present_seed * 1000003 + (uint64_t)i * 7919 };
        sl_group_spawn(&inner, work, &workers[i]);
    }
    sl_group_spawn(&outer, play_villain, &inner);
    rc = sl_group_close(&inner);
    present->end();
    EXPECT(sl_group_close(&outer), 0);
    return rc;
}

static void run(const scenario *scenario, uint64_t seed)
{
    sl_loop *loop = sl_loop_new();

    if (loop == NULL)
        abort();
    present = scenario;
    present_seed = seed;
    sl_loop_use_virtual_clock(loop);
    if (seed % 2 == 1)
        sl_loop_use_random_schedule(loop, seed);
    scenario->begin(seed);
    EXPECT(sl_loop_run_task(loop, play, NULL), 0);
    sl_loop_close(loop);
    passed++;
}

static bool is_wanted(const scenario *scenario, int argc, char **argv)
{
    bool all = true;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], scenario->name) == 0)
            return true;
        if (argv[i][0] == '-')
            i++; /* an option and its value */
        else
            all = false;
    }
    return all;
}

static long option(int argc, char **argv, const char *name, long value)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], name) == 0)
            value = atol(argv[i + 1]);
    return value;
}

int main(int argc, char **argv)
{
    long seeds = option(argc, argv, "--seeds", 200);
    long from = option(argc, argv, "--from", 1);

    for (long seed = from; seed < from + seeds; seed++)
        for (int i = 0; i < SCENARIOS; i++)
            if (is_wanted(scenarios[i], argc, argv))
                run(scenarios[i], (uint64_t)seed);
    printf("%d passed, 0 failed\n", passed);
    return 0;
}
