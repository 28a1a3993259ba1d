/* Promises of debug mode, and of stacks that are used up: what is written to
 * stderr when a program misbehaves. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <starling/clock.h>
#include <starling/debug.h>
#include <starling/error.h>
#include <starling/group.h>

#include "context/sanitize.h"
#include "support/apart.h"
#include "support/test.h"

static sl_fn *main_of_child;

static int run_main(void *unused)
{
    return sl_run(main_of_child, unused);
}

/* The same with fn as the main task of a loop. */
static int run_apart(sl_fn *fn, bool debug)
{
    if (debug)
        setenv("SL_DEBUG", "1", 1);
    setenv("SL_DEBUG_SLOW_MS", "20", 1);
    main_of_child = fn;
    return test_apart(run_main, NULL);
}

static int give_way(void *unused)
{
    (void)unused;
    return sl_yield();
}

/* In the child: whether something has been written to its stderr. */
static bool has_said(void)
{
    struct stat said;

    return fstat(STDERR_FILENO, &said) == 0 && said.st_size > 0;
}

/* Until it is told of; where nobody watches, for as long as is slow. */
static int spin(void *arg)
{
    bool watched = getenv("SL_DEBUG") != NULL;
    sl_time end = sl_now() + (watched ? SL_S(8) : SL_MS(120));

    (void)arg;
    while (sl_now() < end && !has_said()) {
    }
    return 0;
}

static int spawn_spinner(void *arg)
{
    sl_spawn_options named = { .name = "spinner" };
    sl_group group;

    sl_group_open(&group);
    sl_group_spawn_with(&group, &named, spin, arg, 0);
    return sl_group_close(&group);
}

TEST(a_slow_step_is_named_with_its_stack)
{
    if (SL_TSAN)
        test_skip("TSan keeps signals back until the step is over");
    CHECK_EQ(run_apart(spawn_spinner, true), 0);
    test_check_said("slow: task 'spinner'");
    test_check_said("test_debug");
}

static void spin_in_callback(void *arg)
{
    (void)spin(arg);
}

static int call_spinner(void *arg)
{
    (void)arg;
    sl_call_soon(sl_loop_current(), spin_in_callback, NULL);
    return sl_sleep(SL_MS(1));
}

TEST(a_slow_callback_is_reported_as_well)
{
    if (SL_TSAN)
        test_skip("TSan keeps signals back until the callback is over");
    CHECK_EQ(run_apart(call_spinner, true), 0);
    test_check_said("slow: a callback runs");
}

TEST(without_debug_mode_nothing_is_said)
{
    CHECK_EQ(run_apart(spawn_spinner, false), 0);
    CHECK_STR(test_said(), "");
}

static int ignore_everything(void *arg)
{
    (void)arg;
    for (int i = 0; i < 5000; i++)
        if (sl_sleep(SL_S(1)) == 0)
            return -EPROTO;
    return 0;
}

static int make_storm(void *arg)
{
    sl_spawn_options named = { .name = "deaf" };
    sl_group group;

    sl_group_open(&group);
    sl_group_cancel(&group);
    sl_group_spawn_with(&group, &named, ignore_everything, arg, 0);
    return sl_group_close(&group);
}

TEST(a_cancel_storm_is_reported_once)
{
    CHECK_EQ(run_apart(make_storm, true), 0);
    test_check_said("cancel storm: task 'deaf'");
    CHECK(strstr(strstr(test_said(), "storm") + 5, "storm") == NULL);
}

static int spawn_many(void *arg)
{
    sl_group group;

    sl_group_open(&group);
    for (size_t i = 0; i < *(size_t *)arg; i++)
        sl_group_spawn(&group, give_way, NULL);
    return sl_group_close(&group);
}

static int spawn_too_many(void *unused)
{
    size_t n = 10001;

    (void)unused;
    return spawn_many(&n);
}

static int spawn_some(void *unused)
{
    size_t n = 9999;

    (void)unused;
    return spawn_many(&n);
}

TEST(too_many_tasks_at_once_are_reported_once)
{
    if (SL_TSAN)
        test_skip("TSan does not follow ten thousand stacks");
    CHECK_EQ(run_apart(spawn_some, true), 0);
    CHECK(strstr(test_said(), "many tasks") == NULL);
    CHECK_EQ(run_apart(spawn_too_many, true), 0);
    test_check_said("many tasks: a group of 'main' has 10000");
    CHECK(strstr(strstr(test_said(), "many tasks") + 5, "many tasks") == NULL);
}

static __attribute__((noinline)) int go_deep(void *unused)
{
    volatile char frame[100 * 1024];

    (void)unused;
    for (size_t i = 0; i < sizeof frame; i += 1024)
        frame[i] = 1;
    return sl_yield();
}

/* One after another, on the same stack. */
static int deep_then_shallow(void *unused)
{
    sl_fn *functions[] = { go_deep, give_way };

    for (int i = 0; i < 2; i++) {
        sl_group group;
        int rc;

        sl_group_open(&group);
        sl_group_spawn(&group, functions[i], unused);
        rc = sl_group_close(&group);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int kib_used_by(sl_fn *fn)
{
    char name[32];
    const char *line;
    int kib;

    snprintf(name, sizeof name, "(%p) used ", (void *)(uintptr_t)fn);
    test_check_said(name);
    line = strstr(test_said(), name) + strlen(name);
    CHECK_EQ(sscanf(line, "%d KiB", &kib), 1);
    return kib;
}

TEST(the_deepest_use_of_a_stack_is_told_for_each_function)
{
    setenv("SL_DEBUG", "stacks", 1);
    CHECK_EQ(run_apart(deep_then_shallow, false), 0);
    CHECK(kib_used_by(go_deep) >= 100);
    CHECK(kib_used_by(give_way) < 64);
}

static int run_in_debug_mode(void *unused)
{
    sl_loop *loop = sl_loop_new();
    int rc = sl_loop_debug(loop);

    (void)unused;
    CHECK_EQ(rc, 0);
    CHECK_EQ(sl_loop_debug(loop), 0); /* it is on already */
    rc = sl_loop_run_task(loop, make_storm, NULL);
    CHECK_EQ(sl_loop_close(loop), 0);
    return rc;
}

TEST(debug_mode_is_turned_on_for_one_loop)
{
    CHECK_EQ(test_apart(run_in_debug_mode, NULL), 0);
    test_check_said("cancel storm");
}

static int fail_hard(void *arg)
{
    return sl_fail(-EIO, "no %s", (char *)arg);
}

static int lose_an_error(void *arg)
{
    sl_group group;

    (void)arg;
    sl_group_open(&group);
    sl_group_spawn(&group, fail_hard, "paper");
    sl_group_spawn(&group, fail_hard, "ink");
    CHECK_EQ(sl_group_close(&group), -EIO);
    return 0;
}

TEST(an_error_that_nobody_sees_is_reported)
{
    CHECK_EQ(run_apart(lose_an_error, true), 0);
    test_check_said("lost error");
    test_check_said("no ink");
    CHECK(strstr(test_said(), "paper") == NULL);
}

static int ask_for_the_tree(void *arg)
{
    int rc = 0;

    (void)arg;
    kill(getpid(), SIGUSR1);
    for (int i = 0; i < 1000 && rc == 0 && !has_said(); i++)
        rc = sl_sleep(SL_MS(5));
    return rc;
}

TEST(the_task_tree_is_printed_on_sigusr1)
{
    CHECK_EQ(run_apart(ask_for_the_tree, true), 0);
    test_check_said("tasks:\n  - main: waits for sleep");
}

/* Not inlined, and not a loop: a frame of 1 KiB a level. */
__attribute__((noinline)) static int recurse(int depth)
{
    volatile char frame[1024];

    frame[0] = (char)depth;
    return depth < 1 << 20 ? recurse(depth + 1) + frame[0] : 0;
}

static int overflow(void *arg)
{
    (void)arg;
    return recurse(0);
}

static int overflow_one(size_t stack)
{
    sl_spawn_options named = { .name = "glutton", .stack = stack };
    sl_group group;

    sl_group_open(&group);
    sl_group_spawn_with(&group, &named, overflow, NULL, 0);
    return sl_group_close(&group);
}

static int spawn_overflow(void *unused)
{
    (void)unused;
    return overflow_one(0);
}

static int spawn_small_overflow(void *unused)
{
    (void)unused;
    return overflow_one(16 * 1024);
}

TEST(a_stack_overflow_names_the_task_and_the_size)
{
    int status;

    if (SL_ASAN || SL_TSAN)
        test_skip("sanitizers have their own report for this");
    status = run_apart(spawn_overflow, false);
    CHECK(WIFSIGNALED(status));
    test_check_said("task 'glutton' has overflowed its stack of 256 KiB");
    test_check_said("sl_spawn_options.stack");
}

TEST(so_does_that_of_a_small_stack)
{
    int status;

    if (SL_ASAN || SL_TSAN)
        test_skip("sanitizers have their own report for this");
    status = run_apart(spawn_small_overflow, false);
    CHECK(WIFSIGNALED(status));
    test_check_said("task 'glutton' has overflowed its stack of 24 KiB");
}

static int use_much(void *arg)
{
    volatile char frame[900 * 1024];

    (void)arg;
    for (size_t i = 0; i < sizeof frame; i += 512)
        frame[i] = 1;
    return frame[512];
}

static int spawn_large(void *arg)
{
    sl_spawn_options large = { .stack = 1 << 20 };
    sl_group group;

    sl_group_open(&group);
    for (int i = 0; i < 20; i++)
        sl_group_spawn_with(&group, &large, use_much, arg, 0);
    return sl_group_close(&group);
}

static int fill_16_kib(void *arg)
{
    volatile char frame[16 * 1024];

    for (size_t i = 0; i < sizeof frame; i += 512)
        frame[i] = *(const char *)arg;
    if (sl_yield() < 0)
        return -1;
    for (size_t i = 0; i < sizeof frame; i += 512)
        if (frame[i] != *(const char *)arg)
            return -1;
    return 0;
}

static int spawn_small(void *unused)
{
    char args[300]; /* more than a task's record has room for */
    sl_spawn_options small = { .stack = 16 * 1024 };
    sl_group group;

    (void)unused;
    sl_group_open(&group);
    for (int i = 0; i < 200; i++) {
        args[0] = (char)i;
        sl_group_spawn_with(&group, &small, fill_16_kib, args,
                            i % 2 ? sizeof args : 1);
    }
    return sl_group_close(&group);
}

TEST(a_task_gets_the_stack_that_was_asked_for)
{
    CHECK_EQ(run_apart(spawn_large, false), 0);
    CHECK_EQ(run_apart(spawn_small, false), 0);
}

static int wait_for_ever(void *arg)
{
    (void)arg;
    return sl_sleep(SL_FOREVER);
}

static int deadlock(void *arg)
{
    sl_spawn_options named = { .name = "patient" };
    sl_group group;

    sl_group_open(&group);
    sl_group_spawn_with(&group, &named, wait_for_ever, arg, 0);
    return sl_group_close(&group);
}

TEST(a_deadlock_is_reported_with_the_tree)
{
    run_apart(deadlock, false);
    test_check_said("deadlock");
    test_check_said("- patient: waits for sleep");
}
