/* Four ways to have two tasks done, two seconds each: joined by hand, gathered
 * as prepared calls with every outcome collected, gathered as tasks, and as a
 * group, which is what the other three lean on. 4 x 2 = 8 seconds.
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
    int rc = sl_sleep(scaled(SL_S(args->seconds)));

    if (rc == 0)
        snprintf(args->out->text, sizeof args->out->text, "Result of %d",
                 args->seconds);
    return rc;
}

/* Prepare fetch(1) and fetch(2), start them in `group`, as two futures. */
static int start_calls(sl_group *group, result results[2],
                       sl_future *futures[2])
{
    for (int i = 0; i < 2; i++) {
        struct fetch_args args = { .seconds = i + 1, .out = &results[i] };
        sl_coro *call = sl_coro_new(fetch, &args, sizeof args);

        if (call != NULL)
            futures[i] = sl_coro_future(group, call);
        sl_coro_free(call); /* the task that came from it goes on */
        if (futures[i] == NULL)
            return -ENOMEM;
    }
    return 0;
}

static int awaited_tasks(result results[2])
{
    sl_task *tasks[2];
    sl_group group;
    int closed, rc = 0;

    sl_group_open(&group);
    for (int i = 0; i < 2; i++)
        tasks[i] = sl_go(&group, fetch, .seconds = i + 1, .out = &results[i]);
    for (int i = 0; i < 2 && rc == 0; i++)
        rc = sl_task_join(tasks[i]);
    closed = sl_group_close(&group);
    return closed < 0 ? closed : rc;
}

/* With outcomes[], an error is there to be read, ends no wait, and stops
 * neither the other call nor this one. */
static int gather(result results[2], int outcomes[2])
{
    sl_group_options options = { .spare_others = outcomes != NULL };
    sl_future *futures[2] = { NULL, NULL };
    sl_group group;
    int rc, closed;

    sl_group_open_with(&group, &options);
    rc = start_calls(&group, results, futures);
    if (rc == 0)
        rc = sl_gather(2, futures, outcomes);
    closed = sl_group_close(&group);
    for (int i = 0; i < 2; i++)
        sl_future_drop(futures[i]);
    return rc < 0 ? rc : closed;
}

static int gathered_coroutines(result results[2])
{
    int outcomes[2];
    int rc = gather(results, outcomes);

    for (int i = 0; i < 2 && rc == 0; i++)
        if (outcomes[i] < 0)
            snprintf(results[i].text, sizeof results[i].text, "%s",
                     sl_strerror(outcomes[i]));
    return rc;
}

static int gathered_tasks(result results[2])
{
    return gather(results, NULL);
}

static int task_group(result results[2])
{
    sl_group group;

    sl_group_open(&group);
    sl_go(&group, fetch, .seconds = 1, .out = &results[0]);
    sl_go(&group, fetch, .seconds = 2, .out = &results[1]);
    return sl_group_close(&group);
}

static int app(void *unused)
{
    static const struct {
        const char *label;
        int (*run)(result results[2]);
    } ways[] = {
        { "Task 1 and 2 awaited results: ", awaited_tasks },
        { "Coroutine Results: ", gathered_coroutines },
        { "Task Results: ", gathered_tasks },
        { "Task Group Results: ", task_group },
    };
    sl_time begin = sl_now();
    result results[2];

    (void)unused;
    for (int i = 0; i < 4; i++) {
        int rc = ways[i].run(results);

        if (rc < 0)
            return rc;
        print_results(ways[i].label, results, 2);
    }
    puts("Main Coroutine Done");
    printf("Finished in %.2f seconds\n", seconds_since(begin));
    return 0;
}

int main(int argc, char **argv)
{
    program_begin(&argc, argv);
    expect_arguments(argc, argv, 0, 0, "example_5");
    return sl_main(argc, argv, app, NULL);
}
