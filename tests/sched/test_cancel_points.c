/* Each waiting function of the scheduler ends when its task is asked to stop,
 * and does nothing in a scope that was cancelled before. */
#include <starling/clock.h>
#include <starling/group.h>
#include <starling/scope.h>

#include "support/waits.h"

static int sleep_long(void *unused)
{
    (void)unused;
    return sl_sleep(SL_S(9));
}

static int sleep_until_then(void *unused)
{
    (void)unused;
    return sl_sleep_until(sl_now() + SL_S(9));
}

static int give_way(void *unused)
{
    (void)unused;
    return sl_yield();
}

static int join(void *task)
{
    return sl_task_join(task);
}

TASK_TEST(sleeping_is_a_cancel_point)
{
    CHECK_EQ(cancel_while_waiting(sleep_long, NULL), SL_ECANCELED);
    CHECK_EQ(cancel_before_waiting(sleep_long, NULL), SL_ECANCELED);
    CHECK_EQ(cancel_while_waiting(sleep_until_then, NULL), SL_ECANCELED);
    CHECK_EQ(cancel_before_waiting(sleep_until_then, NULL), SL_ECANCELED);
    return 0;
}

TASK_TEST(giving_way_is_a_cancel_point)
{
    CHECK_EQ(cancel_before_waiting(give_way, NULL), SL_ECANCELED);
    return 0;
}

TASK_TEST(joining_is_a_cancel_point_and_leaves_the_task_alone)
{
    sl_group group;
    sl_task *task;

    sl_group_open(&group);
    task = sl_group_spawn(&group, sleep_long, NULL);
    CHECK_EQ(cancel_while_waiting(join, task), SL_ECANCELED);
    CHECK_EQ(cancel_before_waiting(join, task), SL_ECANCELED);
    CHECK_EQ(sl_task_join(task), 0);
    return sl_group_close(&group);
}

static int started;

static int start_slowly(void *unused)
{
    (void)unused;
    started++;
    return sl_sleep(SL_S(9));
}

static int start_one(void *group)
{
    sl_spawn_options plain = { 0 };

    return sl_group_start(group, &plain, start_slowly, NULL, 0, NULL);
}

TASK_TEST(starting_is_a_cancel_point)
{
    sl_group group;

    sl_group_open(&group);
    CHECK_EQ(cancel_before_waiting(start_one, &group), SL_ECANCELED);
    CHECK_EQ(started, 0);
    CHECK_EQ(cancel_while_waiting(start_one, &group), SL_ECANCELED);
    CHECK_EQ(started, 1);
    return sl_group_close(&group);
}

static int next_child(void *unused)
{
    sl_group group;
    sl_task *task;
    int rc;

    (void)unused;
    sl_group_open(&group);
    sl_group_spawn(&group, sleep_long, NULL);
    rc = sl_group_next(&group, &task);
    sl_group_cancel(&group);
    return sl_group_close(&group) < 0 ? SL_ECANCELED : rc;
}

static int close_group(void *unused)
{
    sl_group group;

    (void)unused;
    sl_group_open(&group);
    sl_group_spawn(&group, sleep_long, NULL);
    return sl_group_close(&group);
}

static int spawn_in(sl_group *group, void *unused)
{
    sl_group_spawn(group, sleep_long, unused);
    return 0;
}

static int with_group(void *unused)
{
    return sl_with_group(spawn_in, unused);
}

static int with_timeout(void *unused)
{
    return sl_with_timeout(SL_S(99), sleep_long, unused);
}

/* What they wait for is theirs: it is stopped, and waited for. */
TASK_TEST(groups_and_limits_pass_a_request_to_stop_on)
{
    sl_time start = sl_now();

    CHECK_EQ(cancel_while_waiting(next_child, NULL), SL_ECANCELED);
    CHECK_EQ(cancel_before_waiting(next_child, NULL), SL_ECANCELED);
    CHECK_EQ(cancel_while_waiting(close_group, NULL), SL_ECANCELED);
    CHECK_EQ(cancel_before_waiting(close_group, NULL), SL_ECANCELED);
    CHECK_EQ(cancel_while_waiting(with_group, NULL), SL_ECANCELED);
    CHECK_EQ(cancel_before_waiting(with_group, NULL), SL_ECANCELED);
    CHECK_EQ(cancel_while_waiting(with_timeout, NULL), SL_ECANCELED);
    CHECK_EQ(cancel_before_waiting(with_timeout, NULL), SL_ECANCELED);
    CHECK(sl_now() - start < SL_S(1));
    return 0;
}
