/* Concurrent: both calls are made in tasks of one group, so both wait at the
 * same time: max(1, 2) = 2 seconds.
 */
#include <stdio.h>

#include <starling.h>

#include "shared/fetch.h"
#include "shared/program.h"

struct fetch_args {
    int seconds;
    result *out; /* in the frame that closes the group: it outlives the task */
};

static int fetch(void *arg)
{
    struct fetch_args *args = arg;

    return fetch_data(args->seconds, args->out);
}

static int app(void *unused)
{
    result results[2];
    sl_time begin = sl_now();
    sl_task *tasks[2];
    sl_group group;
    int rc = 0;

    (void)unused;
    sl_group_open(&group);
    for (int i = 0; i < 2; i++)
        tasks[i] = sl_go(&group, fetch, .seconds = i + 1, .out = &results[i]);
    for (int i = 0; i < 2 && rc == 0; i++) {
        rc = sl_task_join(tasks[i]); /* the other one runs meanwhile */
        if (rc == 0)
            printf("Task %d fully completed\n", i + 1);
    }
    rc = sl_group_close(&group);
    if (rc < 0)
        return rc;
    print_results("", results, 2);
    printf("Finished in %.2f seconds\n", seconds_since(begin));
    return 0;
}

int main(int argc, char **argv)
{
    program_begin(&argc, argv);
    expect_arguments(argc, argv, 0, 0, "example_2_fixed");
    return sl_main(argc, argv, app, NULL);
}
