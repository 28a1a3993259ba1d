/* Promises about workers that end because a job asked for it. */
#include <starling/error.h>
#include <starling/future.h>
#include <starling/pool.h>

#include "pool_test.h"
#include "support/test.h"

enum { ASKED = 200 };

/* Every tenth job is its worker's last. */
static void ask_and_retire(sl_pool *pool, int pids[ASKED])
{
    sl_future *futures[ASKED];

    for (int i = 0; i < ASKED; i++)
        futures[i] = sl_pool_submit_with(
            pool, &(sl_job_request){ .job = i % 10 == 9 ? "retire" : "pid",
                                     .out = &pids[i],
                                     .out_capacity = sizeof pids[i] });
    for (int i = 0; i < ASKED; i++) {
        CHECK_EQ(sl_future_wait(futures[i]), sizeof pids[i]);
        sl_future_drop(futures[i]);
    }
}

static int retire_often(sl_pool *pool)
{
    int pids[ASKED];

    ask_and_retire(pool, pids);
    for (int i = 9; i < ASKED; i += 10)
        for (int j = i + 1; j < ASKED; j++)
            CHECK(pids[j] != pids[i]);
    return 0;
}

TEST(a_worker_that_retires_costs_no_job_and_gets_none)
{
    with_pool(1, retire_often);
}

static int retire_among_threads(sl_pool *pool)
{
    int pids[ASKED];

    ask_and_retire(pool, pids);
    return 0;
}

TEST(a_worker_of_several_threads_retires_when_none_of_them_works)
{
    with_options(&(sl_process_pool_options){ .program = WORKER_PROGRAM,
                                             .workers = 1,
                                             .threads_per_worker = 4 },
                 retire_among_threads);
}

/* The last waits behind many workers that leave. */
static int retire_always(sl_pool *pool)
{
    sl_future *futures[ASKED];
    int pids[ASKED];

    for (int i = 0; i < ASKED; i++)
        futures[i] = sl_pool_submit_with(
            pool, &(sl_job_request){ .job = "retire",
                                     .out = &pids[i],
                                     .out_capacity = sizeof pids[i] });
    for (int i = 0; i < ASKED; i++) {
        CHECK_EQ(sl_future_wait(futures[i]), sizeof pids[i]);
        sl_future_drop(futures[i]);
    }
    return 0;
}

TEST(a_job_that_waited_behind_many_who_retired_is_not_to_blame)
{
    with_options(&(sl_process_pool_options){ .program = WORKER_PROGRAM,
                                             .workers = 1,
                                             .threads_per_worker = 4 },
                 retire_always);
}
