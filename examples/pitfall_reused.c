/* A prepared call can be made once. The second time is an error, not a hang and
 * not a second run. Whoever needs the result twice keeps the result, or the
 * future, which any number of tasks may wait for.
 */
#include <errno.h>
#include <stdio.h>

#include <starling.h>

#include "shared/program.h"

static int count(void *arg)
{
    int *calls = arg;

    return ++*calls;
}

static int twice(sl_coro *coro)
{
    int first = sl_coro_wait(coro);
    int second = sl_coro_wait(coro);

    printf("first: %d, second: %s\n", first, sl_strerror(second));
    return second == SL_EREUSED ? 0 : -EINVAL;
}

static int app(void *unused)
{
    int calls = 0, rc = -ENOMEM;
    sl_coro *coro = sl_coro_new(count, &calls, 0);

    (void)unused;
    if (coro != NULL)
        rc = twice(coro);
    sl_coro_free(coro);
    return rc;
}

int main(int argc, char **argv)
{
    program_begin(&argc, argv);
    expect_arguments(argc, argv, 0, 0, "pitfall_reused");
    return sl_main(argc, argv, app, NULL);
}
