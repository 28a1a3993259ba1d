/* Two tasks, two locks, taken in opposite order. No timer and no socket can
 * ever wake anybody again: the loop sees that, writes down who waits for what,
 * and ends the run with SL_EDEADLOCK instead of hanging. With `ordered` both
 * take the locks in the same order, and all is well.
 *
 *     deadlock [ordered]
 */
#include <stdio.h>
#include <string.h>

#include <starling.h>

#include "shared/program.h"

static sl_lock left, right;

struct work_args {
    sl_lock *first, *second;
};

static int work(void *arg)
{
    struct work_args *args = arg;
    int rc = sl_lock_acquire(args->first);

    if (rc < 0)
        return rc;
    rc = sl_sleep(scaled(SL_MS(50))); /* the other one gets its first lock */
    if (rc == 0)
        rc = sl_lock_acquire(args->second);
    if (rc == 0) {
        puts("both locks held");
        sl_lock_release(args->second);
    }
    sl_lock_release(args->first);
    return rc;
}

static int app(void *arg)
{
    const bool *ordered = arg;
    sl_group group;

    sl_group_open(&group);
    sl_task_set_name(sl_go(&group, work, .first = &left, .second = &right),
                     "left first");
    if (*ordered)
        sl_go(&group, work, .first = &left, .second = &right);
    else
        sl_task_set_name(sl_go(&group, work, .first = &right, .second = &left),
                         "right first");
    return sl_group_close(&group);
}

int main(int argc, char **argv)
{
    bool ordered;

    program_begin(&argc, argv);
    expect_arguments(argc, argv, 0, 1, "deadlock [ordered]");
    ordered = argc > 1 && strcmp(argv[1], "ordered") == 0;
    return sl_main(argc, argv, app, &ordered);
}
