/* A name that follows a request through every function and every task that it
 * takes, so that each line of the log says whose it is. Nobody passes it on: a
 * task sees what the task that started it has set.
 */
#include <stdio.h>

#include <starling.h>

#include "shared/program.h"

static sl_local request_id;

static void note(const char *what)
{
    const char *id = sl_local_get(&request_id);

    printf("[%s] %s\n", id != NULL ? id : "server", what);
}

static int ask_catalogue(void *unused)
{
    int rc = sl_sleep(scaled(SL_MS(100)));

    (void)unused;
    note("the catalogue has answered");
    return rc;
}

static int ask_archive(void *unused)
{
    int rc = sl_sleep(scaled(SL_MS(100)));

    (void)unused;
    note("the archive has answered");
    return rc;
}

static int handle(void *id)
{
    sl_group group;
    int rc = sl_local_set(&request_id, id);

    if (rc < 0)
        return rc;
    note("begins");
    sl_group_open(&group);
    sl_group_spawn(&group, ask_catalogue, NULL);
    sl_group_spawn(&group, ask_archive, NULL);
    rc = sl_group_close(&group);
    note("is done");
    return rc;
}

static int app(void *unused)
{
    static char ids[][4] = { "r-1", "r-2" };
    sl_group group;
    int rc;

    (void)unused;
    note("is up");
    sl_group_open(&group);
    for (int i = 0; i < 2; i++)
        sl_group_spawn(&group, handle, ids[i]);
    rc = sl_group_close(&group);
    note("is down");
    return rc;
}

int main(int argc, char **argv)
{
    program_begin(&argc, argv);
    expect_arguments(argc, argv, 0, 0, "request_id");
    return sl_main(argc, argv, app, NULL);
}
