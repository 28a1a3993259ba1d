/* Cancellation, and the order in which things are put away.
 *
 * A cancelled task is not torn out of the world: the wait it is in returns
 * SL_ECANCELED, and the function goes on, to its end, over its own clean-up.
 * So clean-up is written once, at the end, and runs on every path.
 */
#include <stdio.h>
#include <stdlib.h>

#include <starling.h>

#include "shared/program.h"

struct copy_args {
    const char *name;
};

static int copy_slowly(FILE *file)
{
    int rc = 0;

    for (int i = 1; i <= 100 && rc == 0; i++) {
        fprintf(file, "block %d\n", i);
        rc = sl_sleep(scaled(SL_MS(100)));
    }
    return rc;
}

static int copy(void *arg)
{
    struct copy_args *args = arg;
    FILE *file = tmpfile();
    int rc;

    if (file == NULL)
        return sl_fail(-1, "%s: no temporary file", args->name);
    rc = copy_slowly(file);
    if (rc == SL_ECANCELED)
        printf("%s: stopping, because %s\n", args->name, sl_cancel_reason());
    fclose(file); /* success, failure, cancel: all come by here */
    printf("%s: put away\n", args->name);
    return rc; /* say so: whoever waits is told the truth */
}

static int app(void *unused)
{
    sl_task *first, *second;
    sl_group group;
    int rc;

    (void)unused;
    sl_group_open(&group);
    first = sl_go(&group, copy, .name = "first");
    second = sl_go(&group, copy, .name = "second");
    rc = sl_sleep(scaled(SL_MS(250)));
    sl_task_cancel(first, "it is no longer needed");
    if (rc == 0 && sl_task_join(first) == SL_ECANCELED)
        puts("app: the first was cancelled, the second goes on");
    printf("app: the second is %s\n",
           sl_task_is_done(second) ? "done" : "still copying");
    sl_group_cancel(&group); /* the normal early end of a whole group */
    rc = sl_group_close(&group);
    puts("app: nothing is left");
    return rc;
}

int main(int argc, char **argv)
{
    program_begin(&argc, argv);
    expect_arguments(argc, argv, 0, 0, "cleanup");
    return sl_main(argc, argv, app, NULL);
}
