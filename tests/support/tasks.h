/* tasks.h: run a test's body as the main task of a loop whose clock is
 * virtual, so that sleeps take no time and order is always the same. With
 * TEST_SEED=N in the environment tasks run in an order drawn from N. */
#ifndef TEST_SUPPORT_TASKS_H
#define TEST_SUPPORT_TASKS_H

#include <stdlib.h>

#include <starling/debug.h>
#include <starling/loop.h>

#include "support/test.h"

static inline int run_in_virtual_time(sl_fn *fn, void *arg, const char *seed)
{
    sl_loop *loop = sl_loop_new();
    int rc;

    CHECK(loop != NULL);
    sl_loop_use_virtual_clock(loop);
    if (seed != NULL)
        sl_loop_use_random_schedule(loop, strtoull(seed, 0, 0));
    rc = sl_loop_run_task(loop, fn, arg);
    CHECK_EQ(sl_loop_close(loop), 0);
    return rc;
}

/* TASK_TEST(name) { ... return 0; }  a test whose body is a task. To let the
 * others run as far as they can, it sleeps: a yield lets run whom it likes. */
#define TASK_TEST(test_name) TASK_TEST_WITH(test_name, getenv("TEST_SEED"))

/* The same for a promise about who is first: tasks come in the order in which
 * they were spawned, whatever TEST_SEED says. */
#define TASK_TEST_IN_ORDER(test_name) TASK_TEST_WITH(test_name, NULL)

#define TASK_TEST_WITH(test_name, seed)                                        \
    static int body_of_##test_name(void *unused);                              \
    TEST(test_name)                                                            \
    {                                                                          \
        CHECK_EQ(run_in_virtual_time(body_of_##test_name, NULL, seed), 0);     \
    }                                                                          \
    static int body_of_##test_name(void *unused __attribute__((unused)))

#endif
