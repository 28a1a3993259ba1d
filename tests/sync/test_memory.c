/* Promises for when memory ends: the call says -ENOMEM (or hands out nothing),
 * a group whose task could not be started has failed, what can do without does,
 * and nothing is lost. */
#include <errno.h>
#include <stdlib.h>

#include <starling.h>

#include "support/no_memory.h"
#include "support/test.h"

static int in_virtual_time(sl_fn *body)
{
    sl_loop *loop = sl_loop_new();
    int rc;

    if (loop == NULL)
        return -ENOMEM;
    sl_loop_use_virtual_clock(loop);
    rc = sl_loop_run_task(loop, body, NULL);
    CHECK_EQ(sl_loop_close(loop), 0);
    return rc;
}

static int nap(void *unused)
{
    (void)unused;
    return sl_sleep(SL_MS(1));
}

struct nap_args {
    int unused;
};

static int drops;

static void count_drop(void *arg)
{
    (void)arg;
    drops++;
}

static int own(void *arg)
{
    count_drop(arg);
    return 0;
}

static int spawn_all_kinds(void *unused)
{
    sl_spawn_options named = { .name = "named", .stack = 1 << 20 };
    sl_group group;
    int rc;

    (void)unused;
    drops = 0;
    sl_group_open(&group);
    for (int i = 0; i < 300; i++) /* more than a block of records has */
        sl_group_spawn(&group, nap, NULL);
    sl_go(&group, nap, 0);
    sl_group_spawn_with(&group, &named, nap, NULL, 0);
    sl_group_spawn_owned(&group, own, NULL, count_drop);
    rc = sl_group_close(&group);
    CHECK_EQ(drops, 1); /* by the task, or in its place */
    return rc;
}

static int spawn_scenario(void)
{
    return in_virtual_time(spawn_all_kinds);
}

TEST_LIMIT(a_group_fails_when_a_task_cannot_be_started, 30)
{
    test_without_memory(spawn_scenario);
}

static int say_ready(void *unused)
{
    (void)unused;
    sl_started();
    return 0;
}

static int start_one(void *unused)
{
    sl_spawn_options plain = { 0 };
    sl_group group;
    int rc, closed;

    (void)unused;
    sl_group_open(&group);
    rc = sl_group_start(&group, &plain, say_ready, NULL, 0, NULL);
    closed = sl_group_close(&group);
    CHECK_EQ(rc, closed);
    return rc;
}

static int start_scenario(void)
{
    return in_virtual_time(start_one);
}

TEST(a_start_that_cannot_be_made_says_so)
{
    test_without_memory(start_scenario);
}

static sl_local colour = { .drop = free };

static int speak(void *unused)
{
    char *value = malloc(1), *text = malloc(1);
    int rc = value != NULL ? sl_local_set(&colour, value) : -ENOMEM;

    (void)unused;
    if (rc < 0) {
        free(value);
        free(text);
        return rc;
    }
    if (text == NULL)
        return -ENOMEM;
    sl_task_set_name(sl_self(), "speaker"); /* does without */
    rc = sl_return(text, free);             /* takes it in any case */
    return rc < 0 ? sl_fail(rc, "no room for %s", "a text") : rc;
}

static int say_much(void *unused)
{
    sl_group group;
    sl_task *task;

    (void)unused;
    sl_group_open(&group);
    task = sl_group_spawn(&group, speak, NULL);
    sl_task_cancel(task, "a reason that has to be kept");
    return sl_group_close(&group);
}

static int speak_scenario(void)
{
    return in_virtual_time(say_much);
}

TEST(names_texts_and_values_are_kept_or_refused)
{
    test_without_memory(speak_scenario);
}

static void ignore(sl_future *future, void *arg)
{
    (void)future;
    (void)arg;
}

static int settle(sl_future *future)
{
    int rc = sl_future_on_done(future, ignore, NULL);
    int resolved = sl_future_resolve(future, 0, NULL, NULL);

    /* It is settled in any case; callbacks may come later, see its header. */
    CHECK(sl_future_is_done(future));
    return rc < 0 ? rc : resolved;
}

static int wait_for_all(sl_future *futures[2])
{
    sl_completions *each = sl_completions_new(2, futures);
    sl_future *next, *kept = sl_shield(futures[0]);
    int rc = each != NULL && kept != NULL ? 0 : -ENOMEM;

    for (int i = 0; i < 2 && rc == 0; i++)
        rc = settle(futures[i]);
    if (rc == 0)
        rc = sl_gather(2, futures, (int[2]){ 0 });
    if (rc == 0)
        CHECK_EQ(sl_completions_next(each, &next), 1);
    sl_completions_free(each);
    sl_future_drop(kept);
    return rc;
}

static int use_futures(void *unused)
{
    sl_future *futures[2] = { sl_future_new(), sl_future_new() };
    int rc = -ENOMEM;

    (void)unused;
    if (futures[0] != NULL && futures[1] != NULL)
        rc = wait_for_all(futures);
    sl_future_drop(futures[0]);
    sl_future_drop(futures[1]);
    return rc;
}

static int future_scenario(void)
{
    return in_virtual_time(use_futures);
}

TEST(futures_say_what_they_cannot_keep)
{
    test_without_memory(future_scenario);
}

static int use_queues(void *unused)
{
    int rc = 0;

    (void)unused;
    for (int kind = SL_FIFO; kind <= SL_LIFO && rc == 0; kind++) {
        sl_queue *queue = sl_queue_new(kind, sizeof(int), 0);

        if (queue == NULL)
            return -ENOMEM;
        for (int i = 0; i < 100 && rc == 0; i++) { /* grows */
            rc = sl_queue_put(queue, &i);
            CHECK_EQ(sl_queue_count(queue), rc == 0 ? i + 1 : i);
        }
        sl_queue_free(queue);
    }
    return rc;
}

static int queue_scenario(void)
{
    return in_virtual_time(use_queues);
}

TEST(a_queue_that_cannot_grow_keeps_what_it_has)
{
    test_without_memory(queue_scenario);
}

static int use_channels(void *unused)
{
    sl_channel *channel = sl_channel_new(sizeof(int), 4);
    int value = 7, rc;

    (void)unused;
    if (channel == NULL)
        return -ENOMEM;
    rc = sl_channel_send(channel, &value);
    if (rc == 0)
        rc = sl_channel_recv(channel, &value);
    sl_channel_drop(channel);
    return rc;
}

static int channel_scenario(void)
{
    return in_virtual_time(use_channels);
}

TEST(a_channel_is_made_whole_or_not_at_all)
{
    test_without_memory(channel_scenario);
}

static int use_coros(void *unused)
{
    sl_coro *coro = sl_coro_new(nap, NULL, 0);

    (void)unused;
    return coro != NULL ? sl_coro_wait(coro) : -ENOMEM;
}

static int coro_scenario(void)
{
    return in_virtual_time(use_coros);
}

TEST(a_coroutine_that_cannot_run_says_so)
{
    test_without_memory(coro_scenario);
}

static int sleep_many(void *unused)
{
    sl_timer *timers[70];
    int rc = 0;

    (void)unused;
    for (int i = 0; i < 70; i++) { /* more than the heap has room for */
        timers[i] = sl_call_later(sl_loop_current(), SL_S(9), count_drop, NULL);
        if (timers[i] == NULL)
            rc = -ENOMEM;
    }
    if (rc == 0)
        rc = sl_sleep(SL_S(1));
    for (int i = 0; i < 70; i++)
        if (timers[i] != NULL)
            sl_timer_cancel(timers[i]);
    return rc;
}

static int timer_scenario(void)
{
    return in_virtual_time(sleep_many);
}

TEST(a_timer_that_cannot_be_armed_is_not_made)
{
    test_without_memory(timer_scenario);
}

static int take_locks(void *unused)
{
    static sl_lock locks[40]; /* more than the table has room for at first */
    int rc = 0;

    (void)unused;
    test_end_memory(true);
    for (int i = 0; i < 40 && rc == 0; i++)
        rc = sl_lock_acquire(&locks[i]);
    for (int i = 0; i < 40 && rc == 0; i++)
        rc = sl_lock_release(&locks[i]);
    test_end_memory(false);
    return rc;
}

TEST(a_lock_wants_no_memory)
{
    CHECK_EQ(in_virtual_time(take_locks), 0);
}
