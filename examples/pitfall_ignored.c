/* A task that ignores what its waits return cannot be stopped for the asking.
 * Cancellation is level-triggered, so each further wait says it again, and
 * SL_DEBUG=1 reports the task after a thousand of them. The one beside it looks
 * at the result and is gone at once.
 */
#include <stdio.h>

#include <starling.h>

#include "shared/program.h"

static int stubborn(void *unused)
{
    int turns = 0;

    (void)unused;
    while (turns < 5000) {
        int ignored = sl_sleep(scaled(SL_MS(1)));

        (void)ignored; /* the mistake */
        turns++;
    }
    puts("stubborn: went on to its end");
    return 0;
}

static int polite(void *unused)
{
    (void)unused;
    for (int turns = 0; turns < 5000; turns++) {
        int rc = sl_sleep(scaled(SL_MS(1)));

        if (rc < 0) {
            puts("polite: stopped");
            return rc;
        }
    }
    return 0;
}

static int app(void *unused)
{
    sl_group group;
    int rc, closed;

    (void)unused;
    sl_group_open(&group);
    sl_group_spawn(&group, stubborn, NULL);
    sl_group_spawn(&group, polite, NULL);
    rc = sl_sleep(scaled(SL_MS(20)));
    sl_group_cancel(&group);
    closed = sl_group_close(&group);
    return rc < 0 ? rc : closed;
}

int main(int argc, char **argv)
{
    program_begin(&argc, argv);
    expect_arguments(argc, argv, 0, 0, "pitfall_ignored");
    return sl_main(argc, argv, app, NULL);
}
