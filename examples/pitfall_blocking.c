/* A call that blocks, made on the loop's thread: nobody else runs meanwhile.
 * The ticker shows it; SL_DEBUG=1 names the task and prints its stack. On a
 * thread of its own the same call disturbs nobody.
 */
#include <stdio.h>

#include <starling.h>

#include "shared/program.h"

static int read_slow_disk(void *unused)
{
    (void)unused;
    block_for(scaled(SL_MS(300)));
    return 0;
}

struct tick_args {
    sl_time *worst;
};

/* Ten milliseconds, over and over; how late was the latest? */
static int tick(void *arg)
{
    struct tick_args *args = arg;
    sl_time last = sl_now();
    int rc;

    while ((rc = sl_sleep(scaled(SL_MS(10)))) == 0) {
        sl_time now = sl_now();

        if (now - last > *args->worst)
            *args->worst = now - last;
        last = now;
    }
    return rc;
}

static int watch(const char *how, bool on_thread)
{
    sl_time worst = 0;
    sl_group group;
    int rc, closed;

    sl_group_open(&group);
    sl_go(&group, tick, .worst = &worst);
    rc = sl_sleep(scaled(SL_MS(50)));
    if (rc == 0)
        rc = on_thread ? sl_to_thread(read_slow_disk, NULL)
                       : read_slow_disk(NULL);
    if (rc == 0)
        rc = sl_sleep(scaled(SL_MS(50)));
    sl_group_cancel(&group);
    closed = sl_group_close(&group);
    printf("%s: others waited %s\n", how,
           worst >= scaled(SL_MS(300)) ? "the whole time" : "for no time");
    return rc < 0 ? rc : closed;
}

static int app(void *unused)
{
    int rc = watch("on the loop", false);

    (void)unused;
    return rc < 0 ? rc : watch("on a thread", true);
}

int main(int argc, char **argv)
{
    program_begin(&argc, argv);
    expect_arguments(argc, argv, 0, 0, "pitfall_blocking");
    return sl_main(argc, argv, app, NULL);
}
