/* Make a function that blocks waitable: sl_to_thread() runs it on a thread and
 * suspends the calling task. Three at once take as long as one.
 */
#include <stdio.h>

#include <starling.h>

#include "shared/program.h"

struct lookup_args {
    int key, *answer;
};

/* From a library of old: it blocks, and knows nothing of tasks. */
static int look_up_blocking(void *arg)
{
    struct lookup_args *args = arg;

    block_for(scaled(SL_S(1)));
    *args->answer = args->key * 100;
    return 0;
}

/* The same as a task sees it. The arguments stay where they are: the task
 * waits until the thread is done with them. */
static int lookup(void *arg)
{
    return sl_to_thread(look_up_blocking, arg);
}

static int app(void *unused)
{
    int answers[3] = { 0 }, rc;
    sl_time begin = sl_now();
    sl_group group;

    (void)unused;
    sl_group_open(&group);
    for (int i = 0; i < 3; i++)
        sl_go(&group, lookup, .key = i + 1, .answer = &answers[i]);
    rc = sl_group_close(&group);
    if (rc == 0)
        printf("%d, %d and %d after %.1f seconds\n", answers[0], answers[1],
               answers[2], seconds_since(begin));
    return rc;
}

int main(int argc, char **argv)
{
    program_begin(&argc, argv);
    expect_arguments(argc, argv, 0, 0, "offload");
    return sl_main(argc, argv, app, NULL);
}
