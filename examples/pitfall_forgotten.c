/* What is prepared and never started does not run, and nothing fails. With
 * SL_DEBUG=1 it is reported, with the place where it was made. A task that was
 * started cannot be forgotten: its group waits for it.
 */
#include <errno.h>
#include <stdio.h>

#include <starling.h>

#include "shared/program.h"

static int send_mail(void *to)
{
    printf("mail to %s is sent\n", (const char *)to);
    return 0;
}

static int app(void *unused)
{
    sl_coro *forgotten = sl_coro_new(send_mail, "Anna", 0);
    sl_coro *made = sl_coro_new(send_mail, "Berta", 0);
    sl_group group;
    int rc = -ENOMEM, closed;

    (void)unused;
    if (forgotten != NULL && made != NULL)
        rc = sl_coro_wait(made);
    sl_group_open(&group);
    sl_group_spawn(&group, send_mail, "Clara"); /* and never joined */
    closed = sl_group_close(&group);
    sl_coro_free(forgotten);
    sl_coro_free(made);
    return rc < 0 ? rc : closed;
}

int main(int argc, char **argv)
{
    program_begin(&argc, argv);
    expect_arguments(argc, argv, 0, 0, "pitfall_forgotten");
    return sl_main(argc, argv, app, NULL);
}
