/* How to test what takes a day: on a clock that jumps. The loop skips every
 * stretch of time in which nothing can run, so the test takes no time, does not
 * depend on how busy the machine is, and sees the same order in every run.
 */
#include <stdio.h>

#include <starling.h>

#include "shared/program.h"

/* What is tested: a sensor that is asked every hour, until it answers badly. */
struct sensor {
    int good_readings; /* that are still to come */
    int readings;
};

static int watch(struct sensor *sensor)
{
    while (sensor->good_readings-- > 0) {
        int rc = sl_sleep(SL_S(3600));

        if (rc < 0)
            return rc;
        sensor->readings++;
    }
    return 0;
}

static int test(void *unused)
{
    struct sensor broken = { .good_readings = 7 };
    struct sensor good = { .good_readings = 1000 };
    sl_time begin = sl_now();
    sl_scope day;
    int rc = watch(&broken);

    (void)unused;
    if (rc < 0)
        return rc;
    printf("broken after %d readings, at %lld:00\n", broken.readings,
           (long long)((sl_now() - begin) / SL_S(3600)));

    sl_deadline_open(&day, begin + SL_S(24 * 3600) + SL_S(60));
    rc = sl_scope_close(&day, watch(&good));
    printf("good until midnight, after %d readings\n", good.readings);
    return rc == SL_ETIMEDOUT ? 0 : rc;
}

int main(int argc, char **argv)
{
    sl_loop *loop = sl_loop_new();
    int rc;

    program_begin(&argc, argv);
    expect_arguments(argc, argv, 0, 0, "virtual_time");
    if (loop == NULL)
        return 1;
    sl_loop_use_virtual_clock(loop);
    rc = sl_loop_run_task(loop, test, NULL);
    sl_loop_close(loop);
    return rc < 0;
}
