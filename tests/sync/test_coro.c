/* Promises of coroutine objects and of retries. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <starling/coro.h>
#include <starling/retry.h>

#include "support/waits.h"

struct sum_args {
    int a, b, *out;
};

static int sum(void *arg)
{
    struct sum_args *a = arg;
    int rc = sl_sleep(SL_S(1));

    if (rc == 0 && a->out != NULL)
        *a->out = a->a + a->b;
    return rc;
}

TASK_TEST(a_coroutine_object_runs_when_it_is_awaited_and_only_once)
{
    int out = 0;
    struct sum_args args = { 3, 4, &out };
    sl_coro *coro = sl_coro_new(sum, &args, sizeof args);

    args.a = 1000; /* it has its own copy */
    CHECK_EQ(sl_sleep(SL_S(5)), 0);
    CHECK_EQ(out, 0);
    CHECK_EQ(sl_coro_wait(coro), 0);
    CHECK_EQ(out, 7);
    CHECK_EQ(sl_coro_wait(coro), SL_EREUSED);
    sl_coro_free(coro);
    return 0;
}

static int wait_for(void *coro)
{
    return sl_coro_wait(coro);
}

TASK_TEST(awaiting_a_coroutine_object_is_a_cancel_point)
{
    int out = 0;
    struct sum_args args = { 1, 1, &out };
    sl_coro *coro = sl_coro_new(sum, &args, sizeof args);

    CHECK_EQ(cancel_before_waiting(wait_for, coro), SL_ECANCELED);
    CHECK_EQ(cancel_while_waiting(wait_for, coro), SL_ECANCELED);
    CHECK_EQ(out, 0);
    CHECK_EQ(sl_coro_wait(coro), SL_EREUSED);
    sl_coro_free(coro);
    return 0;
}

TASK_TEST(a_coroutine_object_becomes_a_task_of_a_group)
{
    int out = 0;
    struct sum_args args = { 3, 4, &out };
    sl_coro *coro = sl_coro_new(sum, &args, sizeof args);
    sl_group group;

    sl_group_open(&group);
    sl_coro_spawn(&group, coro);
    CHECK_EQ(sl_coro_wait(coro), SL_EREUSED);
    sl_coro_free(coro); /* the task has its own hold of it */
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(out, 7);
    return 0;
}

TASK_TEST(a_coroutine_object_spawned_twice_fails_the_group)
{
    struct sum_args args = { 0 };
    sl_coro *coro = sl_coro_new(sum, &args, sizeof args);
    sl_future *first, *second;
    sl_group group;

    sl_group_open(&group);
    first = sl_coro_future(&group, coro);
    second = sl_coro_future(&group, coro);
    CHECK_EQ(sl_group_close(&group), SL_EREUSED);
    CHECK_EQ(sl_future_result(first, NULL), SL_ECANCELED);
    CHECK_EQ(sl_future_result(second, NULL), SL_EREUSED);
    sl_coro_free(coro);
    sl_future_drop(first);
    sl_future_drop(second);
    return 0;
}

static int fail(void *unused)
{
    (void)unused;
    return sl_fail(-EIO, "no luck");
}

TASK_TEST(the_future_of_a_coroutine_object_has_its_result_and_text)
{
    struct sum_args args = { 0 };
    sl_coro *good = sl_coro_new(sum, &args, sizeof args);
    sl_coro *bad = sl_coro_new(fail, NULL, 0);
    sl_future *future;
    sl_group group;

    sl_group_open(&group);
    future = sl_coro_future(&group, good);
    CHECK_EQ(sl_future_wait(future), 0);
    sl_future_drop(future);
    CHECK_EQ(sl_group_close(&group), 0);

    sl_group_open(&group);
    future = sl_coro_future(&group, bad);
    CHECK_EQ(sl_group_close(&group), -EIO);
    CHECK_EQ(sl_future_wait(future), -EIO);
    CHECK_STR(sl_errmsg(), "no luck");
    sl_future_drop(future);
    sl_coro_free(good);
    sl_coro_free(bad);
    return 0;
}

static char reported[512];

static void read_stderr(sl_fn *body)
{
    FILE *file = tmpfile();
    int saved = dup(2);
    size_t n;

    CHECK(file != NULL && saved >= 0);
    CHECK(dup2(fileno(file), 2) >= 0);
    CHECK_EQ(run_in_virtual_time(body, NULL, NULL), 0);
    CHECK(dup2(saved, 2) >= 0);
    close(saved);
    rewind(file);
    n = fread(reported, 1, sizeof reported - 1, file);
    reported[n] = '\0';
    fclose(file);
}

static int forget_one(void *unused)
{
    struct sum_args args = { 0 };
    sl_coro *used = sl_coro_new(sum, &args, sizeof args);
    int rc = sl_coro_wait(used);

    (void)unused;
    if (sl_coro_new(sum, &args, sizeof args) == NULL)
        return -ENOMEM;
    return rc; /* both are left to the loop */
}

TEST(a_forgotten_coroutine_object_is_reported_in_debug_mode)
{
    setenv("SL_DEBUG", "1", 1);
    read_stderr(forget_one);
    CHECK(strstr(reported, "test_coro.c:") != NULL);
    CHECK(strstr(reported, "never awaited") != NULL);
    CHECK(strchr(reported, '\n') == reported + strlen(reported) - 1);
    setenv("SL_DEBUG", "0", 1);
    read_stderr(forget_one);
    CHECK_STR(reported, "");
}

TEST(a_coroutine_object_can_be_made_outside_of_a_loop)
{
    int out = 0;
    struct sum_args args = { 1, 2, &out };
    sl_coro *coro = sl_coro_new(sum, &args, sizeof args);

    CHECK_EQ(run_in_virtual_time(wait_for, coro, NULL), 0);
    CHECK_EQ(out, 3);
    sl_coro_free(coro);
    sl_coro_free(NULL);
}

static int calls;

static int third_time_lucky(void *unused)
{
    (void)unused;
    return ++calls < 3 ? sl_fail(-ECONNREFUSED, "call %d", calls) : calls;
}

TASK_TEST(a_retry_goes_on_until_it_works)
{
    sl_time start = sl_now();

    CHECK_EQ(sl_retry(&(sl_backoff){ .seed = 5 }, third_time_lucky, NULL), 3);
    CHECK(sl_now() > start && sl_now() - start <= SL_MS(300));
    return 0;
}

TASK_TEST(a_retry_ends_with_the_last_error_and_its_text)
{
    CHECK_EQ(sl_retry(&(sl_backoff){ .attempts = 2 }, third_time_lucky, NULL),
             -ECONNREFUSED);
    CHECK_EQ(calls, 2);
    CHECK_STR(sl_errmsg(), "call 2");
    return 0;
}

static sl_time moments[40];

static int fail_at(void *unused)
{
    (void)unused;
    moments[calls++] = sl_now();
    return -EIO;
}

TASK_TEST(the_pauses_of_a_retry_grow_to_their_longest_and_differ)
{
    sl_backoff backoff = { .attempts = 40,
                           .first = SL_MS(10),
                           .longest = SL_MS(1000),
                           .factor = 3,
                           .seed = 7 };
    sl_time bound = SL_MS(10), longest = 0;
    bool differ = false;

    CHECK_EQ(sl_retry(&backoff, fail_at, NULL), -EIO);
    CHECK_EQ(calls, 40);
    for (int i = 1; i < 40; i++) {
        sl_time pause = moments[i] - moments[i - 1];

        CHECK(pause >= 0 && pause <= bound);
        differ |= pause < bound / 2;
        longest = pause > longest ? pause : longest;
        bound = 3 * bound < SL_MS(1000) ? 3 * bound : SL_MS(1000);
    }
    CHECK(differ && longest > SL_MS(900));
    return 0;
}

static bool is_transient(int rc, void *unused)
{
    (void)unused;
    return rc != -ECONNREFUSED;
}

static int give_up(void *unused)
{
    (void)unused;
    calls++;
    return SL_ECANCELED;
}

TASK_TEST(what_another_attempt_cannot_mend_is_not_tried_again)
{
    sl_backoff backoff = { .is_transient = is_transient };

    CHECK_EQ(sl_retry(&backoff, third_time_lucky, NULL), -ECONNREFUSED);
    CHECK_EQ(calls, 1);
    CHECK_EQ(sl_retry(&(sl_backoff){ 0 }, give_up, NULL), SL_ECANCELED);
    CHECK_EQ(calls, 2);
    return 0;
}

static int retry_for_ever(void *unused)
{
    sl_backoff backoff = { .attempts = 1000000, .first = SL_S(9), .seed = 3 };

    return sl_retry(&backoff, fail_at, unused);
}

TASK_TEST(a_retry_is_a_cancel_point_between_attempts)
{
    CHECK_EQ(cancel_before_waiting(retry_for_ever, NULL), SL_ECANCELED);
    CHECK_EQ(calls, 0);
    CHECK_EQ(cancel_while_waiting(retry_for_ever, NULL), SL_ECANCELED);
    CHECK_EQ(calls, 1);
    return 0;
}

TASK_TEST(a_gather_has_every_outcome_where_the_group_spares_the_others)
{
    sl_group_options options = { .spare_others = true };
    sl_coro *bad = sl_coro_new(fail, NULL, 0);
    sl_coro *good = sl_coro_new(third_time_lucky, NULL, 0);
    sl_future *futures[2];
    int outcomes[2];
    sl_group group;

    calls = 2; /* the next one is lucky */
    sl_group_open_with(&group, &options);
    futures[0] = sl_coro_future(&group, bad);
    futures[1] = sl_coro_future(&group, good);
    CHECK_EQ(sl_gather(2, futures, outcomes), 0);
    CHECK(outcomes[0] < 0 && outcomes[0] != SL_ECANCELED);
    CHECK(outcomes[1] >= 0);
    for (int i = 0; i < 2; i++)
        sl_future_drop(futures[i]);
    sl_coro_free(bad);
    sl_coro_free(good);
    return sl_group_close(&group);
}
