/* Watch work from the side: the tasks only count, and one more task looks at
 * the count ten times a second and draws. It is in the same group, is told to
 * stop when the work is done, and draws once more on its way out.
 */
#include <stdio.h>

#include <starling.h>

#include "shared/bar.h"
#include "shared/program.h"

enum { ITEMS = 10 };

struct work_args {
    int number;
    int *done;
};

static int work(void *arg)
{
    struct work_args *args = arg;
    int rc = sl_sleep(scaled(SL_MS(200 * args->number)));

    ++*args->done; /* one thread: nobody else is at it */
    return rc;
}

struct watch_args {
    const int *done;
};

static int watch(void *arg)
{
    struct watch_args *args = arg;
    bar bar = bar_begin("Working", ITEMS, "item");
    int rc;

    do {
        rc = sl_sleep(scaled(SL_MS(100)));
        bar_show(&bar, *args->done);
    } while (rc == 0);
    bar_end(&bar, *args->done);
    return rc;
}

static int app(void *unused)
{
    int done = 0, rc, closed;
    sl_group watchers, workers;
    sl_task *watcher;

    (void)unused;
    sl_group_open(&watchers);
    watcher = sl_go(&watchers, watch, .done = &done);
    sl_group_open(&workers);
    for (int i = 1; i <= ITEMS; i++)
        sl_go(&workers, work, .number = i, .done = &done);
    rc = sl_group_close(&workers);
    sl_task_cancel(watcher, "there is nothing left to watch");
    sl_group_cancel(&watchers);
    closed = sl_group_close(&watchers);
    if (rc == 0 && closed == 0)
        printf("%d items done\n", done);
    return rc < 0 ? rc : closed;
}

int main(int argc, char **argv)
{
    program_begin(&argc, argv);
    expect_arguments(argc, argv, 0, 0, "progress");
    return sl_main(argc, argv, app, NULL);
}
