/* Promises of process pools for when memory ends. */
#include <starling/error.h>
#include <starling/future.h>

#include "pool_test.h"
#include "support/no_memory.h"
#include "support/test.h"

/* The worker's death finds no memory, neither for another one nor for a timer
 * by which to try again later. */
static int die_without_memory(sl_pool *pool)
{
    sl_future *last, *waiting;
    int pid;

    last = sl_pool_submit_with(pool, &(sl_job_request){ .job = "crash" });
    waiting = sl_pool_submit_with(
        pool, &(sl_job_request){
                  .job = "pid", .out = &pid, .out_capacity = sizeof pid });
    test_end_memory(true);
    CHECK_EQ(sl_future_wait(last), SL_EWORKERDIED);
    test_end_memory(false);
    CHECK_EQ(sl_future_wait(waiting), SL_EBROKEN);
    CHECK_STR(sl_pool_note(pool), "no memory to start a worker with");
    sl_future_drop(last);
    sl_future_drop(waiting);
    return 0;
}

TEST(a_pool_that_can_start_no_worker_again_says_so)
{
    with_pool(1, die_without_memory);
}
