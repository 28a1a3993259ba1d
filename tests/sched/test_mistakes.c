/* Promises about programs that use groups, scopes and loops where they must
 * not: they end there, with words. */
#include <pthread.h>
#include <sys/wait.h>

#include <starling/clock.h>
#include <starling/error.h>
#include <starling/group.h>
#include <starling/loop.h>

#include "support/apart.h"
#include "support/test.h"

static int run_main(void *fn)
{
    return sl_run(*(sl_fn **)fn, NULL);
}

static int wait_for_ever(void *unused)
{
    (void)unused;
    return sl_sleep(SL_FOREVER);
}

static void do_nothing(void *unused)
{
    (void)unused;
}

static int return_early(void *arg)
{
    sl_scope limit;
    sl_group group;

    if (arg == NULL)
        sl_timeout_open(&limit, SL_S(1));
    else
        sl_group_open(&group);
    return 0;
}

static int spawn_forgetful(void *arg)
{
    sl_spawn_options named = { .name = "forgetful" };
    sl_group group;

    sl_group_open(&group);
    sl_group_spawn_with(&group, &named, return_early, arg, 0);
    return sl_group_close(&group);
}

static int forget_a_group(void *arg)
{
    (void)arg;
    return spawn_forgetful("group");
}

static int spawn_too_late(void *arg)
{
    sl_group group;
    int rc;

    sl_group_open(&group);
    rc = sl_group_close(&group);
    sl_group_spawn(&group, wait_for_ever, arg);
    return rc;
}

static int spawn_into_nothing(void *arg)
{
    sl_group group = { .running = 0 }; /* never opened */

    sl_group_spawn(&group, wait_for_ever, arg);
    return 0;
}

static int ask_too_late(void *arg)
{
    sl_group group;
    sl_error error;
    int rc;

    (void)arg;
    sl_group_open(&group);
    rc = sl_group_close(&group);
    return rc < 0 ? rc : sl_group_errors(&group, &error, 1);
}

static int ask_for_the_next(void *group)
{
    sl_task *task;

    return sl_group_next(group, &task);
}

static int have_a_child_ask(void *unused)
{
    sl_group group;

    (void)unused;
    sl_group_open(&group);
    sl_group_spawn(&group, ask_for_the_next, &group);
    return sl_group_close(&group);
}

static int close_twice(void *unused)
{
    sl_scope scope;

    (void)unused;
    sl_timeout_open(&scope, SL_S(1));
    return sl_scope_close(&scope, sl_scope_close(&scope, 0));
}

static int start_too_late(void *arg)
{
    sl_group group;
    int rc;

    sl_group_open(&group);
    rc = sl_group_close(&group);
    return rc < 0 ? rc
                  : sl_group_start(&group, NULL, wait_for_ever, arg, 0, NULL);
}

static int copy_too_much(void *arg)
{
    static char args[64 * 1024 + 1];
    sl_group group;

    (void)arg;
    sl_group_open(&group);
    sl_group_spawn_copy(&group, wait_for_ever, args, sizeof args);
    return sl_group_close(&group);
}

static int call_without_a_loop(void *arg)
{
    sl_call_soon(NULL, do_nothing, arg);
    return 0;
}

static sl_loop *home;
static sl_task *sleeper;

static void *call_from_abroad(void *unused)
{
    (void)unused;
    sl_call_soon(home, do_nothing, NULL);
    return NULL;
}

static void *stop_from_abroad(void *unused)
{
    (void)unused;
    sl_loop_stop(home);
    return NULL;
}

static void *wake_from_abroad(void *unused)
{
    (void)unused;
    sl_task_cancel(sleeper, "from abroad");
    return NULL;
}

/* On the loop's stack, so that the task is sure to wait. */
static void go_abroad(void *what)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, *(void *(**)(void *))what, NULL) == 0)
        pthread_join(thread, NULL);
}

static int sleep_meanwhile(void *(*what)(void *))
{
    home = sl_loop_current();
    sleeper = sl_self();
    sl_call_soon(home, go_abroad, &what);
    return sl_sleep(SL_S(10));
}

static int call_from_a_thread(void *unused)
{
    (void)unused;
    return sleep_meanwhile(call_from_abroad);
}

static int stop_from_a_thread(void *unused)
{
    (void)unused;
    return sleep_meanwhile(stop_from_abroad);
}

static int wake_from_a_thread(void *unused)
{
    (void)unused;
    return sleep_meanwhile(wake_from_abroad);
}

TEST(a_mistake_ends_the_program_with_words)
{
    static struct {
        sl_fn *mistake;
        const char *words;
    } cases[] = {
        { spawn_forgetful,
          "task 'forgetful' returned without closing a time limit" },
        { forget_a_group, "task 'forgetful' returned without closing a group" },
        { spawn_too_late,
          "starling: a task is spawned into an open group, by its loop's "
          "thread (" },
        { spawn_into_nothing, "a task is spawned into an open group" },
        { call_from_a_thread,
          "only its own thread asks a loop; see sl_call_threadsafe()" },
        { stop_from_a_thread, "only its own thread stops a loop" },
        { wake_from_a_thread, "only its own thread wakes a task" },
        { ask_too_late, "a group is asked for its errors before its close" },
        { have_a_child_ask, "a group is asked for the next by its owner" },
        { close_twice, "a scope is closed once" },
        { start_too_late, "a task is spawned into an open group" },
        { copy_too_much, "what is copied for a task has 64 KiB at most" },
        { call_without_a_loop, "sl_call_soon(): 'loop' is NULL" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK(WIFSIGNALED(test_apart(run_main, &cases[i].mistake)));
        test_check_said(cases[i].words);
    }
}
