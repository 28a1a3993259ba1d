/* Promises of the loop: callbacks, timers, calls from other threads. */
#include <errno.h>
#include <pthread.h>
#include <time.h>

#include <starling/clock.h>
#include <starling/error.h>
#include <starling/group.h>
#include <starling/loop.h>

#include "support/tasks.h"
#include "support/test.h"

static char order[64];
static int order_length;

static void note(void *arg)
{
    order[order_length++] = *(const char *)arg;
}

static void stop(void *arg)
{
    sl_loop_stop(arg);
}

TEST(callbacks_run_in_the_order_of_the_calls)
{
    sl_loop *loop = sl_loop_new();

    sl_call_soon(loop, note, "a");
    sl_call_soon(loop, note, "b");
    sl_call_soon(loop, note, "c");
    sl_call_soon(loop, stop, loop);
    CHECK_EQ(sl_loop_run(loop), 0);
    CHECK_STR(order, "abc");
    sl_loop_close(loop);
}

static sl_loop *the_loop;

static void queue_another(void *arg)
{
    note(arg);
    sl_call_soon(the_loop, note, "3");
    sl_call_soon(the_loop, stop, the_loop);
}

TEST(a_callback_queued_by_a_callback_runs_in_the_next_round)
{
    the_loop = sl_loop_new();
    sl_call_soon(the_loop, queue_another, "1");
    sl_call_soon(the_loop, note, "2");
    CHECK_EQ(sl_loop_run(the_loop), 0);
    CHECK_STR(order, "123");
    sl_loop_close(the_loop);
}

TEST(equal_deadlines_fire_in_arming_order)
{
    static const char *names = "abcdefghijklmnopqrstuvwxyz";
    sl_loop *loop = sl_loop_new();
    sl_time when;

    sl_loop_use_virtual_clock(loop);
    when = sl_now() + SL_S(5);
    for (int i = 0; i < 26; i++)
        sl_call_at(loop, when, note, (void *)(names + i));
    sl_call_at(loop, when, stop, loop);
    CHECK_EQ(sl_loop_run(loop), 0);
    CHECK_STR(order, names);
    sl_loop_close(loop);
}

TEST(timers_fire_by_deadline_and_not_before)
{
    sl_loop *loop = sl_loop_new();
    sl_time start = sl_now();

    /* At points in time: between two calls there may be any delay. */
    sl_call_at(loop, start + SL_MS(12), note, "c");
    sl_call_at(loop, start + SL_MS(3), note, "b");
    sl_call_later(loop, -SL_S(1000), note, "a");
    sl_call_later(loop, SL_FOREVER, note, "never");
    sl_call_at(loop, start + SL_MS(12), stop, loop);
    CHECK_EQ(sl_loop_run(loop), 0);
    CHECK_STR(order, "abc");
    CHECK(sl_now() - start >= SL_MS(12));
    sl_loop_close(loop);
}

TEST(a_cancelled_callback_does_not_run)
{
    sl_loop *loop = sl_loop_new();
    sl_timer *soon = sl_call_soon(loop, note, "x");
    sl_timer *later = sl_call_later(loop, SL_MS(1), note, "y");

    sl_timer_cancel(soon);
    sl_timer_cancel(later);
    sl_call_later(loop, SL_MS(2), stop, loop);
    CHECK_EQ(sl_loop_run(loop), 0);
    CHECK_STR(order, "");
    sl_loop_close(loop);
}

static sl_timer *own;

static void cancel_own(void *arg)
{
    sl_timer_cancel(own);
    stop(arg);
}

TEST(a_callback_may_cancel_itself)
{
    sl_loop *loop = sl_loop_new();

    own = sl_call_soon(loop, cancel_own, loop);
    CHECK_EQ(sl_loop_run(loop), 0);
    sl_loop_close(loop);
}

static int run_nested(void *arg)
{
    (void)arg;
    return sl_run(run_nested, NULL);
}

TEST(a_nested_run_is_refused)
{
    CHECK_EQ(sl_run(run_nested, NULL), -EBUSY);
}

TEST(there_is_no_loop_outside_of_a_run)
{
    CHECK(sl_loop_current() == NULL);
    CHECK(sl_self() == NULL);
}

static void *call_from_outside(void *arg)
{
    for (int i = 0; i < 26; i++)
        CHECK_EQ(
            sl_call_threadsafe(arg, note, &"abcdefghijklmnopqrstuvwxyz"[i]), 0);
    CHECK_EQ(sl_call_threadsafe(arg, stop, arg), 0);
    return NULL;
}

TEST(calls_from_other_threads_arrive_in_order)
{
    sl_loop *loop = sl_loop_new();
    pthread_t thread;

    CHECK_EQ(pthread_create(&thread, NULL, call_from_outside, loop), 0);
    CHECK_EQ(sl_loop_run(loop), 0);
    pthread_join(thread, NULL);
    CHECK_STR(order, "abcdefghijklmnopqrstuvwxyz");
    sl_loop_close(loop);
}

static int wait_for_nothing(void *arg)
{
    (void)arg;
    return sl_sleep(SL_FOREVER);
}

struct answer {
    sl_loop *loop;
    sl_task *waits;
};

static void come(void *arg)
{
    sl_task_cancel(((struct answer *)arg)->waits, "the answer");
}

static void come_and_release(void *arg)
{
    come(arg);
    sl_loop_release(((struct answer *)arg)->loop);
}

static void *answer_late(void *arg)
{
    struct answer *answer = arg;
    struct timespec late = { 0, 20 * 1000 * 1000 };

    nanosleep(&late, NULL);
    CHECK_EQ(sl_call_threadsafe(answer->loop, come_and_release, answer), 0);
    return NULL;
}

static void *answer_at_once(void *arg)
{
    struct answer *answer = arg;

    CHECK_EQ(sl_call_threadsafe(answer->loop, come, answer), 0);
    return NULL;
}

static int wait_for_a_late_answer(void *unused)
{
    struct answer answer = { sl_loop_current(), sl_self() };
    pthread_t thread;

    (void)unused;
    sl_loop_hold(answer.loop);
    CHECK_EQ(pthread_create(&thread, NULL, answer_late, &answer), 0);
    CHECK_EQ(sl_sleep(SL_FOREVER), SL_ECANCELED);
    CHECK_STR(sl_cancel_reason(), "the answer");
    pthread_join(thread, NULL);
    return 7;
}

TEST(a_held_loop_waits_for_calls_from_other_threads)
{
    CHECK_EQ(sl_run(wait_for_a_late_answer, NULL), 7);
}

static int wait_for_an_answer_that_is_there(void *unused)
{
    struct answer answer = { sl_loop_current(), sl_self() };
    pthread_t thread;

    (void)unused;
    CHECK_EQ(pthread_create(&thread, NULL, answer_at_once, &answer), 0);
    pthread_join(thread, NULL);
    CHECK_EQ(sl_sleep(SL_FOREVER), SL_ECANCELED);
    CHECK_STR(sl_cancel_reason(), "the answer");
    return 7;
}

TEST(a_call_that_has_come_is_not_taken_for_a_deadlock)
{
    CHECK_EQ(sl_run(wait_for_an_answer_that_is_there, NULL), 7);
}

static void wake_with(void *why)
{
    sl_task_cancel(*(sl_task **)why, "called");
}

/* The alarm is set while the loop has nothing else to wait for. */
static int wait_for_calls_long_due(void *unused)
{
    sl_task *me = sl_self();

    (void)unused;
    for (int i = 0; i < 2; i++) {
        if (i == 0)
            sl_call_at(sl_loop_current(), INT64_MIN, wake_with, &me);
        else
            sl_call_later(sl_loop_current(), INT64_MIN, wake_with, &me);
        CHECK_EQ(sl_sleep(SL_S(100)), SL_ECANCELED);
        CHECK_EQ(sl_uncancel(), 0);
    }
    return 7;
}

TEST(no_time_is_too_long_ago)
{
    CHECK_EQ(sl_run(wait_for_calls_long_due, NULL), 7);
}

TEST(a_deadlock_ends_the_run_and_is_named)
{
    CHECK_EQ(sl_run(wait_for_nothing, NULL), SL_EDEADLOCK);
}

static int fail_with_text(void *arg)
{
    (void)arg;
    return sl_fail(-EIO, "disk %d is on fire", 3);
}

TEST(the_main_task_s_error_text_survives_the_run)
{
    CHECK_EQ(sl_run(fail_with_text, NULL), -EIO);
    CHECK_STR(sl_errmsg(), "disk 3 is on fire");
}

static void *run_in_thread(void *arg)
{
    *(int *)arg = sl_run(fail_with_text, NULL);
    return NULL;
}

TEST(each_thread_can_run_a_loop_of_its_own)
{
    pthread_t threads[4];
    int rc[4] = { 0 };

    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, run_in_thread, &rc[i]);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        CHECK_EQ(rc[i], -EIO);
    }
}

static int errno_is_kept(void *arg)
{
    for (int i = 0; i < 10; i++) {
        errno = *(int *)arg;
        int rc = sl_yield();

        if (rc < 0)
            return rc;
        CHECK_EQ(errno, *(int *)arg);
    }
    return 0;
}

TASK_TEST(each_task_has_its_own_errno)
{
    int a = 17, b = 4;
    sl_group group;

    sl_group_open(&group);
    sl_group_spawn(&group, errno_is_kept, &a);
    sl_group_spawn(&group, errno_is_kept, &b);
    return sl_group_close(&group);
}

static int spin(void *arg)
{
    while (!*(bool *)arg) {
        int rc = sl_yield();

        if (rc < 0)
            return rc;
    }
    return 0;
}

static void set_flag(void *arg)
{
    *(bool *)arg = true;
}

static int spin_until_timer(void *arg)
{
    bool flag = false;

    (void)arg;
    sl_call_later(sl_loop_current(), SL_MS(5), set_flag, &flag);
    return spin(&flag);
}

TEST(tasks_that_are_always_ready_do_not_starve_timers)
{
    CHECK_EQ(sl_run(spin_until_timer, NULL), 0);
}

static int nap_often(void *arg)
{
    (void)arg;
    for (int i = 0; i < 2000; i++) {
        int rc = sl_sleep(SL_US(300 + i % 700));

        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Some of these sleeps begin just before libuv's clock, which counts
 * milliseconds, goes on. */
TEST_LIMIT(no_short_sleep_is_slept_for_ever, 30)
{
    CHECK_EQ(sl_run(nap_often, NULL), 0);
}

static int queue_and_end(void *arg)
{
    sl_call_soon(sl_loop_current(), note, arg);
    return 0;
}

TEST(callbacks_queued_before_the_end_of_the_main_task_run)
{
    CHECK_EQ(sl_run(queue_and_end, "z"), 0);
    CHECK_STR(order, "z");
}
