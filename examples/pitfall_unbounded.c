/* Thousands of tasks are cheap; thousands of requests to one server are not.
 * The same work without a limit and with one: the limit is one line around
 * what is scarce, and the number of tasks stays what it was.
 */
#include <stdio.h>

#include <starling.h>

#include "shared/program.h"

enum { REQUESTS = 2000, LIMIT = 8 };

struct server {
    int now, most;
};

static int request(struct server *server)
{
    int rc;

    if (++server->now > server->most)
        server->most = server->now;
    rc = sl_sleep(scaled(SL_MS(5)));
    server->now--;
    return rc;
}

struct ask_args {
    struct server *server;
    sl_semaphore *limit; /* NULL: none */
};

static int ask(void *arg)
{
    struct ask_args *args = arg;
    int rc;

    if (args->limit == NULL)
        return request(args->server);
    rc = sl_semaphore_acquire(args->limit);
    if (rc < 0)
        return rc;
    rc = request(args->server);
    sl_semaphore_release(args->limit);
    return rc;
}

static int ask_all(const char *how, sl_semaphore *limit)
{
    struct server server = { 0 };
    sl_group group;
    int rc;

    sl_group_open(&group);
    for (int i = 0; i < REQUESTS; i++)
        sl_go(&group, ask, .server = &server, .limit = limit);
    rc = sl_group_close(&group);
    printf("%s: %d requests, %d at once\n", how, REQUESTS, server.most);
    return rc;
}

static int app(void *unused)
{
    sl_semaphore limit = SL_SEMAPHORE_INIT(LIMIT);
    int rc = ask_all("without a limit", NULL);

    (void)unused;
    return rc < 0 ? rc : ask_all("with a limit", &limit);
}

int main(int argc, char **argv)
{
    program_begin(&argc, argv);
    expect_arguments(argc, argv, 0, 0, "pitfall_unbounded");
    return sl_main(argc, argv, app, NULL);
}
