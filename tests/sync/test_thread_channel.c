/* Promises of channels between threads. Real threads, so real time; nothing
 * here depends on who is faster. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <starling/thread_channel.h>

#include "support/waits.h"

enum { ITEMS = 2000, SENDERS = 4 };

static sl_thread_channel *forth, *back;

static void make_two(size_t capacity)
{
    forth = sl_thread_channel_new(sizeof(int), capacity);
    back = sl_thread_channel_new(sizeof(int), capacity);
    CHECK(forth != NULL && back != NULL);
}

static void drop_two(void)
{
    sl_thread_channel_drop(forth);
    sl_thread_channel_drop(back);
}

static int answer(void *unused)
{
    int value, rc;

    (void)unused;
    while ((rc = sl_thread_channel_recv(forth, &value)) == 0) {
        value *= 2;
        rc = sl_thread_channel_send(back, &value);
        if (rc < 0)
            return rc;
    }
    return rc == SL_ECLOSED ? 0 : rc;
}

static int ask(void *unused)
{
    (void)unused;
    for (int i = 0; i < ITEMS; i++) {
        int value = i;

        CHECK_EQ(sl_thread_channel_send(forth, &value), 0);
        CHECK_EQ(sl_thread_channel_recv(back, &value), 0);
        CHECK_EQ(value, 2 * i);
    }
    return sl_thread_channel_close(forth);
}

static void *run_loop(void *fn)
{
    return (void *)(intptr_t)sl_run(*(sl_fn **)fn, NULL);
}

static void *run_plain(void *fn)
{
    return (void *)(intptr_t)(*(sl_fn **)fn)(NULL);
}

static void talk(void *(*other)(void *))
{
    sl_fn *fn = answer;
    pthread_t thread;
    void *rc;

    make_two(1);
    CHECK_EQ(pthread_create(&thread, NULL, other, &fn), 0);
    CHECK_EQ(sl_run(ask, NULL), 0);
    CHECK_EQ(pthread_join(thread, &rc), 0);
    CHECK_EQ((intptr_t)rc, 0);
    drop_two();
}

TEST(two_loops_talk)
{
    talk(run_loop);
}

TEST(a_loop_talks_with_a_thread_that_has_none)
{
    talk(run_plain);
}

static int send_items(void *unused)
{
    static atomic_int next;
    int rc = 0, from = atomic_fetch_add(&next, 1);

    (void)unused;
    for (int i = 0; i < ITEMS && rc == 0; i++) {
        int value = from * ITEMS + i;

        rc = sl_thread_channel_send(forth, &value);
    }
    return rc;
}

static int receive_items(void *unused)
{
    int latest[SENDERS], value;

    (void)unused;
    for (int i = 0; i < SENDERS; i++)
        latest[i] = -1;
    for (int i = 0; i < SENDERS * ITEMS; i++) {
        CHECK_EQ(sl_thread_channel_recv(forth, &value), 0);
        CHECK_EQ(value % ITEMS, latest[value / ITEMS] + 1);
        latest[value / ITEMS] = value % ITEMS;
    }
    CHECK_EQ(sl_thread_channel_try_recv(forth, &value), -EAGAIN);
    return 0;
}

TEST(many_threads_send_to_a_loop_and_each_keeps_its_order)
{
    sl_fn *fn = send_items;
    pthread_t threads[SENDERS];

    make_two(3);
    for (int i = 0; i < SENDERS; i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, i % 2 ? run_loop : run_plain,
                                &fn),
                 0);
    CHECK_EQ(sl_run(receive_items, NULL), 0);
    for (int i = 0; i < SENDERS; i++) {
        void *rc;

        CHECK_EQ(pthread_join(threads[i], &rc), 0);
        CHECK_EQ((intptr_t)rc, 0);
    }
    drop_two();
}

static int recv_one(void *channel)
{
    int value;

    return sl_thread_channel_recv(channel, &value);
}

static int send_one(void *channel)
{
    return sl_thread_channel_send(channel, &(int){ 1 });
}

static int cancel_all(void *unused)
{
    int value;

    (void)unused;
    CHECK_EQ(cancel_while_waiting(recv_one, forth), SL_ECANCELED);
    CHECK_EQ(cancel_before_waiting(send_one, forth), SL_ECANCELED);
    CHECK_EQ(sl_thread_channel_try_recv(forth, &value), -EAGAIN);
    CHECK_EQ(sl_thread_channel_send(forth, &(int){ 5 }), 0);
    CHECK_EQ(cancel_while_waiting(send_one, forth), SL_ECANCELED);
    CHECK_EQ(cancel_before_waiting(recv_one, forth), SL_ECANCELED);
    CHECK_EQ(sl_thread_channel_recv(forth, &value), 0);
    CHECK_EQ(value, 5);
    CHECK_EQ(sl_thread_channel_try_recv(forth, &value), -EAGAIN);
    return 0;
}

TEST(waits_at_a_thread_channel_are_cancel_points)
{
    make_two(1);
    CHECK_EQ(sl_run(cancel_all, NULL), 0);
    drop_two();
}

static int send_and_cancel(void *arg)
{
    /* From another thread, while the receiver is being cancelled over and over:
     * what was sent is received, by somebody, once. */
    (void)arg;
    for (int i = 0; i < ITEMS; i++)
        CHECK_EQ(sl_thread_channel_send(forth, &i), 0);
    return sl_thread_channel_close(forth);
}

static int receive_impatiently(void *unused)
{
    int expected = 0, rc = 0;

    (void)unused;
    while (rc != SL_ECLOSED) {
        int value;
        sl_scope limit;

        sl_timeout_open(&limit, expected % 3 * 20000);
        rc = sl_thread_channel_recv(forth, &value);
        rc = sl_scope_close(&limit, rc);
        if (rc == 0)
            CHECK_EQ(value, expected++);
        else
            CHECK(rc == SL_ETIMEDOUT || rc == SL_ECLOSED);
        if (rc == SL_ETIMEDOUT && expected % 3 == 0 &&
            sl_thread_channel_try_recv(forth, &value) == 0)
            CHECK_EQ(value, expected++);
    }
    CHECK_EQ(expected, ITEMS);
    return 0;
}

TEST(an_impatient_receiver_loses_nothing)
{
    sl_fn *fn = send_and_cancel;
    pthread_t thread;
    void *rc;

    make_two(1);
    CHECK_EQ(pthread_create(&thread, NULL, run_plain, &fn), 0);
    CHECK_EQ(sl_run(receive_impatiently, NULL), 0);
    CHECK_EQ(pthread_join(thread, &rc), 0);
    CHECK_EQ((intptr_t)rc, 0);
    drop_two();
}

static int close_under_waiters(void *unused)
{
    sl_group group;
    sl_task *task;
    int value;

    (void)unused;
    sl_group_open(&group);
    task = sl_group_spawn(&group, send_one, back);
    CHECK_EQ(sl_thread_channel_send(back, &(int){ 3 }), 0);
    CHECK_EQ(sl_yield(), 0);
    CHECK_EQ(sl_thread_channel_close(back), 0);
    CHECK_EQ(sl_thread_channel_try_send(back, &(int){ 3 }), SL_ECLOSED);
    CHECK_EQ(sl_task_join(task), SL_ECLOSED);
    CHECK_EQ(sl_group_close(&group), SL_ECLOSED);
    CHECK_EQ(sl_thread_channel_recv(back, &value), 0);
    CHECK_EQ(sl_thread_channel_recv(back, &value), SL_ECLOSED);
    return 0;
}

TEST(a_closed_thread_channel_sends_everyone_away_but_drains)
{
    sl_fn *fn = answer;
    pthread_t thread;
    void *rc;

    make_two(1);
    CHECK_EQ(pthread_create(&thread, NULL, run_plain, &fn), 0);
    CHECK_EQ(sl_run(close_under_waiters, NULL), 0);
    CHECK_EQ(sl_thread_channel_close(forth), 0);
    CHECK_EQ(pthread_join(thread, &rc), 0);
    CHECK_EQ((intptr_t)rc, 0);
    drop_two();
}

static int drops;

static void drop(void *element)
{
    free(*(void **)element);
    drops++;
}

TEST(elements_left_in_a_thread_channel_are_dropped_with_it)
{
    sl_thread_channel *channel =
        sl_thread_channel_new_with(&(sl_thread_channel_options){
            .size = sizeof(void *), .capacity = 2, .drop = drop });
    void *memory = malloc(1);

    CHECK_EQ(sl_thread_channel_send(channel, &memory), 0);
    sl_thread_channel_drop(sl_thread_channel_ref(channel));
    CHECK_EQ(drops, 0);
    sl_thread_channel_drop(channel);
    CHECK_EQ(drops, 1);
    sl_thread_channel_drop(NULL);
}
