/* Promises of channels and of select. */
#include <errno.h>
#include <stdlib.h>
#include <starling/channel.h>

#include "support/waits.h"

static int send_five(void *channel)
{
    int rc = 0;

    for (int i = 0; i < 5 && rc == 0; i++)
        rc = sl_channel_send(channel, &i);
    sl_channel_sender_drop(channel);
    return rc;
}

TASK_TEST(a_channel_ends_with_its_last_sender)
{
    for (size_t capacity = 0; capacity < 3; capacity++) {
        sl_channel *channel = sl_channel_new(sizeof(int), capacity);
        int got, sum = 0, rc;
        sl_group group;

        sl_group_open(&group);
        for (int i = 0; i < 3; i++)
            sl_group_spawn(&group, send_five, sl_channel_sender_ref(channel));
        while ((rc = sl_channel_recv(channel, &got)) == 0)
            sum += got;
        CHECK_EQ(rc, SL_ECLOSED);
        CHECK_EQ(sum, 30);
        CHECK(sl_channel_is_closed(channel));
        CHECK_EQ(sl_group_close(&group), 0);
        sl_channel_drop(channel);
    }
    return 0;
}

static int drops;

static void drop(void *element)
{
    free(*(void **)element);
    drops++;
}

static int send_memory(void *channel)
{
    void *memory = malloc(1);
    int rc = sl_channel_send(channel, &memory);

    if (rc < 0)
        free(memory);
    return rc;
}

TASK_TEST(a_channel_ends_with_its_last_receiver)
{
    sl_channel *channel = sl_channel_new_with(&(sl_channel_options){
        .size = sizeof(void *), .capacity = 2, .drop = drop });
    sl_group group;
    sl_task *late;

    sl_channel_receiver_ref(channel);
    sl_channel_receiver_ref(channel);
    CHECK_EQ(send_memory(channel), 0);
    CHECK_EQ(send_memory(channel), 0);
    sl_group_open(&group);
    late = sl_group_spawn(&group, send_memory, channel);
    CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    sl_channel_receiver_drop(channel);
    CHECK_EQ(drops, 0);
    sl_channel_receiver_drop(channel);
    CHECK_EQ(drops, 2);
    CHECK_EQ(sl_task_join(late), SL_ECLOSED);
    CHECK_EQ(sl_group_close(&group), SL_ECLOSED);
    CHECK_EQ(send_memory(channel), SL_ECLOSED);
    sl_channel_drop(channel);
    return 0;
}

TASK_TEST(elements_left_in_a_channel_are_dropped_with_it)
{
    sl_channel *channel = sl_channel_new_with(&(sl_channel_options){
        .size = sizeof(void *), .capacity = 3, .drop = drop });
    void *memory;

    CHECK_EQ(send_memory(channel), 0);
    CHECK_EQ(send_memory(channel), 0);
    sl_channel_close(channel);
    CHECK_EQ(sl_channel_recv(channel, &memory), 0);
    free(memory);
    CHECK_EQ(sl_channel_count(channel), 1);
    sl_channel_drop(sl_channel_ref(channel));
    sl_channel_drop(channel);
    CHECK_EQ(drops, 1);
    sl_channel_drop(NULL);
    return 0;
}

static int recv_one(void *channel)
{
    int got;
    int rc = sl_channel_recv(channel, &got);

    return rc < 0 ? rc : got;
}

static int send_seven(void *channel)
{
    return sl_channel_send(channel, &(int){ 7 });
}

TASK_TEST(an_unbuffered_channel_waits_for_the_other_side)
{
    sl_channel *channel = sl_channel_new(sizeof(int), 0);
    sl_group group;
    sl_task *task;
    int got;

    CHECK_EQ(sl_channel_try_send(channel, &(int){ 1 }), -EAGAIN);
    CHECK_EQ(sl_channel_try_recv(channel, &got), -EAGAIN);
    sl_group_open(&group);
    task = sl_group_spawn(&group, recv_one, channel);
    CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    CHECK_EQ(sl_channel_try_send(channel, &(int){ 5 }), 0);
    CHECK_EQ(sl_channel_try_send(channel, &(int){ 6 }), -EAGAIN);
    CHECK_EQ(sl_task_join(task), 5);
    task = sl_group_spawn(&group, send_seven, channel);
    CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    CHECK(!sl_task_is_done(task));
    CHECK_EQ(sl_channel_try_recv(channel, &got), 0);
    CHECK_EQ(got, 7);
    sl_channel_close(channel);
    CHECK_EQ(sl_channel_try_recv(channel, &got), SL_ECLOSED);
    CHECK_EQ(sl_channel_try_send(channel, &got), SL_ECLOSED);
    sl_channel_drop(channel);
    return sl_group_close(&group);
}

TASK_TEST(waits_at_a_channel_are_cancel_points)
{
    sl_channel *channel = sl_channel_new(sizeof(int), 1);
    int got;

    CHECK_EQ(cancel_while_waiting(recv_one, channel), SL_ECANCELED);
    CHECK_EQ(cancel_before_waiting(send_seven, channel), SL_ECANCELED);
    CHECK_EQ(sl_channel_send(channel, &(int){ 1 }), 0);
    CHECK_EQ(cancel_while_waiting(send_seven, channel), SL_ECANCELED);
    CHECK_EQ(cancel_before_waiting(recv_one, channel), SL_ECANCELED);
    CHECK_EQ(sl_channel_recv(channel, &got), 0);
    CHECK_EQ(got, 1);
    CHECK_EQ(sl_channel_try_recv(channel, &got), -EAGAIN);
    sl_channel_drop(channel);
    return 0;
}

static sl_channel *a, *b;

static void make_two(size_t capacity)
{
    a = sl_channel_new(sizeof(int), capacity);
    b = sl_channel_new(sizeof(int), capacity);
}

static void drop_two(void)
{
    sl_channel_drop(a);
    sl_channel_drop(b);
}

static int got;
static int given = 9;

static int select_both(void *unused)
{
    sl_channel_case cases[] = { { SL_CASE_RECV, a, &got },
                                { SL_CASE_SEND, b, &given } };

    (void)unused;
    return sl_channel_select(2, cases);
}

TASK_TEST(select_does_exactly_one_of_its_cases)
{
    sl_group group;
    sl_task *task;
    int other;

    make_two(0);
    sl_group_open(&group);
    task = sl_group_spawn(&group, select_both, NULL);
    CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    CHECK_EQ(sl_channel_try_send(a, &(int){ 4 }), 0);
    CHECK_EQ(sl_channel_try_recv(b, &other), -EAGAIN);
    CHECK_EQ(sl_task_join(task), 0);
    CHECK_EQ(got, 4);
    task = sl_group_spawn(&group, select_both, NULL);
    CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    CHECK_EQ(sl_channel_try_recv(b, &other), 0);
    CHECK_EQ(other, 9);
    CHECK_EQ(sl_channel_try_send(a, &(int){ 4 }), -EAGAIN);
    CHECK_EQ(sl_task_join(task), 1);
    drop_two();
    return sl_group_close(&group);
}

TASK_TEST(select_is_a_cancel_point_that_loses_nothing)
{
    make_two(0);
    CHECK_EQ(cancel_while_waiting(select_both, NULL), SL_ECANCELED);
    CHECK_EQ(sl_channel_try_send(a, &given), -EAGAIN);
    CHECK_EQ(sl_channel_try_recv(b, &got), -EAGAIN);
    drop_two();
    make_two(1);
    CHECK_EQ(cancel_before_waiting(select_both, NULL), SL_ECANCELED);
    CHECK_EQ(sl_channel_count(b), 0);
    drop_two();
    return 0;
}

TASK_TEST(select_favours_none_of_those_that_are_ready)
{
    int times[3] = { 0 };

    make_two(1);
    for (int i = 0; i < 3000; i++) {
        sl_channel_case cases[] = { { SL_CASE_RECV, a, &got },
                                    { SL_CASE_RECV, NULL, &got },
                                    { SL_CASE_SEND, b, &given } };
        int index;

        (void)sl_channel_try_send(a, &i);
        (void)sl_channel_try_recv(b, &got);
        index = sl_channel_select(3, cases);
        CHECK(index == 0 || index == 2);
        times[index]++;
    }
    CHECK(times[0] > 1350 && times[2] > 1350);
    drop_two();
    return 0;
}

TASK_TEST(a_closed_channel_is_out_of_the_selection)
{
    sl_group group;
    sl_task *task;

    make_two(0);
    sl_group_open(&group);
    task = sl_group_spawn(&group, select_both, NULL);
    CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    sl_channel_close(a);
    CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    CHECK(!sl_task_is_done(task));
    CHECK_EQ(sl_channel_recv(b, &got), 0);
    CHECK_EQ(sl_task_join(task), 1);
    task = sl_group_spawn(&group, select_both, NULL);
    CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    sl_channel_close(b);
    CHECK_EQ(sl_task_join(task), SL_ECLOSED);
    CHECK_EQ(sl_group_close(&group), SL_ECLOSED);
    CHECK_EQ(select_both(NULL), SL_ECLOSED);
    CHECK_EQ(sl_channel_select(0, NULL), SL_ECLOSED);
    drop_two();
    return 0;
}

static int swap(void *value)
{
    sl_channel_case cases[] = { { SL_CASE_SEND, a, value },
                                { SL_CASE_RECV, a, value },
                                { SL_CASE_SEND, a, value } };

    return sl_channel_select(3, cases);
}

TASK_TEST(the_same_channel_twice_meets_others_but_never_itself)
{
    sl_group group;
    sl_task *first, *second;
    int one = 1, two = 2;

    make_two(0);
    CHECK_EQ(cancel_while_waiting(swap, &one), SL_ECANCELED);
    sl_group_open(&group);
    first = sl_group_spawn(&group, swap, &one);
    second = sl_group_spawn(&group, swap, &two);
    CHECK(sl_task_join(first) >= 0);
    CHECK(sl_task_join(second) >= 0);
    CHECK(one == two);
    CHECK_EQ(sl_channel_try_send(a, &one), -EAGAIN);
    CHECK_EQ(sl_channel_try_recv(a, &one), -EAGAIN);
    drop_two();
    return sl_group_close(&group);
}

TASK_TEST(select_of_many_cases_and_without_waiting)
{
    sl_channel_case cases[20];

    make_two(1);
    for (int i = 0; i < 20; i++)
        cases[i] = (sl_channel_case){ SL_CASE_RECV, i < 19 ? a : b, &got };
    CHECK_EQ(sl_channel_try_select(20, cases), -EAGAIN);
    CHECK_EQ(sl_channel_send(b, &given), 0);
    CHECK_EQ(sl_channel_try_select(20, cases), 19);
    CHECK_EQ(got, 9);
    {
        sl_scope limit;
        int rc;

        sl_timeout_open(&limit, SL_S(1));
        rc = sl_channel_select(20, cases);
        CHECK_EQ(sl_scope_close(&limit, rc), SL_ETIMEDOUT);
    }
    drop_two();
    return 0;
}
