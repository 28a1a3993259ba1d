/* Promises of semaphores, with and without a bound. */
#include <errno.h>
#include <starling/semaphore.h>

#include "support/waits.h"

static record seen;
static sl_semaphore semaphore;
static sl_bounded_semaphore bounded;

struct take_args {
    long wanted;
};

static int take(void *arg)
{
    struct take_args *a = arg;
    int rc = sl_semaphore_acquire_many(&semaphore, a->wanted);

    if (rc == 0)
        note(&seen, (char)('0' + a->wanted));
    return rc;
}

TASK_TEST_IN_ORDER(who_wants_many_is_not_overtaken_by_those_who_want_few)
{
    sl_group group;

    sl_group_open(&group);
    sl_go(&group, take, .wanted = 3);
    sl_go(&group, take, .wanted = 1);
    sl_go(&group, take, .wanted = 2);
    CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    sl_semaphore_release_many(&semaphore, 2);
    CHECK_EQ(sl_semaphore_try_acquire(&semaphore), -EAGAIN);
    CHECK_EQ(sl_semaphore_available(&semaphore), 2);
    CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    CHECK_STR(seen.text, "");
    sl_semaphore_release_many(&semaphore, 2);
    CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    CHECK_STR(seen.text, "31");
    sl_semaphore_release_many(&semaphore, 3);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_STR(seen.text, "312");
    CHECK_EQ(sl_semaphore_available(&semaphore), 1);
    return 0;
}

TASK_TEST_IN_ORDER(those_behind_a_cancelled_waiter_are_served)
{
    sl_group group;
    sl_task *first;

    semaphore = (sl_semaphore)SL_SEMAPHORE_INIT(2);
    sl_group_open(&group);
    first = sl_go(&group, take, .wanted = 3);
    sl_go(&group, take, .wanted = 1);
    sl_go(&group, take, .wanted = 1);
    CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    CHECK_STR(seen.text, "");
    sl_task_cancel(first, NULL);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_STR(seen.text, "11");
    CHECK_EQ(sl_semaphore_available(&semaphore), 0);
    return 0;
}

static int acquire(void *unused)
{
    (void)unused;
    return sl_semaphore_acquire(&semaphore);
}

TASK_TEST(waits_for_a_semaphore_are_cancel_points)
{
    struct take_args two = { 2 };

    CHECK_EQ(cancel_while_waiting(acquire, NULL), SL_ECANCELED);
    CHECK_EQ(cancel_while_waiting(take, &two), SL_ECANCELED);
    sl_semaphore_release_many(&semaphore, 2);
    CHECK_EQ(cancel_before_waiting(acquire, NULL), SL_ECANCELED);
    CHECK_EQ(cancel_before_waiting(take, &two), SL_ECANCELED);
    CHECK_EQ(sl_semaphore_available(&semaphore), 2);
    CHECK_EQ(sl_semaphore_acquire_many(&semaphore, 0), -EINVAL);
    CHECK_EQ(sl_semaphore_try_acquire_many(&semaphore, -1), -EINVAL);
    CHECK_EQ(sl_semaphore_try_acquire_many(&semaphore, 2), 0);
    return 0;
}

static int acquire_bounded(void *unused)
{
    (void)unused;
    return sl_bounded_semaphore_acquire(&bounded);
}

static int acquire_two_bounded(void *unused)
{
    (void)unused;
    return sl_bounded_semaphore_acquire_many(&bounded, 2);
}

TASK_TEST(a_bounded_semaphore_refuses_what_was_not_taken)
{
    bounded = (sl_bounded_semaphore)SL_BOUNDED_SEMAPHORE_INIT(2);
    CHECK_EQ(sl_bounded_semaphore_release(&bounded), -EOVERFLOW);
    CHECK_EQ(sl_bounded_semaphore_acquire(&bounded), 0);
    CHECK_EQ(sl_bounded_semaphore_release_many(&bounded, 2), -EOVERFLOW);
    CHECK_EQ(sl_bounded_semaphore_release(&bounded), 0);
    CHECK_EQ(sl_bounded_semaphore_acquire_many(&bounded, 3), -EINVAL);
    CHECK_EQ(sl_bounded_semaphore_acquire_many(&bounded, 2), 0);
    CHECK_EQ(sl_bounded_semaphore_try_acquire(&bounded), -EAGAIN);
    CHECK_EQ(sl_bounded_semaphore_release_many(&bounded, 2), 0);
    CHECK_EQ(sl_bounded_semaphore_try_acquire(&bounded), 0);
    return 0;
}

TASK_TEST(waits_for_a_bounded_semaphore_are_cancel_points)
{
    bounded = (sl_bounded_semaphore)SL_BOUNDED_SEMAPHORE_INIT(2);
    CHECK_EQ(cancel_before_waiting(acquire_bounded, NULL), SL_ECANCELED);
    CHECK_EQ(cancel_before_waiting(acquire_two_bounded, NULL), SL_ECANCELED);
    CHECK_EQ(sl_bounded_semaphore_acquire_many(&bounded, 2), 0);
    CHECK_EQ(cancel_while_waiting(acquire_bounded, NULL), SL_ECANCELED);
    CHECK_EQ(cancel_while_waiting(acquire_two_bounded, NULL), SL_ECANCELED);
    CHECK_EQ(sl_bounded_semaphore_release_many(&bounded, 2), 0);
    CHECK_EQ(sl_bounded_semaphore_release(&bounded), -EOVERFLOW);
    return 0;
}
