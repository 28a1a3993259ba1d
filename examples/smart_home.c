/* Plain callbacks and timers, without any task: a loop that checks one thing
 * after another and stops itself.
 */
#include <stdio.h>

#include <starling.h>

struct home {
    sl_loop *loop;
    int checks;
};

static void check_next(void *arg)
{
    static const char *const rooms[] = { "SECURITY", "THERMOSTAT", "LIGHTS" };
    struct home *home = arg;

    printf("[%s] checked\n", rooms[home->checks % 3]);
    if (++home->checks == 6 ||
        sl_call_later(home->loop, SL_MS(50), check_next, home) == NULL)
        sl_loop_stop(home->loop);
}

int main(void)
{
    struct home home = { .loop = sl_loop_new() };
    int rc = 0;

    if (home.loop == NULL ||
        sl_call_soon(home.loop, check_next, &home) == NULL) {
        fputs("no memory\n", stderr);
        return 1;
    }
    rc = sl_loop_run(home.loop);
    sl_loop_close(home.loop);
    return rc < 0;
}
