/* Promises of tasks that are about more than running: their start, values,
 * reasons, and who watches them. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <starling/clock.h>
#include <starling/debug.h>
#include <starling/error.h>
#include <starling/group.h>
#include <starling/local.h>
#include <starling/scope.h>

#include "sched/loop.h"
#include "support/old_kernel.h"
#include "support/tasks.h"

static char order[64];
static int order_length;

static int step_twice(void *arg)
{
    order[order_length++] = *(const char *)arg;
    int rc = sl_yield();

    order[order_length++] = *(const char *)arg;
    return rc;
}

TASK_TEST(an_eager_task_runs_before_its_parent_goes_on)
{
    sl_spawn_options eager = { .eager = true };
    sl_group group;

    sl_group_open(&group);
    sl_group_spawn_with(&group, &eager, step_twice, "a", 0);
    order[order_length++] = '1';
    sl_group_spawn_with(&group, &eager, step_twice, "b", 0);
    order[order_length++] = '2';
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK(strchr(order, 'a') < strchr(order, '1'));
    CHECK(strchr(order, '1') < strchr(order, 'b'));
    CHECK(strchr(order, 'b') < strchr(order, '2'));
    return 0;
}

static int ready_after(void *arg)
{
    sl_time delay = *(sl_time *)arg;
    int rc = sl_sleep(delay);

    if (rc < 0)
        return rc;
    sl_started();
    return sl_sleep(SL_S(100));
}

static int never_ready(void *arg)
{
    (void)arg;
    return sl_fail(-EADDRINUSE, "port taken");
}

TASK_TEST(a_start_waits_until_the_task_says_so)
{
    sl_time start = sl_now(), delay = SL_S(3);
    sl_spawn_options plain = { 0 };
    sl_task *task = NULL;
    sl_group group;

    sl_group_open(&group);
    CHECK_EQ(sl_group_start(&group, &plain, ready_after, &delay, sizeof delay,
                            &task),
             0);
    CHECK_EQ(sl_now() - start, SL_S(3));
    CHECK(task != NULL && !sl_task_is_done(task));
    sl_group_cancel(&group);
    return sl_group_close(&group);
}

TASK_TEST(a_failed_start_is_its_starter_s_to_handle)
{
    sl_group group;

    sl_group_open(&group);
    CHECK_EQ(sl_group_start(&group, NULL, never_ready, NULL, 0, NULL),
             -EADDRINUSE);
    CHECK_STR(sl_errmsg(), "port taken");
    CHECK_EQ(sl_yield(), 0);
    return sl_group_close(&group);
}

TASK_TEST(a_cancelled_start_cancels_the_task)
{
    sl_time delay = SL_S(50), start = sl_now();
    sl_spawn_options plain = { 0 };
    sl_scope limit;
    sl_group group;

    sl_group_open(&group);
    sl_timeout_open(&limit, SL_S(1));
    CHECK_EQ(
        sl_group_start(&group, &plain, ready_after, &delay, sizeof delay, NULL),
        SL_ECANCELED);
    CHECK_EQ(sl_scope_close(&limit, SL_ECANCELED), SL_ETIMEDOUT);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(sl_now() - start, SL_S(1));
    return 0;
}

static int start_at_once(void *arg)
{
    sl_started();
    return *(int *)arg;
}

/* It has started, or failed, before its starter could begin to wait; and in a
 * group that forgets, its record may be another task's by then. */
TASK_TEST(a_start_is_heard_of_a_task_that_starts_eagerly)
{
    sl_group_options forgetful = { .forget_ended = true };
    sl_spawn_options eager = { .eager = true };
    sl_time delay = SL_S(3);
    int fine = 0;
    sl_group group;

    sl_group_open_with(&group, &forgetful);
    CHECK_EQ(
        sl_group_start(&group, &eager, start_at_once, &fine, sizeof fine, NULL),
        0);
    CHECK_EQ(
        sl_group_start(&group, &eager, ready_after, &delay, sizeof delay, NULL),
        0);
    CHECK_EQ(sl_group_start(&group, &eager, never_ready, NULL, 0, NULL),
             -EADDRINUSE);
    CHECK_STR(sl_errmsg(), "port taken");
    CHECK_EQ(sl_yield(), 0);
    sl_group_cancel(&group);
    return sl_group_close(&group);
}

static int end_with(void *arg)
{
    return *(int *)arg;
}

/* Whatever it returns is not taken for a start. */
TASK_TEST(a_task_that_never_says_so_has_not_started)
{
    sl_group_options forgetful = { .forget_ended = true };
    sl_task *task = NULL;
    sl_group group;

    sl_group_open_with(&group, &forgetful);
    for (int result = 0; result < 3; result++) {
        CHECK_EQ(sl_group_start(&group, NULL, end_with, &result, 0, &task),
                 SL_EINCOMPLETE);
        CHECK(strstr(sl_errmsg(), "without saying that it had started"));
        CHECK(task == NULL);
        CHECK_EQ(sl_fail(0, "%s", ""), 0);
    }
    return sl_group_close(&group);
}

static int stop_the_other(void *arg)
{
    sl_task *other = *(sl_task **)arg;

    CHECK_EQ(sl_sleep(SL_S(1)), 0);
    sl_task_cancel(other, NULL);
    CHECK_EQ(sl_sleep(SL_S(9)), SL_ECANCELED);
    CHECK_STR(sl_cancel_source(), sl_task_name(other));
    return SL_ECANCELED;
}

static sl_task *each_other[2];

/* Each holds on to the other, who asked it to stop, but not beyond its end. */
TASK_TEST(tasks_that_stop_each_other_know_by_whom_and_are_freed)
{
    sl_spawn_options named[] = { { .name = "first" }, { .name = "second" } };
    sl_group group;

    sl_group_open(&group);
    each_other[0] = sl_group_spawn_with(&group, &named[0], stop_the_other,
                                        &each_other[1], 0);
    each_other[1] = sl_group_spawn_with(&group, &named[1], stop_the_other,
                                        &each_other[0], 0);
    return sl_group_close(&group);
}

static sl_local colour, number = { .drop = free };

static int look_up(void *arg)
{
    (void)arg;
    CHECK_STR(sl_local_get(&colour), "red");
    CHECK_EQ(sl_local_set(&colour, "blue"), 0);
    CHECK_EQ(sl_yield(), 0);
    CHECK_STR(sl_local_get(&colour), "blue");
    CHECK_EQ(*(int *)sl_local_get(&number), 7);
    CHECK_EQ(sl_local_set(&number, calloc(1, sizeof(int))), 0);
    CHECK_EQ(sl_local_set(&number, sl_local_get(&number)), 0); /* the same */
    CHECK_EQ(*(int *)sl_local_get(&number), 0);
    return 0;
}

TASK_TEST(local_values_are_seen_below_and_changed_only_for_oneself)
{
    int *seven = malloc(sizeof *seven);
    sl_group group;

    CHECK(sl_local_get(&colour) == NULL);
    *seven = 7;
    CHECK_EQ(sl_local_set(&colour, "red"), 0);
    CHECK_EQ(sl_local_set(&number, seven), 0);
    sl_group_open(&group);
    sl_group_spawn(&group, look_up, NULL);
    CHECK_EQ(sl_yield(), 0);
    CHECK_STR(sl_local_get(&colour), "red");
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(*(int *)sl_local_get(&number), 7);
    return 0;
}

/* What it leaves a second time is not dropped in between. */
static int make_text(void *arg)
{
    int rc = sl_return(strdup("hello"), free);

    (void)arg;
    return rc < 0 ? rc : sl_return(sl_task_value(sl_self()), free);
}

TASK_TEST(a_value_lives_as_long_as_the_handle)
{
    sl_group group;
    sl_task *task;

    sl_group_open(&group);
    task = sl_group_spawn(&group, make_text, NULL);
    sl_group_spawn(&group, make_text, NULL); /* nobody looks at this one */
    CHECK_EQ(sl_task_join(task), 0);
    CHECK_STR(sl_task_value(task), "hello");
    sl_task_ref(task);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_STR(sl_task_value(task), "hello");
    sl_task_unref(task);
    return 0;
}

static char seen_reason[64], seen_source[64];

static int be_cancelled(void *arg)
{
    (void)arg;
    CHECK_EQ(sl_sleep(SL_S(10)), SL_ECANCELED);
    snprintf(seen_reason, sizeof seen_reason, "%s", sl_cancel_reason());
    snprintf(seen_source, sizeof seen_source, "%s", sl_cancel_source());
    return SL_ECANCELED;
}

static int do_cancel(void *arg)
{
    sl_task_cancel(arg, "too late");
    return 0;
}

TASK_TEST(who_was_cancelled_can_tell_why_and_by_whom)
{
    sl_spawn_options named = { .name = "judge" };
    sl_group group;
    sl_task *task;

    sl_group_open(&group);
    task = sl_group_spawn(&group, be_cancelled, NULL);
    sl_group_spawn_with(&group, &named, do_cancel, task, 0);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_STR(seen_reason, "too late");
    CHECK_STR(seen_source, "judge");
    return 0;
}

static int spawned, started, ended;

static void note_spawned(void *context, sl_task *task)
{
    CHECK(context == &spawned && sl_task_fn(task) == make_text);
    spawned++;
}

static void note_started(void *context, sl_task *task)
{
    (void)context;
    CHECK(task == sl_self());
    started++;
}

static void note_ended(void *context, sl_task *task, int rc)
{
    (void)context;
    (void)task;
    CHECK_EQ(rc, 0);
    ended++;
}

TASK_TEST(hooks_see_tasks_come_and_go)
{
    sl_trace_hooks hooks = { note_spawned, note_started, note_ended, &spawned };
    sl_group group;

    sl_trace_install(sl_loop_current(), &hooks);
    sl_group_open(&group);
    for (int i = 0; i < 5; i++)
        sl_group_spawn(&group, make_text, NULL);
    CHECK_EQ(sl_group_close(&group), 0);
    sl_trace_install(sl_loop_current(), NULL);
    CHECK_EQ(spawned, 5);
    CHECK_EQ(started, 5);
    CHECK_EQ(ended, 5);
    return 0;
}

static int fail_in_group(sl_group *group, void *arg)
{
    sl_group_spawn(group, be_cancelled, arg);
    return -EIO;
}

TASK_TEST(a_failing_body_ends_its_group)
{
    CHECK_EQ(sl_with_group(fail_in_group, NULL), -EIO);
    return 0;
}

static void note_drop(void *arg)
{
    ++*(int *)arg;
}

static int take_owned(void *arg)
{
    note_drop(arg);
    return 0;
}

TASK_TEST(an_owned_argument_is_released_once)
{
    int released = 0;
    sl_group group;

    sl_group_open(&group);
    sl_group_spawn_owned(&group, take_owned, &released, note_drop);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(released, 1);
    return 0;
}

static int write_letter(void *arg)
{
    for (int i = 0; i < 3; i++) {
        order[order_length++] = *(const char *)arg;
        CHECK_EQ(sl_yield(), 0);
    }
    return 0;
}

static int write_letters(void *arg)
{
    static const char letters[] = "abcdefgh";
    sl_group group;

    (void)arg;
    sl_group_open(&group);
    for (int i = 0; i < 8; i++)
        sl_group_spawn(&group, write_letter, (void *)(letters + i));
    return sl_group_close(&group);
}

static const char *run_shuffled(uint64_t seed)
{
    sl_loop *loop = sl_loop_new();

    memset(order, 0, sizeof order);
    order_length = 0;
    sl_loop_use_virtual_clock(loop);
    sl_loop_use_random_schedule(loop, seed);
    CHECK_EQ(sl_loop_run_task(loop, write_letters, NULL), 0);
    sl_loop_close(loop);
    return order;
}

TEST(a_seed_gives_an_order_and_another_seed_another)
{
    char first[64];

    snprintf(first, sizeof first, "%s", run_shuffled(1));
    CHECK(strcmp(run_shuffled(2), first) != 0);
    CHECK_STR(run_shuffled(1), first);
    CHECK_STR(run_shuffled(0), "abcdefghabcdefghabcdefgh");
}

static int look_at_oneself(void *arg)
{
    CHECK(sl_task_fn(sl_self()) == look_at_oneself);
    CHECK(sl_task_arg(sl_self()) == arg);
    return 0;
}

TASK_TEST(a_task_knows_what_it_runs)
{
    sl_group group;

    sl_group_open(&group);
    sl_group_spawn(&group, look_at_oneself, &group);
    return sl_group_close(&group);
}

TASK_TEST(a_checkpoint_tells_of_a_request_without_waiting)
{
    sl_scope scope;

    CHECK_EQ(sl_checkpoint(), 0);
    sl_timeout_open(&scope, SL_FOREVER);
    CHECK_EQ(sl_checkpoint(), 0);
    sl_scope_cancel(&scope, NULL);
    CHECK_EQ(sl_checkpoint(), SL_ECANCELED);
    CHECK_EQ(sl_scope_close(&scope, 0), 0);
    CHECK_EQ(sl_checkpoint(), 0);
    return 0;
}

TASK_TEST(a_deadline_is_a_point_in_time)
{
    sl_time when = sl_now() + SL_S(2);
    sl_scope scope;

    sl_deadline_open(&scope, when);
    CHECK_EQ(sl_sleep(SL_S(1)), 0);
    CHECK_EQ(sl_scope_close(&scope, sl_sleep(SL_S(9))), SL_ETIMEDOUT);
    CHECK_EQ(sl_now(), when);
    sl_deadline_open(&scope, INT64_MIN); /* long ago */
    CHECK_EQ(sl_scope_close(&scope, sl_yield()), SL_ETIMEDOUT);
    CHECK_EQ(sl_now(), when);
    return 0;
}

TEST(each_code_has_words_of_its_own)
{
    for (int code = SL_EINCOMPLETE; code <= SL_ECLOSED; code++) {
        CHECK(strcmp(sl_strerror(code), "unknown error") != 0);
        for (int other = SL_EINCOMPLETE; other < code; other++)
            CHECK(strcmp(sl_strerror(code), sl_strerror(other)) != 0);
    }
    CHECK_STR(sl_strerror(SL_OK), "success");
    CHECK_STR(sl_strerror(-ENOENT), "No such file or directory");
    CHECK_STR(sl_strerror(-1234567), "unknown error");
}

static int overflow(void *unused)
{
    (void)unused;
    memset(sl_self()->stack->low, 0, 8); /* as a call too deep would */
    return sl_yield();
}

static int overflow_in_a_group(void *unused)
{
    sl_group group;

    (void)unused;
    sl_group_open(&group);
    sl_group_spawn(&group, overflow, NULL);
    return sl_group_close(&group);
}

TEST(a_task_that_has_overwritten_its_canary_ends_the_program_at_its_next_wait)
{
    pid_t child;
    int status;

    test_kernel_without("guards");
    child = fork();
    if (child == 0)
        _exit(sl_run(overflow_in_a_group, NULL) == 0);
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}
