/* When a loop looks for a while before it sleeps: decided by what its waits
 * were like, not by any clock, so it can be told here step by step. */
#include "sched/patience.h"

#include "support/test.h"

static void sleep_shortly(sl__patience *patience, int times)
{
    while (times-- > 0)
        sl__patience_slept(patience, SL_US(20));
}

TEST(a_loop_looks_only_after_a_run_of_short_waits)
{
    sl__patience patience = { 0 };

    CHECK_EQ(sl__patience_look(&patience, 0), 0);
    for (int i = 0; i < 100; i++) {
        sleep_shortly(&patience, 5);
        sl__patience_slept(&patience, SL_MS(5));
        CHECK_EQ(sl__patience_look(&patience, 0), 0);
    }
    sleep_shortly(&patience, 10);
    CHECK_EQ(sl__patience_look(&patience, 0), SL__LOOK_NS);
}

TEST(looking_goes_on_while_it_pays)
{
    sl__patience patience = { 0 };

    sleep_shortly(&patience, 10);
    for (int i = 0; i < 1000; i++) {
        CHECK(sl__patience_look(&patience, 0) > 0);
        for (int found = 0; found < 8; found++)
            sl__patience_found(&patience);
        sl__patience_in_vain(&patience);
        sl__patience_slept(&patience, SL_MS(5));
    }
}

/* Waits that are short but longer than a look: the worst that can come. */
TEST(looking_in_vain_is_given_up_for_longer_and_longer)
{
    sl__patience patience = { 0 };
    int looks = 0;

    for (int waits = 0; waits < 100000; waits++) {
        if (sl__patience_look(&patience, 0) > 0) {
            sl__patience_in_vain(&patience);
            looks++;
        }
        sl__patience_slept(&patience, SL__LOOK_NS + SL_US(20));
    }
    CHECK(looks > 0);
    CHECK(looks < 30);
}

TEST(a_loop_that_others_want_the_core_of_sleeps_at_once)
{
    sl__patience patience = { 0 };

    sleep_shortly(&patience, 10);
    sl__patience_crowded(&patience, SL_S(1));
    CHECK_EQ(sl__patience_look(&patience, SL_S(1)), 0);
    CHECK_EQ(sl__patience_look(&patience, SL_S(1) + SL_MS(50)), 0);
    CHECK(sl__patience_look(&patience, SL_S(2)) > 0);
}
