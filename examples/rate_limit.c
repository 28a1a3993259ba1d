/* No more than so many requests a second to each host. Each host has a next
 * free moment; who comes takes it, moves it on by the interval, and sleeps
 * until then. There is no lock: nothing waits between the look and the move,
 * and tasks only take turns where they wait.
 */
#include <stdio.h>

#include <starling.h>

#include "shared/program.h"

enum { HOSTS = 2, REQUESTS = 4 };

struct host {
    const char *name;
    sl_time interval; /* between two requests */
    sl_time next;     /* the first moment that nobody has taken */
};

SL_WAITS static int wait_for_turn(struct host *host)
{
    sl_time now = sl_now();
    sl_time mine = host->next > now ? host->next : now;

    host->next = mine + host->interval;
    return sl_sleep_until(mine);
}

struct request_args {
    struct host *host;
    int number;
    sl_time begin;
};

static int request(void *arg)
{
    struct request_args *args = arg;
    int rc = wait_for_turn(args->host);

    if (rc == 0)
        printf("%s: request %d at %.1f s\n", args->host->name, args->number,
               seconds_since(args->begin));
    return rc;
}

static int app(void *unused)
{
    struct host hosts[HOSTS] = {
        { .name = "one.example", .interval = scaled(SL_MS(500)) },
        { .name = "two.example", .interval = scaled(SL_MS(800)) },
    };
    sl_time begin = sl_now();
    sl_group group;

    (void)unused;
    sl_group_open(&group);
    for (int i = 1; i <= REQUESTS; i++)
        for (int j = 0; j < HOSTS; j++)
            sl_go(&group, request, .host = &hosts[j], .number = i,
                  .begin = begin);
    return sl_group_close(&group);
}

int main(int argc, char **argv)
{
    program_begin(&argc, argv);
    expect_arguments(argc, argv, 0, 0, "rate_limit");
    return sl_main(argc, argv, app, NULL);
}
