/* One after the other, and two ways of both at once: tasks that are spawned
 * first and gathered then, and prepared calls that are given to a gather as
 * they are. 3 + 2 + 2 seconds.
 *
 * Preparing a call runs nothing; sl_coro_future() starts it, sl_gather() only
 * waits. So the second and third way take equally long.
 */
#include <errno.h>
#include <stdio.h>

#include <starling.h>

#include "shared/fetch.h"
#include "shared/program.h"

struct fetch_args {
    int seconds;
    result *out;
};

static int fetch(void *arg)
{
    struct fetch_args *args = arg;

    return fetch_data(args->seconds, args->out);
}

static sl_coro *prepare(int seconds, result *out)
{
    struct fetch_args args = { .seconds = seconds, .out = out };

    return sl_coro_new(fetch, &args, sizeof args);
}

static int sequential(result results[2])
{
    int rc = fetch_data(1, &results[0]);

    return rc < 0 ? rc : fetch_data(2, &results[1]);
}

static int with_create_task(result results[2])
{
    sl_task *tasks[2];
    sl_group group;
    int rc, closed;

    sl_group_open(&group);
    for (int i = 0; i < 2; i++)
        tasks[i] = sl_go(&group, fetch, .seconds = i + 1, .out = &results[i]);
    rc = sl_task_join(tasks[0]);
    if (rc == 0)
        rc = sl_task_join(tasks[1]);
    closed = sl_group_close(&group);
    return closed < 0 ? closed : rc;
}

static int with_gather_direct(result results[2])
{
    sl_coro *calls[2] = { prepare(1, &results[0]), prepare(2, &results[1]) };
    sl_future *futures[2] = { NULL, NULL };
    sl_group group;
    int rc = -ENOMEM, closed;

    sl_group_open(&group);
    for (int i = 0; i < 2; i++)
        if (calls[i] != NULL)
            futures[i] = sl_coro_future(&group, calls[i]);
    if (futures[0] != NULL && futures[1] != NULL)
        rc = sl_gather(2, futures, NULL);
    else
        sl_group_cancel(&group);
    closed = sl_group_close(&group);
    for (int i = 0; i < 2; i++) {
        sl_future_drop(futures[i]);
        sl_coro_free(calls[i]);
    }
    return rc < 0 ? rc : closed;
}

static int time_it(const char *heading, const char *name,
                   int (*run)(result results[2]))
{
    result results[2];
    sl_time begin = sl_now();
    int rc;

    printf("--- %s ---\n", heading);
    rc = run(results);
    if (rc < 0)
        return rc;
    print_results("", results, 2);
    printf("%s finished in %.2f seconds\n", name, seconds_since(begin));
    return 0;
}

static int app(void *unused)
{
    int rc = time_it("Sequential (await coroutines one-by-one)", "Sequential",
                     sequential);

    (void)unused;
    if (rc == 0) {
        puts("");
        rc = time_it("Concurrent using create_task + gather",
                     "concurrent_with_create_task", with_create_task);
    }
    if (rc == 0) {
        puts("");
        rc = time_it("Concurrent using gather(fetch, fetch)",
                     "concurrent_with_gather_direct", with_gather_direct);
    }
    return rc;
}

int main(int argc, char **argv)
{
    program_begin(&argc, argv);
    expect_arguments(argc, argv, 0, 0, "example_3");
    return sl_main(argc, argv, app, NULL);
}
