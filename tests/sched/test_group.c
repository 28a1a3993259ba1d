/* Promises of tasks, groups and scopes. */
#include <errno.h>
#include <stdio.h>
#include <starling/clock.h>
#include <starling/error.h>
#include <starling/event.h>
#include <starling/group.h>
#include <starling/semaphore.h>

#include "support/tasks.h"

struct nap_args {
    sl_time length;
    int result;
    int *ended;
};

static int nap(void *arg)
{
    struct nap_args *a = arg;
    int rc = sl_sleep(a->length);

    if (a->ended != NULL)
        ++*a->ended;
    return rc < 0 ? rc : a->result;
}

TASK_TEST(a_group_waits_for_all_its_tasks)
{
    sl_time start = sl_now();
    int ended = 0;
    sl_group group;

    sl_group_open(&group);
    for (int i = 1; i <= 10; i++)
        sl_go(&group, nap, .length = SL_S(i), .ended = &ended);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(ended, 10);
    CHECK_EQ(sl_now() - start, SL_S(10));
    return 0;
}

TASK_TEST(the_first_failure_cancels_the_siblings)
{
    sl_time start = sl_now();
    int ended = 0;
    sl_group group;
    sl_error errors[4];

    sl_group_open(&group);
    sl_go(&group, nap, .length = SL_S(100), .ended = &ended);
    sl_go(&group, nap, .length = SL_S(1), .result = -EIO, .ended = &ended);
    sl_go(&group, nap, .length = SL_S(100), .ended = &ended);
    CHECK_EQ(sl_sleep(SL_S(50)), SL_ECANCELED);
    CHECK_EQ(sl_group_errors(&group, errors, 4), 1);
    CHECK_EQ(errors[0].rc, -EIO);
    CHECK_EQ(sl_group_close(&group), -EIO);
    CHECK_EQ(ended, 3);
    CHECK_EQ(sl_now() - start, SL_S(1));
    CHECK_EQ(sl_yield(), 0); /* outside of the group all is well */
    return 0;
}

TASK_TEST(stopping_a_group_is_no_error)
{
    int ended = 0;
    sl_group group;

    sl_group_open(&group);
    sl_go(&group, nap, .length = SL_S(100), .ended = &ended);
    sl_group_cancel(&group);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(ended, 1);
    return 0;
}

static int outer_with_children(void *arg)
{
    int *ended = arg;
    sl_group group;

    sl_group_open(&group);
    sl_go(&group, nap, .length = SL_S(100), .ended = ended);
    sl_go(&group, nap, .length = SL_S(100), .ended = ended);
    return sl_group_close(&group);
}

TASK_TEST(a_cancellation_reaches_grandchildren_and_is_waited_for)
{
    int ended = 0;
    sl_group group;
    sl_task *task;

    sl_group_open(&group);
    task = sl_group_spawn(&group, outer_with_children, &ended);
    CHECK_EQ(sl_sleep(SL_S(1)), 0);
    sl_task_cancel(task, "enough");
    CHECK_EQ(sl_task_join(task), SL_ECANCELED);
    CHECK_EQ(ended, 2);
    return sl_group_close(&group);
}

static int count_run(void *arg)
{
    ++*(int *)arg;
    return sl_sleep(SL_S(1));
}

TASK_TEST(a_spawned_body_always_runs)
{
    int runs = 0;
    sl_group group;

    sl_group_open(&group);
    sl_task_cancel(sl_group_spawn(&group, count_run, &runs), NULL);
    sl_group_cancel(&group);
    sl_group_spawn(&group, count_run, &runs);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(runs, 2);
    return 0;
}

static int cancelled_for_good(void *arg)
{
    CHECK_EQ(sl_sleep(SL_S(10)), SL_ECANCELED);
    CHECK_STR(sl_cancel_reason(), "time is up");
    for (int i = 0; i < 100; i++)
        CHECK_EQ(sl_yield(), SL_ECANCELED);
    CHECK_EQ(sl_cancelling(), 2);
    CHECK_EQ(sl_uncancel(), 1);
    CHECK_EQ(sl_yield(), SL_ECANCELED);
    CHECK_EQ(sl_uncancel(), 0);
    CHECK_EQ(sl_sleep(SL_S(1)), 0);
    *(int *)arg = 1;
    return 0;
}

TASK_TEST(cancellation_is_level_triggered_and_counted)
{
    int survived = 0;
    sl_group group;
    sl_task *task;

    sl_group_open(&group);
    task = sl_group_spawn(&group, cancelled_for_good, &survived);
    CHECK_EQ(sl_yield(), 0);
    sl_task_cancel(task, "time is up");
    sl_task_cancel(task, "again");
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(survived, 1);
    return 0;
}

TASK_TEST(a_cancelled_task_lets_others_run)
{
    int ended = 0;
    sl_group group;

    sl_group_open(&group);
    sl_group_cancel(&group);
    sl_go(&group, nap, .length = 1, .ended = &ended);
    while (ended == 0)
        CHECK_EQ(sl_sleep(SL_S(1)), SL_ECANCELED);
    return sl_group_close(&group);
}

TASK_TEST(a_deadline_turns_into_a_timeout)
{
    sl_time start = sl_now();
    sl_scope limit;

    sl_timeout_open(&limit, SL_S(2));
    CHECK_EQ(sl_sleep(SL_S(1)), 0);
    CHECK_EQ(sl_sleep(SL_S(5)), SL_ECANCELED);
    CHECK_EQ(sl_yield(), SL_ECANCELED);
    CHECK_EQ(sl_scope_close(&limit, SL_ECANCELED), SL_ETIMEDOUT);
    CHECK(sl_scope_caught(&limit));
    CHECK_EQ(sl_now() - start, SL_S(2));
    return sl_yield();
}

TASK_TEST(the_outer_of_two_deadlines_is_named_by_the_outer_close)
{
    sl_scope outer, inner;

    sl_timeout_open(&outer, SL_S(1));
    sl_timeout_open(&inner, SL_S(5));
    int rc = sl_sleep(SL_S(10));

    rc = sl_scope_close(&inner, rc);
    CHECK_EQ(rc, SL_ECANCELED);
    CHECK_EQ(sl_scope_close(&outer, rc), SL_ETIMEDOUT);
    return 0;
}

TASK_TEST(work_that_finished_keeps_its_result_past_the_deadline)
{
    sl_scope limit;

    sl_timeout_open(&limit, SL_S(1));
    CHECK_EQ(sl_sleep(SL_S(1) - 1), 0);
    CHECK_EQ(sl_sleep(SL_S(1)), SL_ECANCELED);
    CHECK_EQ(sl_scope_close(&limit, 42), 42);
    CHECK(!sl_scope_caught(&limit));
    return 0;
}

TASK_TEST(a_deadline_that_has_passed_cancels_at_once)
{
    sl_scope limit;

    sl_timeout_open(&limit, -1);
    CHECK_EQ(sl_yield(), SL_ECANCELED);
    CHECK_EQ(sl_scope_close(&limit, SL_ECANCELED), SL_ETIMEDOUT);
    return 0;
}

TASK_TEST(no_deadline_is_too_far)
{
    sl_scope limit;

    sl_timeout_open(&limit, SL_FOREVER - 1);
    CHECK_EQ(sl_sleep(SL_S(1)), 0);
    return sl_scope_close(&limit, 0);
}

static int clean_up(void *arg)
{
    sl_scope shield;
    int rc = sl_sleep(SL_S(100));

    CHECK_EQ(rc, SL_ECANCELED);
    sl_shield_open(&shield, SL_S(5));
    CHECK_EQ(sl_sleep(SL_S(1)), 0);
    *(int *)arg += 1;
    CHECK_EQ(sl_sleep(SL_S(10)), SL_ECANCELED);
    *(int *)arg += 1;
    return sl_scope_close(&shield, rc);
}

TASK_TEST(a_shield_gives_clean_up_its_grace_and_no_more)
{
    sl_time start = sl_now();
    int done = 0;
    sl_group group;

    sl_group_open(&group);
    sl_group_spawn(&group, clean_up, &done);
    CHECK_EQ(sl_sleep(SL_S(1)), 0);
    sl_group_cancel(&group);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(done, 2);
    CHECK_EQ(sl_now() - start, SL_S(6));
    return 0;
}

TASK_TEST(scope_cancel_is_caught_by_its_close)
{
    sl_scope scope;

    sl_timeout_open(&scope, SL_FOREVER);
    sl_scope_cancel(&scope, "done");
    CHECK_STR(sl_cancel_reason(), "done");
    CHECK_EQ(sl_scope_close(&scope, sl_sleep(SL_S(1))), 0);
    CHECK(sl_scope_caught(&scope));
    return 0;
}

/* As by a button that is pressed when the work is over already. */
TASK_TEST(a_scope_that_is_closed_is_cancelled_no_more)
{
    sl_scope outer, scope;

    sl_timeout_open(&outer, SL_S(9));
    sl_timeout_open(&scope, SL_S(1));
    CHECK_EQ(sl_scope_close(&scope, 0), 0);
    sl_scope_cancel(&scope, "too late");
    CHECK_EQ(sl_sleep(SL_S(2)), 0);
    CHECK(!sl_scope_caught(&scope));
    return sl_scope_close(&outer, 0);
}

TASK_TEST(children_come_back_in_the_order_of_their_ends)
{
    static const int lengths[] = { 3, 1, 2 };
    int n = 0;
    sl_group group;
    sl_task *done;

    sl_group_open(&group);
    for (int i = 0; i < 3; i++)
        sl_go(&group, nap, .length = SL_S(lengths[i]), .result = lengths[i]);
    while (sl_group_next(&group, &done) == 1)
        CHECK_EQ(sl_task_join(done), ++n);
    CHECK_EQ(n, 3);
    return sl_group_close(&group);
}

TASK_TEST(a_task_can_be_joined_many_times_but_not_by_itself)
{
    sl_group group;
    sl_task *task;

    CHECK_EQ(sl_task_join(sl_self()), SL_EDEADLOCK);
    sl_group_open(&group);
    task = sl_go(&group, nap, .length = SL_S(1), .result = 5);
    CHECK_EQ(sl_task_join(task), 5);
    CHECK_EQ(sl_task_join(task), 5);
    CHECK(sl_task_is_done(task));
    return sl_group_close(&group);
}

static int fail_after(void *seconds)
{
    sl_scope shield;

    sl_shield_open(&shield, SL_FOREVER);
    CHECK_EQ(sl_sleep(SL_S(*(int *)seconds)), 0);
    return sl_scope_close(&shield, -*(int *)seconds);
}

TASK_TEST(errors_come_in_the_order_of_the_ends_told_of_or_not)
{
    int lengths[] = { 30, 10, 20 };
    sl_error errors[3];
    sl_scope shield;
    sl_group group;
    sl_task *done;

    sl_group_open(&group);
    for (int i = 0; i < 3; i++)
        sl_group_spawn(&group, fail_after, &lengths[i]);
    sl_shield_open(&shield, SL_FOREVER);
    CHECK_EQ(sl_sleep(SL_S(60)), 0);
    CHECK_EQ(sl_group_next(&group, &done), 1);
    CHECK_EQ(sl_task_join(done), -10);
    CHECK_EQ(sl_group_errors(&group, errors, 3), 3);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(errors[i].rc, -10 * (i + 1));
    for (int i = 1; i < 3; i++) {
        CHECK_EQ(sl_group_next(&group, &done), 1);
        CHECK_EQ(sl_task_join(done), errors[i].rc);
    }
    CHECK_EQ(sl_group_next(&group, &done), 0);
    CHECK_EQ(sl_scope_close(&shield, 0), 0);
    CHECK_EQ(sl_group_close(&group), -10);
    return 0;
}

static int fail_named(void *arg)
{
    return sl_fail(-ENOENT, "no %s", (char *)arg);
}

TASK_TEST(the_text_of_an_error_reaches_the_owner)
{
    sl_group group;

    sl_group_open(&group);
    sl_group_spawn(&group, fail_named, "bread");
    CHECK_EQ(sl_group_close(&group), -ENOENT);
    CHECK_STR(sl_errmsg(), "no bread");
    return 0;
}

static int leave_early(void)
{
    SL_AUTO(sl_group) group;

    sl_group_open(&group);
    sl_go(&group, nap, .length = SL_S(100));
    return 7;
}

TASK_TEST(a_guarded_group_ends_with_its_block)
{
    sl_time start = sl_now();

    CHECK_EQ(leave_early(), 7);
    CHECK_EQ(sl_now(), start);
    return 0;
}

static int run_out_of_paper(void *arg)
{
    int rc = sl_sleep(*(sl_time *)arg);

    return rc < 0 ? rc : sl_fail(-EIO, "no more paper");
}

TASK_TEST(a_group_that_spares_takes_errors_for_results)
{
    sl_group_options options = { .spare_others = true };
    sl_time start = sl_now(), second = SL_S(1);
    sl_task *bad, *good;
    sl_error errors[2];
    sl_group group;

    sl_group_open_with(&group, &options);
    bad = sl_group_spawn(&group, run_out_of_paper, &second);
    good = sl_go(&group, nap, .length = SL_S(2), .result = 7);
    sl_group_spawn(&group, run_out_of_paper, &second);
    CHECK_EQ(sl_sleep(SL_S(3)), 0); /* the owner is spared, too */
    CHECK_EQ(sl_task_join(bad), -EIO);
    CHECK_STR(sl_errmsg(), "no more paper");
    CHECK_EQ(sl_task_join(good), 7);
    CHECK_EQ(sl_group_errors(&group, errors, 2), 2);
    CHECK_STR(errors[1].text, "no more paper");
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(sl_now() - start, SL_S(3));
    return 0;
}

TASK_TEST(a_group_that_spares_is_cancelled_like_any_other)
{
    sl_group_options options = { .spare_others = true };
    sl_time second = SL_S(1);
    sl_scope limit;
    sl_group group;

    sl_timeout_open(&limit, SL_S(2));
    sl_group_open_with(&group, &options);
    sl_group_spawn(&group, run_out_of_paper, &second);
    sl_go(&group, nap, .length = SL_S(9));
    CHECK_EQ(sl_scope_close(&limit, sl_group_close(&group)), SL_ETIMEDOUT);
    return 0;
}

TASK_TEST(a_group_that_forgets_stays_small)
{
    sl_group group;

    sl_group_open_with(&group, &(sl_group_options){ .forget_ended = true });
    for (int i = 0; i < 5000; i++) {
        sl_task *task = sl_go(&group, nap, .length = 0, .result = 3);

        CHECK_EQ(sl_task_join(task), 3);
    }
    CHECK(group.first == NULL && group.ended == NULL);
    return sl_group_close(&group);
}

static void check_refused(size_t stack)
{
    sl_spawn_options options = { .stack = stack };
    sl_group group;
    sl_task *task;

    sl_group_open(&group);
    task =
        sl_group_spawn_with(&group, &options, count_run, &stack, sizeof stack);
    CHECK(task != NULL);
    CHECK(sl_task_is_done(task));
    sl_task_cancel(task, "no matter");
    CHECK_EQ(sl_group_close(&group), -ENOMEM);
}

TASK_TEST(a_huge_stack_that_cannot_be_had_fails_the_group)
{
    check_refused((size_t)1 << 60);
    check_refused(SIZE_MAX);
    return 0;
}

static int nest(void *arg)
{
    int depth = *(int *)arg - 1;
    sl_group group;

    if (depth == 0)
        return sl_sleep(SL_FOREVER);
    sl_group_open(&group);
    sl_group_spawn_copy(&group, nest, &depth, sizeof depth);
    return sl_group_close(&group);
}

TASK_TEST(a_very_deep_tree_is_cancelled_in_one_go)
{
    int depth = 5000;
    sl_group group;

    sl_group_open(&group);
    sl_group_spawn_copy(&group, nest, &depth, sizeof depth);
    CHECK_EQ(sl_sleep(1), 0);
    sl_group_cancel(&group);
    return sl_group_close(&group);
}

TASK_TEST(the_task_tree_names_everyone_once)
{
    char text[4096] = "";
    FILE *file = fmemopen(text, sizeof text, "w");
    sl_group group;

    sl_group_open(&group);
    sl_go(&group, nap, .length = 0); /* these will have ended */
    sl_task_set_name(sl_go(&group, nap, .length = SL_S(1)), "left");
    sl_go(&group, nap, .length = 0);
    sl_task_set_name(sl_go(&group, nap, .length = SL_S(1)), "right");
    sl_go(&group, nap, .length = 0);
    CHECK_EQ(sl_sleep(1), 0);
    sl_dump_tasks(file);
    fclose(file);
    CHECK_STR(text, "tasks:\n"
                    "  - main: running\n"
                    "    - left: waits for sleep\n"
                    "    - right: waits for sleep\n");
    return sl_group_close(&group);
}
