/* io_test.h: tests of I/O, which comes in its own time, so that they run on the
 * real clock. Each also checks that it leaves no descriptor open. With
 * TEST_SEED=N in the environment tasks run in an order drawn from N. */
#ifndef TESTS_IO_IO_TEST_H
#define TESTS_IO_IO_TEST_H

#include <dirent.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include <starling/debug.h>
#include <starling/error.h>
#include <starling/group.h>
#include <starling/loop.h>
#include <starling/scope.h>
#include <starling/stream.h>
#include <starling/thread.h>

#include "io/crew.h"
#include "support/test.h"

static inline int open_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;

    CHECK(folder != NULL);
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

static inline int do_nothing(void *unused)
{
    (void)unused;
    return 0;
}

static inline int run_in_any_order(sl_fn *body)
{
    sl_loop *loop = sl_loop_new();
    int rc;

    CHECK(loop != NULL);
    if (getenv("TEST_SEED") != NULL)
        sl_loop_use_random_schedule(loop, strtoull(getenv("TEST_SEED"), 0, 0));
    rc = sl_loop_run_task(loop, body, NULL);
    CHECK_EQ(sl_loop_close(loop), 0);
    return rc;
}

static inline void run_io_test(sl_fn *body)
{
    int before;

    CHECK_EQ(sl_run(do_nothing, NULL), 0); /* what libuv opens once */
    before = open_descriptors();
    CHECK_EQ(run_in_any_order(body), 0);
    CHECK_EQ(open_descriptors(), before);
}

/* IO_TEST(name) { ... return 0; }  a test whose body is a task. */
#define IO_TEST(test_name)                                                     \
    static int body_of_##test_name(void *unused);                              \
    TEST_LIMIT(test_name, 30)                                                  \
    {                                                                          \
        run_io_test(body_of_##test_name);                                      \
    }                                                                          \
    static int body_of_##test_name(void *unused __attribute__((unused)))

/* The call waits, and is cancelled meanwhile. */
#define CHECK_CANCELLED_WAITING(call)                                          \
    do {                                                                       \
        sl_scope limit;                                                        \
        sl_timeout_open(&limit, SL_MS(5));                                     \
        CHECK_EQ(call, SL_ECANCELED);                                          \
        CHECK_EQ(sl_scope_close(&limit, SL_ECANCELED), SL_ETIMEDOUT);          \
    } while (0)

/* The call's scope was cancelled before it. */
#define CHECK_CANCELLED_BEFORE(call)                                           \
    do {                                                                       \
        sl_scope stopped;                                                      \
        sl_timeout_open(&stopped, SL_FOREVER);                                 \
        sl_scope_cancel(&stopped, "a test");                                   \
        CHECK_EQ(call, SL_ECANCELED);                                          \
        CHECK_EQ(sl_scope_close(&stopped, SL_ECANCELED), 0);                   \
    } while (0)

/* Let others go on until it is so, or the test is over its limit. */
#define WAIT_UNTIL(condition)                                                  \
    while (!(condition))                                                       \
    CHECK_EQ(sl_sleep(SL_MS(1)), 0)

static atomic_bool threads_are_free;

static inline int occupy(void *unused)
{
    (void)unused;
    while (!threads_are_free)
        usleep(200);
    return 0;
}

static inline int occupy_a_thread(void *unused)
{
    return sl_to_thread(occupy, unused);
}

static inline int occupy_one_for_files(void *unused)
{
    return sl__on_own_thread(occupy, unused);
}

/* Take all threads of sl_to_thread() and of files, of which there are 32 at
 * most, so that a call which wants one waits, until free_threads() closes the
 * group. */
static inline void take_threads(sl_group *group)
{
    sl_group_open(group);
    for (int i = 0; i < 40; i++) {
        sl_group_spawn(group, occupy_a_thread, NULL);
        sl_group_spawn(group, occupy_one_for_files, NULL);
    }
    CHECK_EQ(sl_sleep(SL_MS(10)), 0);
}

static inline void free_threads(sl_group *group)
{
    threads_are_free = true;
    CHECK_EQ(sl_group_close(group), 0);
}

/* Two ends of a TCP connection. */
static inline void connect_pair(sl_stream **client, sl_stream **server)
{
    sl_listener *listener;

    CHECK_EQ(sl_tcp_listen("127.0.0.1", 0, &listener), 0);
    CHECK_EQ(sl_tcp_connect("127.0.0.1", sl_listener_port(listener), client),
             0);
    CHECK_EQ(sl_listener_accept(listener, server), 0);
    sl_listener_close(listener);
}

#endif
