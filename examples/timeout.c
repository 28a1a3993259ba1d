/* Time limits: a scope around whatever takes too long, however many calls that
 * is. When the time is over, the wait inside is cancelled, the code in the
 * scope cleans up, and the close tells that it was this limit.
 */
#include <stdio.h>

#include <starling.h>

#include "shared/program.h"

static int ask(const char *what, sl_time takes)
{
    int rc = sl_sleep(scaled(takes));

    printf("  %s: %s\n", what, rc == 0 ? "answered" : "given up");
    return rc;
}

/* Two questions, one limit for both. */
static int ask_both(sl_time limit, sl_time first, sl_time second)
{
    sl_scope scope;
    int rc;

    sl_timeout_open(&scope, scaled(limit));
    rc = ask("first question", first);
    if (rc == 0)
        rc = ask("second question", second);
    return sl_scope_close(&scope, rc);
}

static int app(void *unused)
{
    int rc;

    (void)unused;
    puts("1 second for 300 ms and 400 ms:");
    rc = ask_both(SL_S(1), SL_MS(300), SL_MS(400));
    printf("  together: %s\n", rc < 0 ? sl_strerror(rc) : "in time");

    puts("1 second for 300 ms and 5 s:");
    rc = ask_both(SL_S(1), SL_MS(300), SL_S(5));
    printf("  together: %s\n", rc < 0 ? sl_strerror(rc) : "in time");
    return rc == SL_ETIMEDOUT ? 0 : rc;
}

int main(int argc, char **argv)
{
    program_begin(&argc, argv);
    expect_arguments(argc, argv, 0, 0, "timeout");
    return sl_main(argc, argv, app, NULL);
}
