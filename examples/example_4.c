/* Calls that block, two at once: first on two threads, then in two processes.
 * Each way takes as long as the longer call, 2 + 2 = 4 seconds, and the start
 * of the processes on top.
 *
 * The jobs are the same functions both times. What a worker process prints goes
 * nowhere, on purpose, so the lines are printed here.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <starling.h>

#include "shared/fetch.h"
#include "shared/program.h"

struct order {
    int seconds;
    sl_time takes; /* a worker process does not know our --time-scale */
};

static int fetch_job(const void *in, size_t in_size, void *out, size_t capacity)
{
    const struct order *order = in;
    result result;

    (void)in_size;
    (void)capacity;
    block_for(order->takes);
    snprintf(result.text, sizeof result.text, "Result of %d", order->seconds);
    memcpy(out, &result, sizeof result);
    return sizeof result;
}

static int wait_for_both(sl_future *const futures[2], const char *kind)
{
    for (int i = 0; i < 2; i++) {
        int rc;

        if (futures[i] == NULL)
            return -ENOMEM;
        rc = sl_future_wait(futures[i]);
        if (rc < 0)
            return rc;
        printf("Done with %d\n", i + 1);
        printf("%s %d fully completed\n", kind, i + 1);
    }
    return 0;
}

static int fetch_both(sl_pool *pool, const char *kind, result results[2])
{
    struct order orders[2];
    sl_future *futures[2];
    int rc, closed;

    if (pool == NULL)
        return -ENOMEM;
    for (int i = 0; i < 2; i++) {
        orders[i] = (struct order){ i + 1, scaled(SL_S(i + 1)) };
        printf("Do something with %d...\n", i + 1);
        futures[i] =
            sl_pool_submit(pool, fetch_job, &orders[i], sizeof orders[i],
                           &results[i], sizeof results[i]);
    }
    rc = wait_for_both(futures, kind);
    closed = sl_pool_close(pool);
    sl_future_drop(futures[0]);
    sl_future_drop(futures[1]);
    return rc < 0 ? rc : closed;
}

static int app(void *arg)
{
    sl_process_pool_options options = { .workers = 2 };
    command *command = arg;
    result results[2];
    sl_time begin;
    int rc;

    program_begin(&command->argc, command->argv);
    expect_arguments(command->argc, command->argv, 0, 0, "example_4");
    begin = sl_now();
    rc = fetch_both(sl_thread_pool_new(2), "Thread", results);
    if (rc == 0)
        rc = fetch_both(sl_process_pool_new(&options), "Process", results);
    if (rc < 0)
        return rc;
    print_results("", results, 2);
    printf("Finished in %.2f seconds\n", seconds_since(begin));
    return 0;
}

int main(int argc, char **argv)
{
    command command = { argc, argv };

    return sl_main(argc, argv, app, &command);
}
