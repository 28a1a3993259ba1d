/* A service that is told what to do by signals: SIGHUP to read its settings
 * again, SIGTERM to finish what has come in and end. Here the program sends
 * them to itself; from elsewhere it is `kill -HUP`.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <starling.h>

#include "shared/program.h"

struct service {
    sl_queue *requests;
    int settings; /* how often they have been read */
    sl_event reread;
};

static int answer_requests(void *arg)
{
    struct service *service = arg;
    int number, rc;

    while ((rc = sl_queue_get(service->requests, &number)) == 0) {
        rc = sl_sleep(scaled(SL_MS(100)));
        if (rc < 0)
            return rc;
        printf("request %d is answered, with settings %d\n", number,
               service->settings);
        sl_queue_task_done(service->requests);
    }
    return rc == SL_ECLOSED ? 0 : rc;
}

/* Opened before anybody sends one, the queue of signals misses none. */
static int obey(struct service *service, sl_signal *signals)
{
    int signo;

    while ((signo = sl_signal_next(signals)) == SIGHUP) {
        printf("SIGHUP: settings %d are in force\n", ++service->settings);
        sl_event_set(&service->reread);
    }
    if (signo != SIGTERM)
        return signo;
    puts("SIGTERM: nothing more is taken");
    sl_queue_shutdown(service->requests, false);
    return 0;
}

static int put(struct service *service, int first, int last)
{
    int rc = 0;

    for (int number = first; number <= last && rc == 0; number++)
        rc = sl_queue_put(service->requests, &number);
    return rc;
}

/* What happens outside of a service in the course of a day. */
static int operate(void *arg)
{
    struct service *service = arg;
    int rc = put(service, 1, 2);

    if (rc == 0)
        rc = sl_queue_join(service->requests);
    if (rc < 0)
        return rc;
    kill(getpid(), SIGHUP);
    rc = sl_event_wait(&service->reread);
    if (rc == 0)
        rc = put(service, 3, 5);
    if (rc == 0)
        kill(getpid(), SIGTERM);
    return rc;
}

static int serve(struct service *service)
{
    static const int signos[] = { SIGHUP, SIGTERM };
    sl_signal *signals;
    sl_group group;
    int closed, rc = sl_signal_open(signos, 2, &signals);

    if (rc < 0)
        return rc;
    sl_group_open(&group);
    sl_group_spawn(&group, answer_requests, service);
    sl_group_spawn(&group, operate, service);
    rc = obey(service, signals);
    closed = sl_group_close(&group); /* the requests that were taken */
    sl_signal_close(signals);
    return rc < 0 ? rc : closed;
}

static int app(void *unused)
{
    struct service service = { .settings = 1 };
    int rc;

    (void)unused;
    service.requests = sl_queue_new(SL_FIFO, sizeof(int), 10);
    if (service.requests == NULL)
        return -ENOMEM;
    rc = serve(&service);
    sl_queue_free(service.requests);
    return rc;
}

int main(int argc, char **argv)
{
    program_begin(&argc, argv);
    expect_arguments(argc, argv, 0, 0, "signals");
    return sl_main(argc, argv, app, NULL);
}
