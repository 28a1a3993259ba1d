/* Promises of futures, events, semaphores and queues. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <starling/clock.h>
#include <starling/error.h>
#include <starling/event.h>
#include <starling/future.h>
#include <starling/group.h>
#include <starling/queue.h>
#include <starling/semaphore.h>

#include "support/waits.h"

static int drops;

static void count_drop(void *value)
{
    free(value);
    drops++;
}

static char order[64];
static int order_length;

static void note_done(sl_future *future, void *arg)
{
    (void)future;
    order[order_length++] = *(const char *)arg;
}

TASK_TEST(the_first_outcome_of_a_future_stays)
{
    sl_future *future = sl_future_new();
    int value = 3;
    void *got = NULL;

    CHECK_EQ(sl_future_result(future, &got), SL_ENOTREADY);
    CHECK_EQ(sl_future_resolve(future, 5, &value, NULL), 0);
    CHECK_EQ(sl_future_resolve(future, 6, malloc(1), count_drop), SL_EREUSED);
    CHECK_EQ(drops, 1);
    CHECK_EQ(sl_future_wait(future), 5);
    CHECK_EQ(sl_future_result(future, &got), 5);
    CHECK(got == &value);
    sl_future_drop(future);
    return 0;
}

TASK_TEST(a_result_that_nobody_collects_is_dropped)
{
    sl_future *future = sl_future_new();

    CHECK_EQ(sl_future_resolve(future, 0, malloc(10), count_drop), 0);
    sl_future_drop(future);
    CHECK_EQ(drops, 1);
    return 0;
}

TASK_TEST(done_callbacks_run_later_and_in_order)
{
    sl_future *future = sl_future_new();

    sl_future_on_done(future, note_done, "a");
    sl_future_on_done(future, note_done, "b");
    sl_future_resolve(future, 0, NULL, NULL);
    CHECK_STR(order, "");
    sl_future_on_done(future, note_done, "c");
    CHECK_EQ(sl_sleep(1), 0);
    CHECK_STR(order, "abc");
    sl_future_on_done(future, note_done, "d");
    CHECK_EQ(sl_sleep(1), 0);
    CHECK_STR(order, "abcd");
    sl_future_drop(future);
    return 0;
}

static int wait_for_future(void *arg)
{
    return sl_future_wait(*(sl_future **)arg);
}

TASK_TEST(a_cancelled_waiter_leaves_the_future_alone)
{
    sl_future *future = sl_future_new();
    sl_group group;
    sl_task *first, *second;

    sl_group_open(&group);
    first = sl_group_spawn(&group, wait_for_future, &future);
    second = sl_group_spawn(&group, wait_for_future, &future);
    CHECK_EQ(sl_yield(), 0);
    sl_task_cancel(first, NULL);
    CHECK_EQ(sl_task_join(first), SL_ECANCELED);
    sl_future_resolve(future, 9, NULL, NULL);
    CHECK_EQ(sl_task_join(second), 9);
    sl_future_drop(future);
    return sl_group_close(&group);
}

struct settle_args {
    sl_future *future;
    sl_time after;
    int rc;
};

static int settle(void *arg)
{
    struct settle_args *a = arg;
    int rc = sl_sleep(a->after);

    return rc < 0 ? rc : sl_future_resolve(a->future, a->rc, NULL, NULL);
}

static void make_three(sl_future *f[3], sl_group *group, int middle)
{
    for (int i = 0; i < 3; i++) {
        f[i] = sl_future_new();
        sl_go(group, settle, .future = f[i], .after = SL_S(3 - i),
              .rc = i == 1 ? middle : 10 * i);
    }
}

TASK_TEST(gather_collects_all_outcomes_in_input_order)
{
    sl_future *f[3];
    int rc[3];
    sl_group group;

    sl_group_open(&group);
    make_three(f, &group, -EIO);
    CHECK_EQ(sl_gather(3, f, rc), 0);
    CHECK_EQ(rc[0], 0);
    CHECK_EQ(rc[1], -EIO);
    CHECK_EQ(rc[2], 20);
    for (int i = 0; i < 3; i++)
        sl_future_drop(f[i]);
    return sl_group_close(&group);
}

TASK_TEST(gather_without_collection_ends_with_the_first_error)
{
    sl_time start = sl_now();
    sl_future *f[3];
    sl_group group;

    sl_group_open(&group);
    make_three(f, &group, -EIO);
    CHECK_EQ(sl_gather(3, f, NULL), -EIO);
    CHECK_EQ(sl_now() - start, SL_S(2));
    CHECK_EQ(sl_group_close(&group), 0);
    for (int i = 0; i < 3; i++)
        sl_future_drop(f[i]);
    return 0;
}

TASK_TEST(wait_returns_when_the_first_is_done)
{
    sl_future *f[3];
    sl_group group;

    sl_group_open(&group);
    make_three(f, &group, 0);
    CHECK_EQ(sl_wait(3, f, SL_FIRST_DONE), 1);
    CHECK(sl_future_is_done(f[2]));
    CHECK_EQ(sl_wait(3, f, SL_ALL), 3);
    CHECK_EQ(sl_group_close(&group), 0);
    for (int i = 0; i < 3; i++)
        sl_future_drop(f[i]);
    return 0;
}

static sl_semaphore semaphore;
static int inside, most;

static int use_permit(void *arg)
{
    int rc = sl_semaphore_acquire(&semaphore);

    (void)arg;
    if (rc < 0)
        return rc;
    if (++inside > most)
        most = inside;
    rc = sl_sleep(SL_S(1));
    inside--;
    sl_semaphore_release(&semaphore);
    return rc;
}

TASK_TEST(a_semaphore_bounds_how_many_are_inside)
{
    sl_time start = sl_now();
    sl_group group;

    semaphore = (sl_semaphore)SL_SEMAPHORE_INIT(4);
    sl_group_open(&group);
    for (int i = 0; i < 12; i++)
        sl_group_spawn(&group, use_permit, NULL);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(most, 4);
    CHECK_EQ(sl_now() - start, SL_S(3));
    return 0;
}

TASK_TEST(a_permit_handed_to_a_task_that_is_cancelled_then_is_not_lost)
{
    sl_group group;
    sl_task *first, *second;

    semaphore = (sl_semaphore){ 0 };
    sl_group_open(&group);
    first = sl_group_spawn(&group, use_permit, NULL);
    second = sl_group_spawn(&group, use_permit, NULL);
    CHECK_EQ(sl_yield(), 0);
    sl_semaphore_release(&semaphore); /* it is the first one's now */
    sl_task_cancel(first, NULL);
    CHECK_EQ(sl_task_join(first), SL_ECANCELED);
    CHECK_EQ(sl_task_join(second), 0);
    CHECK_EQ(sl_semaphore_try_acquire(&semaphore), 0);
    CHECK_EQ(sl_semaphore_try_acquire(&semaphore), -EAGAIN);
    return sl_group_close(&group);
}

TASK_TEST(a_cancelled_waiter_of_a_semaphore_leaves_the_line)
{
    sl_group group;
    sl_task *first;

    semaphore = (sl_semaphore){ 0 };
    sl_group_open(&group);
    first = sl_group_spawn(&group, use_permit, NULL);
    sl_group_spawn(&group, use_permit, NULL);
    CHECK_EQ(sl_yield(), 0);
    sl_task_cancel(first, NULL);
    sl_semaphore_release(&semaphore);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(semaphore.permits, 1);
    return 0;
}

static int wait_for_event(void *arg)
{
    int rc = sl_event_wait(arg);

    order[order_length++] = rc == 0 ? '+' : '-';
    return rc;
}

TASK_TEST(an_event_wakes_everyone_and_stays_set)
{
    sl_event event = { 0 };
    sl_group group;

    sl_group_open(&group);
    for (int i = 0; i < 5; i++)
        sl_group_spawn(&group, wait_for_event, &event);
    CHECK_EQ(sl_yield(), 0);
    CHECK_STR(order, "");
    sl_event_set(&event);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_STR(order, "+++++");
    CHECK_EQ(sl_event_wait(&event), 0);
    sl_event_clear(&event);
    CHECK(!sl_event_is_set(&event));
    return 0;
}

static int only_wait(void *event)
{
    return sl_event_wait(event);
}

TASK_TEST(waiting_for_an_event_is_a_cancel_point)
{
    sl_event event = { 0 };

    CHECK_EQ(cancel_while_waiting(only_wait, &event), SL_ECANCELED);
    sl_event_set(&event);
    CHECK_EQ(cancel_before_waiting(only_wait, &event), SL_ECANCELED);
    CHECK_EQ(sl_event_wait(&event), 0);
    return 0;
}

static int produce(void *queue)
{
    for (int i = 0; i < 1000; i++) {
        int rc = sl_queue_put(queue, &i);

        if (rc < 0)
            return rc;
    }
    sl_queue_shutdown(queue, false);
    return 0;
}

TASK_TEST(a_queue_keeps_the_order_and_ends_when_it_is_drained)
{
    static const size_t capacities[] = { 1, 3, 1024 };

    for (int c = 0; c < 3; c++) {
        sl_queue *queue = sl_queue_new(SL_FIFO, sizeof(int), capacities[c]);
        int got, expected = 0, rc;
        sl_group group;

        sl_group_open(&group);
        sl_group_spawn(&group, produce, queue);
        while ((rc = sl_queue_get(queue, &got)) == 0)
            CHECK_EQ(got, expected++);
        CHECK_EQ(rc, SL_ECLOSED);
        CHECK_EQ(expected, 1000);
        CHECK_EQ(sl_group_close(&group), 0);
        sl_queue_free(queue);
    }
    return 0;
}

static int put_seven(void *queue)
{
    return sl_queue_put(queue, &(int){ 7 });
}

TASK_TEST(a_cancelled_put_has_put_nothing)
{
    sl_queue *queue = sl_queue_new(SL_FIFO, sizeof(int), 1);
    int got;
    sl_group group;
    sl_task *late;

    CHECK_EQ(sl_queue_try_put(queue, &(int){ 1 }), 0);
    CHECK_EQ(sl_queue_try_put(queue, &(int){ 2 }), -EAGAIN);
    sl_group_open(&group);
    late = sl_group_spawn(&group, put_seven, queue);
    CHECK_EQ(sl_yield(), 0);
    sl_task_cancel(late, NULL);
    CHECK_EQ(sl_task_join(late), SL_ECANCELED);
    CHECK_EQ(sl_queue_get(queue, &got), 0);
    CHECK_EQ(got, 1);
    CHECK_EQ(sl_queue_try_get(queue, &got), -EAGAIN);
    CHECK_EQ(sl_group_close(&group), 0);
    sl_queue_free(queue);
    return 0;
}

TASK_TEST(every_wait_is_a_cancel_point_even_when_it_need_not_wait)
{
    sl_semaphore free_one = SL_SEMAPHORE_INIT(1);
    sl_event event = { .set = true };
    sl_queue *queue = sl_queue_new(SL_FIFO, 1, 1);
    sl_future *future = sl_future_new();
    sl_scope scope;
    char c = 0;

    sl_future_resolve(future, 0, NULL, NULL);
    sl_timeout_open(&scope, -1);
    CHECK_EQ(sl_semaphore_acquire(&free_one), SL_ECANCELED);
    CHECK_EQ(sl_event_wait(&event), SL_ECANCELED);
    CHECK_EQ(sl_queue_put(queue, &c), SL_ECANCELED);
    CHECK_EQ(sl_future_wait(future), SL_ECANCELED);
    CHECK_EQ(sl_gather(1, &future, NULL), SL_ECANCELED);
    CHECK_EQ(sl_sleep(0), SL_ECANCELED);
    CHECK_EQ(sl_scope_close(&scope, 0), 0);
    CHECK_EQ(free_one.permits, 1);
    sl_future_drop(future);
    sl_queue_free(queue);
    return 0;
}
