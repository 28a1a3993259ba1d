/* Promises about programs that call fork(). */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <starling/clock.h>
#include <starling/error.h>
#include <starling/file.h>
#include <starling/group.h>
#include <starling/lookup.h>
#include <starling/loop.h>
#include <starling/thread.h>

#include "context/sanitize.h"
#include "support/apart.h"
#include "support/test.h"

/* Become the child; the parent goes on with what became of it. */
static bool is_child(int *status)
{
    pid_t child = fork();

    if (child > 0)
        CHECK_EQ(waitpid(child, status, 0), child);
    return child == 0;
}

static int answer(void *unused)
{
    (void)unused;
    return 42;
}

/* On a thread of each kind that the process has. */
static int use_threads(void *unused)
{
    sl_addresses *found;
    void *data;
    size_t size;
    int rc = sl_to_thread(answer, unused);

    if (rc == 42)
        rc = sl_file_read_all("/proc/self/stat", 1 << 16, &data, &size);
    if (rc < 0)
        return rc;
    free(data);
    rc = sl_lookup("localhost", 1, &found);
    if (rc == 0)
        sl_addresses_free(found);
    return rc;
}

static int run_again_in_a_child(void *unused)
{
    int status = 0, rc = sl_run(use_threads, unused);

    if (rc == 0 && is_child(&status))
        _exit(-sl_run(use_threads, unused));
    CHECK_EQ(status, 0);
    return rc;
}

/* A thread sanitizer starts no threads in the child of a process that had some.
 */
TEST(a_child_has_threads_of_its_own_where_its_parents_loop_has_ended)
{
    if (!SL_TSAN)
        CHECK_EQ(test_apart(run_again_in_a_child, NULL), 0);
}

static int siblings;

static int count(void *unused)
{
    (void)unused;
    siblings++;
    return 0;
}

static int fork_and_wait(void *unused)
{
    sl_group group;
    int status = 0, rc;

    (void)unused;
    sl_group_open(&group);
    sl_group_spawn(&group, count, NULL);
    if (is_child(&status)) {
        rc = sl_yield();
        _exit(siblings + rc); /* 0, or what has run twice */
    }
    CHECK(WIFSIGNALED(status));
    CHECK_EQ(WTERMSIG(status), SIGABRT);
    rc = sl_sleep(SL_MS(1));
    CHECK_EQ(siblings, 1);
    return rc < 0 ? rc : sl_group_close(&group);
}

static int fork_and_end(void *unused)
{
    int status = 0;

    (void)unused;
    if (is_child(&status))
        return 0;
    CHECK(WIFSIGNALED(status));
    return sl_sleep(SL_MS(1));
}

static int fork_and_exec(void *unused)
{
    int status = 0;

    (void)unused;
    if (is_child(&status)) {
        execl("/bin/sh", "sh", "-c", "exit 7", NULL);
        _exit(127);
    }
    CHECK_EQ(WEXITSTATUS(status), 7);
    return sl_sleep(SL_MS(1));
}

static int run(void *fn)
{
    return sl_run(*(sl_fn **)fn, NULL);
}

TEST(a_child_that_goes_on_with_its_parents_loop_is_ended_with_words)
{
    sl_fn *cases[] = { fork_and_wait, fork_and_end };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_EQ(test_apart(run, &cases[i]), 0);
        test_check_said("the child of a fork() in a task may only");
    }
}

TEST(a_child_that_executes_a_program_leaves_its_parents_loop_alone)
{
    sl_fn *fn = fork_and_exec;

    CHECK_EQ(test_apart(run, &fn), 0);
    CHECK_STR(test_said(), "");
}
