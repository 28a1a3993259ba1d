/* Promises of conditions, barriers and once. */
#include <errno.h>
#include <starling/barrier.h>
#include <starling/condition.h>
#include <starling/once.h>

#include "support/waits.h"

static record seen;
static sl_lock lock;
static sl_condition condition;

struct wait_args {
    char name;
};

static int wait(void *arg)
{
    struct wait_args *a = arg;
    int rc = sl_lock_acquire(&lock);

    if (rc < 0)
        return rc;
    rc = sl_condition_wait(&condition, &lock);
    note(&seen, rc == 0 ? a->name : '-');
    CHECK_EQ(sl_lock_release(&lock), 0); /* held, however the wait ended */
    return rc;
}

static void open_with_waiters(sl_group *group, sl_task *tasks[], int n)
{
    sl_group_open(group);
    for (int i = 0; i < n; i++)
        tasks[i] = sl_go(group, wait, .name = (char)('a' + i));
    CHECK_EQ(sl_sleep(1), 0);
}

TASK_TEST_IN_ORDER(a_condition_wakes_as_many_as_asked_oldest_first)
{
    sl_group group;
    sl_task *tasks[5];

    open_with_waiters(&group, tasks, 5);
    CHECK(!sl_lock_is_held(&lock));
    CHECK_EQ(sl_lock_acquire(&lock), 0);
    sl_condition_notify(&condition, 2);
    CHECK_EQ(sl_sleep(1), 0);
    CHECK_STR(seen.text, ""); /* not before the lock is free */
    CHECK_EQ(sl_lock_release(&lock), 0);
    CHECK_EQ(sl_sleep(1), 0);
    CHECK_STR(seen.text, "ab");
    sl_condition_notify_all(&condition);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_STR(seen.text, "abcde");
    return 0;
}

TASK_TEST(a_notification_does_not_go_to_a_cancelled_waiter)
{
    sl_group group;
    sl_task *tasks[2];

    open_with_waiters(&group, tasks, 2);
    CHECK_EQ(sl_lock_acquire(&lock), 0);
    sl_task_cancel(tasks[0], NULL); /* back in the line for the lock */
    sl_condition_notify(&condition, 1);
    CHECK_EQ(sl_lock_release(&lock), 0);
    CHECK_EQ(sl_task_join(tasks[0]), SL_ECANCELED);
    CHECK_EQ(sl_task_join(tasks[1]), 0);
    CHECK_STR(seen.text, "-b");
    return sl_group_close(&group);
}

TASK_TEST(a_waiter_that_is_cancelled_after_its_notification_has_had_it)
{
    sl_group group;
    sl_task *tasks[1];

    open_with_waiters(&group, tasks, 1);
    CHECK_EQ(sl_lock_acquire(&lock), 0);
    sl_condition_notify(&condition, 1);
    sl_task_cancel(tasks[0], NULL);
    CHECK_EQ(sl_lock_release(&lock), 0);
    CHECK_EQ(sl_task_join(tasks[0]), 0);
    return sl_group_close(&group);
}

static int wait_with_lock_held(void *unused)
{
    (void)unused;
    return sl_condition_wait(&condition, &lock);
}

TASK_TEST(waiting_for_a_condition_is_a_cancel_point_that_keeps_the_lock)
{
    struct wait_args a = { 'a' };

    CHECK_EQ(sl_condition_wait(&condition, &lock), -EPERM);
    CHECK_EQ(cancel_while_waiting(wait, &a), SL_ECANCELED);
    CHECK(!sl_lock_is_held(&lock));
    CHECK_EQ(sl_lock_acquire(&lock), 0);
    CHECK_EQ(cancel_before_waiting(wait_with_lock_held, NULL), SL_ECANCELED);
    CHECK_EQ(sl_lock_release(&lock), 0);
    return 0;
}

static sl_barrier barrier;

static int meet(void *arg)
{
    int rc = 0;

    for (int i = 0; i < 3 && rc >= 0; i++) {
        rc = sl_barrier_wait(&barrier);
        if (arg != NULL && rc >= 0)
            note(arg, (char)('0' + rc));
    }
    return rc;
}

TASK_TEST(a_barrier_opens_for_all_and_tells_each_its_place)
{
    sl_group group;

    barrier = (sl_barrier)SL_BARRIER_INIT(3);
    sl_group_open(&group);
    for (int i = 0; i < 3; i++)
        sl_group_spawn(&group, meet, &seen);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(seen.length, 9);
    for (int round = 0; round < 3; round++) {
        int places = 0;

        for (int i = 0; i < 3; i++)
            places |= 1 << (seen.text[3 * round + i] - '0');
        CHECK_EQ(places, 7);
    }
    return 0;
}

static int arrive(void *unused)
{
    (void)unused;
    return sl_barrier_wait(&barrier);
}

TASK_TEST(a_cancelled_party_has_not_arrived)
{
    sl_group group;
    sl_task *task;

    barrier = (sl_barrier)SL_BARRIER_INIT(2);
    CHECK_EQ(cancel_while_waiting(arrive, NULL), SL_ECANCELED);
    CHECK_EQ(cancel_before_waiting(arrive, NULL), SL_ECANCELED);
    CHECK_EQ(sl_barrier_waiting(&barrier), 0);
    sl_group_open(&group);
    task = sl_group_spawn(&group, arrive, NULL);
    CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    CHECK_EQ(sl_barrier_waiting(&barrier), 1);
    CHECK_EQ(sl_barrier_wait(&barrier), 1);
    CHECK_EQ(sl_task_join(task), 0);
    return sl_group_close(&group);
}

static void open_with_a_waiter(sl_group *group, sl_task **task)
{
    barrier = (sl_barrier)SL_BARRIER_INIT(2);
    sl_group_open(group);
    *task = sl_group_spawn(group, arrive, NULL);
    CHECK_EQ(sl_sleep(SL_MS(1)), 0);
}

TASK_TEST(a_barrier_that_is_given_up_stays_broken_until_its_reset)
{
    sl_group group;
    sl_task *task;

    open_with_a_waiter(&group, &task);
    sl_barrier_abort(&barrier);
    CHECK_EQ(sl_barrier_wait(&barrier), SL_EBROKEN);
    sl_barrier_reset(&barrier);
    CHECK_EQ(sl_group_close(&group), SL_EBROKEN);

    open_with_a_waiter(&group, &task);
    sl_barrier_reset(&barrier);
    CHECK_EQ(sl_barrier_waiting(&barrier), 0);
    CHECK_EQ(sl_group_close(&group), SL_EBROKEN);

    open_with_a_waiter(&group, &task);
    CHECK_EQ(sl_barrier_wait(&barrier), 1);
    return sl_group_close(&group);
}

static sl_once once;
static int runs;

static int work(void *rc)
{
    int slept = sl_sleep(SL_S(1));

    runs++;
    return slept < 0 ? slept : *(int *)rc;
}

static int run_once(void *rc)
{
    return sl_once_run(&once, work, rc);
}

TASK_TEST(once_runs_once_and_everybody_has_the_result)
{
    sl_time start = sl_now();
    sl_group group;
    sl_task *tasks[4];
    int result = 7;

    sl_group_open(&group);
    for (int i = 0; i < 4; i++)
        tasks[i] = sl_group_spawn(&group, run_once, &result);
    for (int i = 0; i < 4; i++)
        CHECK_EQ(sl_task_join(tasks[i]), 7);
    CHECK_EQ(runs, 1);
    CHECK_EQ(sl_now() - start, SL_S(1));
    CHECK(sl_once_is_done(&once));
    CHECK_EQ(run_once(&result), 7);
    return sl_group_close(&group);
}

TASK_TEST_IN_ORDER(a_failed_run_is_its_callers_and_the_next_in_line_tries)
{
    sl_group group;
    sl_task *first, *second, *third;
    int good = 3;

    sl_group_open(&group);
    first = sl_group_spawn(&group, run_once, &good);
    second = sl_group_spawn(&group, run_once, &good);
    third = sl_group_spawn(&group, run_once, &good);
    CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    sl_task_cancel(first, NULL);
    CHECK_EQ(sl_task_join(first), SL_ECANCELED);
    CHECK(!sl_once_is_done(&once));
    CHECK_EQ(sl_task_join(second), 3);
    CHECK_EQ(sl_task_join(third), 3);
    CHECK_EQ(runs, 2);
    return sl_group_close(&group);
}

static int run_in_itself(void *unused)
{
    return sl_once_run(&once, run_in_itself, unused) == SL_EDEADLOCK ? 5 : -1;
}

TASK_TEST(once_inside_of_itself_is_refused)
{
    CHECK_EQ(sl_once_run(&once, run_in_itself, NULL), 5);
    return 0;
}

TASK_TEST(waiting_for_once_is_a_cancel_point)
{
    sl_group group;
    int good = 1;

    CHECK_EQ(cancel_before_waiting(run_once, &good), SL_ECANCELED);
    CHECK_EQ(runs, 0);
    sl_group_open(&group);
    sl_group_spawn(&group, run_once, &good);
    CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    CHECK_EQ(cancel_while_waiting(run_once, &good), SL_ECANCELED);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(runs, 1);
    return 0;
}
