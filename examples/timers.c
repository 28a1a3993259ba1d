/* Plain callbacks and timers, without any task: a loop that checks one thing
 * after another and stops itself.
 */
#include <stdio.h>

#include <starling.h>

struct round {
    sl_loop *loop;
    int checks;
};

static void check_next(void *arg)
{
    static const char *const rooms[] = { "hall", "kitchen", "cellar" };
    struct round *round = arg;

    printf("%s checked\n", rooms[round->checks % 3]);
    if (++round->checks == 6 ||
        sl_call_later(round->loop, SL_MS(20), check_next, round) == NULL)
        sl_loop_stop(round->loop);
}

int main(void)
{
    struct round round = { .loop = sl_loop_new() };
    int rc;

    if (round.loop == NULL ||
        sl_call_soon(round.loop, check_next, &round) == NULL) {
        fputs("no memory\n", stderr);
        return 1;
    }
    rc = sl_loop_run(round.loop);
    sl_loop_close(round.loop);
    return rc < 0;
}
