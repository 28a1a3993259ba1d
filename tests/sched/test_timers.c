/* Promises of the timers' heap, against a model that only counts. */
#include <stdint.h>
#include <string.h>

#include "sched/timers.h"
#include "support/test.h"

enum { TIMERS = 300, STEPS = 60000 };

static sl__timers timers;
static sl__timer all[TIMERS];
static uint64_t armed_at[TIMERS]; /* in the order of arming; 0: not armed */
static uint64_t order;

static uint32_t draw(uint32_t below)
{
    static uint64_t state = 12345;

    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % below;
}

/* The earliest by the model; -1 if none is armed. */
static int expected(void)
{
    int best = -1;

    for (int i = 0; i < TIMERS; i++)
        if (armed_at[i] != 0 &&
            (best < 0 || all[i].when < all[best].when ||
             (all[i].when == all[best].when && armed_at[i] < armed_at[best])))
            best = i;
    return best;
}

static void arm(int i)
{
    all[i].when = draw(50); /* many are equal */
    CHECK_EQ(sl__timers_arm(&timers, &all[i]), 0);
    armed_at[i] = ++order;
}

static void disarm(int i)
{
    sl__timers_disarm(&timers, &all[i]);
    armed_at[i] = 0;
}

static void take(sl_time now)
{
    int i = expected();
    bool is_due = i >= 0 && all[i].when <= now;
    sl__timer *taken = sl__timers_take(&timers, now, UINT64_MAX);

    CHECK(taken == (is_due ? &all[i] : NULL));
    if (is_due)
        armed_at[i] = 0;
}

static void step(void)
{
    int i = (int)draw(TIMERS);

    CHECK_EQ(sl__timer_is_armed(&all[i]), armed_at[i] != 0);
    if (draw(8) == 0)
        take(draw(60));
    else if (armed_at[i] != 0)
        disarm(i);
    else
        arm(i);
}

static void check_next(void)
{
    int i = expected();

    CHECK_EQ(sl__timers_next(&timers), i >= 0 ? all[i].when : SL_FOREVER);
}

static void drain(void)
{
    while (expected() >= 0)
        take(SL_FOREVER);
    CHECK(sl__timers_take(&timers, SL_FOREVER, UINT64_MAX) == NULL);
    check_next();
    sl__timers_fini(&timers);
}

TEST(timers_come_by_deadline_and_then_by_arming_whatever_is_disarmed)
{
    for (int i = 0; i < STEPS; i++) {
        step();
        if (draw(4) == 0)
            check_next();
    }
    drain();
}

TEST(the_order_of_arming_outlives_its_numbers)
{
    for (int i = 0; i < TIMERS; i += 2)
        arm(i);
    for (int i = 0; i < TIMERS; i += 8)
        disarm(i);
    timers.armed = SL__TIMERS_COUNTED;
    for (int i = 1; i < TIMERS; i += 2)
        arm(i);
    CHECK(sl__timers_round(&timers) <= TIMERS);
    for (int i = 0; i < TIMERS; i += 8)
        arm(i);
    drain();
}

TEST(what_is_armed_in_a_round_is_not_of_it)
{
    sl__timer early = { .when = 5 }, late = { .when = 1 };
    uint64_t end;

    CHECK_EQ(sl__timers_arm(&timers, &early), 0);
    end = sl__timers_round(&timers);
    CHECK(sl__timers_take(&timers, 10, end) == &early);
    CHECK_EQ(sl__timers_arm(&timers, &late), 0);
    CHECK(sl__timers_take(&timers, 10, end) == NULL);
    CHECK(sl__timers_take(&timers, 10, sl__timers_round(&timers)) == &late);
    sl__timers_fini(&timers);
}

/* A server that sets a limit to each request, and meets it. */
TEST(timers_that_never_fire_leave_nothing_behind)
{
    for (int i = 0; i < STEPS; i++) {
        arm(i % TIMERS);
        if (i >= 10)
            disarm((i - 10) % TIMERS);
        CHECK(timers.count <= 2 * 11);
    }
    for (int i = 0; i < TIMERS; i++)
        disarm(i);
    CHECK(timers.count <= 1);
    sl__timers_fini(&timers);
}
