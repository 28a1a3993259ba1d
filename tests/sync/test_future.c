/* Promises of futures beyond the first outcome: texts, callbacks that are taken
 * back, shields, gathers that own, and completions in order. */
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <starling/coro.h>
#include <starling/future.h>

#include "support/apart.h"
#include "support/waits.h"

static record seen;

static void note_done(sl_future *future, void *arg)
{
    (void)future;
    note(&seen, *(const char *)arg);
}

static int wait_for(void *future)
{
    return sl_future_wait(future);
}

TASK_TEST(a_failure_carries_its_text_to_everyone_who_waits)
{
    sl_future *future = sl_future_new(), *plain = sl_future_new();

    CHECK_EQ(sl_future_fail(future, -EIO, "disk %d is gone", 3), 0);
    CHECK_EQ(sl_future_fail(future, -EIO, "again"), SL_EREUSED);
    CHECK_EQ(sl_future_wait(future), -EIO);
    CHECK_STR(sl_errmsg(), "disk 3 is gone");
    CHECK_EQ(sl_future_resolve(plain, -EPERM, NULL, NULL), 0);
    CHECK_EQ(sl_future_wait(plain), -EPERM);
    CHECK_STR(sl_errmsg(), ""); /* and not the text of another error */
    CHECK_EQ(sl_gather(1, &future, NULL), -EIO);
    CHECK_STR(sl_errmsg(), "disk 3 is gone");
    sl_future_drop(future);
    sl_future_drop(plain);
    return 0;
}

TASK_TEST(callbacks_that_are_taken_back_are_not_called)
{
    sl_future *future = sl_future_new();
    static char a[] = "a", b[] = "b";

    sl_future_on_done(future, note_done, a);
    sl_future_on_done(future, note_done, b);
    sl_future_on_done(future, note_done, a);
    CHECK_EQ(sl_future_remove_done(future, note_done, a), 2);
    CHECK_EQ(sl_future_remove_done(future, note_done, a), 0);
    sl_future_resolve(future, 0, NULL, NULL);
    sl_future_on_done(future, note_done, a);
    CHECK_EQ(sl_future_remove_done(future, note_done, a), 1);
    CHECK_EQ(sl_sleep(1), 0);
    CHECK_STR(seen.text, "b");
    sl_future_drop(future);
    return 0;
}

TASK_TEST(waiting_for_a_future_is_a_cancel_point)
{
    sl_future *future = sl_future_new();

    CHECK_EQ(cancel_while_waiting(wait_for, future), SL_ECANCELED);
    sl_future_resolve(future, 4, NULL, NULL);
    CHECK_EQ(cancel_before_waiting(wait_for, future), SL_ECANCELED);
    CHECK_EQ(sl_future_wait(future), 4);
    sl_future_drop(future);
    return 0;
}

struct nap_args {
    int seconds, rc;
    int *ended;
};

static int nap(void *arg)
{
    struct nap_args *a = arg;
    int rc = sl_sleep(SL_S(a->seconds));

    if (rc < 0) { /* an orderly end takes a while */
        sl_scope shield;

        sl_shield_open(&shield, SL_FOREVER);
        CHECK_EQ(sl_sleep(SL_S(1)), 0);
        sl_scope_close(&shield, 0);
    }
    if (a->ended != NULL)
        ++*a->ended;
    if (rc == 0 && a->rc < 0)
        return sl_fail(a->rc, "slept badly");
    return rc < 0 ? rc : a->rc;
}

static sl_future *nap_future(sl_group *group, int seconds, int rc, int *ended)
{
    struct nap_args args = { seconds, rc, ended };
    sl_coro *coro = sl_coro_new(nap, &args, sizeof args);
    sl_future *future = sl_coro_future(group, coro);

    sl_coro_free(coro);
    return future;
}

static void drop_all(int n, sl_future *futures[])
{
    for (int i = 0; i < n; i++)
        sl_future_drop(futures[i]);
}

TASK_TEST(a_gather_that_fails_ends_the_tasks_and_waits_for_their_end)
{
    sl_time start = sl_now();
    sl_future *f[4];
    sl_group group;
    int ended = 0;

    sl_group_open(&group);
    f[0] = nap_future(&group, 100, 0, &ended);
    f[1] = nap_future(&group, 5, 0, &ended);
    f[2] = sl_future_new();
    f[3] = nap_future(&group, 100, 0, &ended);
    CHECK_EQ(sl_sleep(SL_S(2)), 0);
    CHECK_EQ(sl_future_fail(f[2], -EIO, "no"), 0);
    CHECK_EQ(sl_gather(4, f, NULL), -EIO);
    CHECK_EQ(sl_now() - start, SL_S(3));
    CHECK_EQ(ended, 3);
    CHECK_STR(sl_errmsg(), "no");
    CHECK_EQ(sl_group_close(&group), 0);
    drop_all(4, f);
    return 0;
}

struct gather_args {
    int n;
    sl_future **futures;
    int *rcs;
};

static int gather(void *arg)
{
    struct gather_args *a = arg;

    return sl_gather(a->n, a->futures, a->rcs);
}

TASK_TEST(a_cancelled_gather_ends_its_tasks_and_leaves_plain_futures_alone)
{
    for (int before = 0; before < 2; before++) {
        sl_future *f[3];
        sl_group group;
        int ended = 0, rcs[3];
        struct gather_args args = { 3, f, before ? rcs : NULL };

        sl_group_open(&group);
        f[0] = nap_future(&group, 100, 0, &ended);
        f[1] = sl_future_new();
        f[2] = nap_future(&group, 100, 0, &ended);
        if (before) {
            CHECK_EQ(cancel_before_waiting(gather, &args), SL_ECANCELED);
            CHECK_EQ(rcs[0], SL_ECANCELED);
            CHECK_EQ(rcs[1], SL_ENOTREADY);
            CHECK_EQ(rcs[2], SL_ECANCELED);
        } else {
            CHECK_EQ(cancel_while_waiting(gather, &args), SL_ECANCELED);
        }
        CHECK_EQ(ended, 2);
        CHECK(!sl_future_is_done(f[1]));
        CHECK_EQ(sl_group_close(&group), 0);
        drop_all(3, f);
    }
    return 0;
}

TASK_TEST(a_gather_leaves_a_shielded_task_alone)
{
    sl_future *inner, *f[2];
    sl_group group;
    int ended = 0;
    struct gather_args args = { 2, f, NULL };

    sl_group_open(&group);
    inner = nap_future(&group, 10, 6, &ended);
    f[0] = sl_shield(inner);
    f[1] = nap_future(&group, 100, 0, &ended);
    CHECK_EQ(cancel_while_waiting(gather, &args), SL_ECANCELED);
    CHECK_EQ(ended, 1);
    CHECK_EQ(sl_future_wait(f[0]), 6);
    CHECK_EQ(sl_future_result(f[0], NULL), 6);
    CHECK_EQ(ended, 2);
    sl_future_drop(inner);
    drop_all(2, f);
    return sl_group_close(&group);
}

static int drops;

static void count_drop(void *value)
{
    free(value);
    drops++;
}

TASK_TEST(a_shield_shares_the_value_and_its_end)
{
    for (int collect = 0; collect < 2; collect++) {
        sl_future *inner = sl_future_new(), *outer = sl_shield(inner);
        void *value = malloc(1), *got = NULL;

        CHECK_EQ(sl_future_result(outer, &got), SL_ENOTREADY);
        CHECK_EQ(sl_future_resolve(inner, 2, value, count_drop), 0);
        CHECK(sl_future_is_done(outer));
        if (collect) {
            CHECK_EQ(sl_future_result(outer, &got), 2);
            CHECK(got == value);
            free(got);
        }
        sl_future_drop(inner);
        sl_future_drop(outer);
        CHECK_EQ(drops, 1);
    }
    return 0;
}

TASK_TEST(a_shield_that_nobody_wants_any_more_may_go_first)
{
    sl_future *inner = sl_future_new();

    sl_future_drop(sl_shield(inner));
    CHECK_EQ(sl_future_resolve(inner, 0, NULL, NULL), 0);
    sl_future_drop(inner);
    return 0;
}

static int gather_own(void *arg)
{
    sl_future **own = arg;

    return sl_gather(1, own, NULL);
}

TASK_TEST(a_task_that_gathers_itself_is_refused)
{
    sl_future *own = NULL;
    sl_group group;
    sl_future **where = &own;
    sl_coro *coro = sl_coro_new(gather_own, where, 0);

    sl_group_open(&group);
    own = sl_coro_future(&group, coro);
    CHECK_EQ(sl_future_wait(own), SL_EDEADLOCK);
    CHECK_EQ(sl_group_close(&group), SL_EDEADLOCK);
    sl_coro_free(coro);
    sl_future_drop(own);
    return 0;
}

TASK_TEST(the_first_error_in_time_is_the_gathers)
{
    sl_future *f[12];
    sl_group group;

    sl_group_open(&group);
    for (int i = 0; i < 12; i++)
        f[i] = sl_future_new();
    sl_future_fail(f[7], -EIO, "first");
    sl_future_fail(f[3], -EPERM, "second");
    CHECK_EQ(sl_gather(12, f, NULL), -EPERM); /* both had failed: by place */
    CHECK_STR(sl_errmsg(), "second");
    drop_all(12, f);
    return sl_group_close(&group);
}

static int wait_any(void *arg)
{
    struct gather_args *a = arg;

    return sl_wait(a->n, a->futures, SL_FIRST_DONE);
}

TASK_TEST(a_cancelled_wait_owns_nothing)
{
    sl_future *f[2];
    sl_group group;
    struct gather_args args = { 2, f, NULL };

    sl_group_open(&group);
    f[0] = nap_future(&group, 10, 1, NULL);
    f[1] = nap_future(&group, 20, 2, NULL);
    CHECK_EQ(cancel_while_waiting(wait_any, &args), SL_ECANCELED);
    CHECK_EQ(cancel_before_waiting(wait_any, &args), SL_ECANCELED);
    CHECK_EQ(sl_wait(2, f, SL_FIRST_DONE), 1);
    CHECK_EQ(sl_future_result(f[0], NULL), 1);
    CHECK_EQ(sl_wait(2, f, SL_FIRST_ERROR), 2);
    drop_all(2, f);
    return sl_group_close(&group);
}

TASK_TEST(completions_come_in_the_order_of_settling)
{
    sl_completions *each;
    sl_future *f[4], *next;
    sl_group group;
    int rc, order[4], n = 0;

    sl_group_open(&group);
    for (int i = 0; i < 4; i++)
        f[i] = nap_future(&group, i == 2 ? 1 : 10 - i, i, NULL);
    CHECK_EQ(sl_sleep(SL_S(2)), 0);
    each = sl_completions_new(4, f);
    while ((rc = sl_completions_next(each, &next)) > 0)
        order[n++] = sl_future_result(next, NULL);
    CHECK_EQ(rc, 0);
    CHECK_EQ(n, 4);
    CHECK(order[0] == 2 && order[1] == 3 && order[2] == 1 && order[3] == 0);
    CHECK_EQ(sl_completions_next(each, &next), 0);
    sl_completions_free(each);
    drop_all(4, f);
    return sl_group_close(&group);
}

static int take_next(void *each)
{
    sl_future *next;

    return sl_completions_next(each, &next);
}

TASK_TEST(a_cancelled_look_at_completions_takes_none)
{
    sl_future *future = sl_future_new(), *next;
    sl_completions *each = sl_completions_new(1, &future);

    CHECK_EQ(cancel_while_waiting(take_next, each), SL_ECANCELED);
    sl_future_resolve(future, 0, NULL, NULL);
    CHECK_EQ(cancel_before_waiting(take_next, each), SL_ECANCELED);
    CHECK_EQ(sl_completions_next(each, &next), 1);
    CHECK(next == future);
    sl_completions_free(each);
    sl_future_drop(future);
    return 0;
}

TASK_TEST(completions_left_early_let_go_of_their_futures)
{
    sl_future *future = sl_future_new();

    sl_completions_free(sl_completions_new(1, &future));
    sl_future_resolve(future, 0, NULL, NULL);
    sl_future_drop(future);
    sl_completions_free(NULL);
    return 0;
}

static int return_memory(void *arg)
{
    int rc = sl_sleep(SL_S(1));

    return rc < 0 ? rc : sl_return(arg, count_drop);
}

TASK_TEST(the_future_of_a_task_has_its_result_and_its_pointer)
{
    void *memory = malloc(1), *got = NULL;
    sl_future *early, *late;
    sl_group group;
    sl_task *task;

    sl_group_open(&group);
    task = sl_group_spawn(&group, return_memory, memory);
    early = sl_task_future(task);
    CHECK_EQ(sl_future_result(early, &got), SL_ENOTREADY);
    CHECK_EQ(sl_future_wait(early), 0);
    late = sl_task_future(task);
    CHECK(sl_future_is_done(late));
    sl_future_drop(late);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(sl_future_result(early, &got), 0);
    CHECK(got == memory);
    CHECK_EQ(drops, 0);
    sl_future_drop(early);
    CHECK_EQ(drops, 1);
    return 0;
}

TASK_TEST(a_task_does_not_mind_that_its_future_goes_first)
{
    sl_group group;
    sl_task *task;

    sl_group_open(&group);
    task = sl_group_spawn(&group, return_memory, malloc(1));
    sl_future_drop(sl_task_future(task));
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(drops, 1);
    return 0;
}

static int gather_one(void *future)
{
    return sl_gather(1, (sl_future *[]){ future }, NULL);
}

/* The only reference, while another task waits. */
static int drop_too_early(void *waits)
{
    sl_future *future = sl_future_new();
    sl_group group;

    sl_group_open(&group);
    sl_group_spawn(&group, *(sl_fn **)waits, future);
    if (sl_yield() < 0 || sl_yield() < 0)
        return SL_ECANCELED;
    sl_future_drop(future);
    return sl_group_close(&group);
}

static int run_dropper(void *waits)
{
    return sl_run(drop_too_early, waits);
}

TEST(a_future_that_goes_while_somebody_waits_ends_the_program_with_words)
{
    sl_fn *ways[] = { wait_for, gather_one };

    for (int i = 0; i < 2; i++) {
        CHECK(WIFSIGNALED(test_apart(run_dropper, &ways[i])));
        test_check_said("whoever waits for a future holds a reference");
    }
}
