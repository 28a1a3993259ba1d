/* A line when a task starts and one when it ends, for every task of the
 * program, written by hooks: no task knows that it is watched.
 */
#include <stdio.h>

#include <starling.h>

#include "shared/program.h"

struct log {
    sl_time begin;
};

static void log_start(void *context, sl_task *task)
{
    struct log *log = context;

    printf("%.1f s  %-8s starts\n", seconds_since(log->begin),
           sl_task_name(task));
}

static void log_end(void *context, sl_task *task, int rc)
{
    struct log *log = context;

    printf("%.1f s  %-8s ends: %s\n", seconds_since(log->begin),
           sl_task_name(task), rc < 0 ? sl_strerror(rc) : "well");
}

static int fetch(void *arg)
{
    const int *tenths = arg;

    return sl_sleep(scaled(SL_MS(100 * *tenths)));
}

static int app(void *unused)
{
    static const char *const names[] = { "alpha", "beta", "gamma" };
    static const int tenths[] = { 3, 1, 9 };
    struct log log = { .begin = sl_now() };
    sl_trace_hooks hooks = { .started = log_start,
                             .ended = log_end,
                             .context = &log };
    sl_task *tasks[3];
    sl_group group;
    int rc, closed;

    (void)unused;
    sl_trace_install(sl_loop_current(), &hooks);
    sl_group_open(&group);
    for (int i = 0; i < 3; i++)
        tasks[i] =
            sl_group_spawn_with(&group, &(sl_spawn_options){ .name = names[i] },
                                fetch, &tenths[i], 0);
    rc = sl_sleep(scaled(SL_MS(600)));
    sl_task_cancel(tasks[2], "it takes too long");
    sl_group_cancel(&group);
    closed = sl_group_close(&group);
    sl_trace_install(sl_loop_current(), NULL); /* they were only lent */
    return rc < 0 ? rc : closed;
}

int main(int argc, char **argv)
{
    program_begin(&argc, argv);
    expect_arguments(argc, argv, 0, 0, "task_log");
    return sl_main(argc, argv, app, NULL);
}
