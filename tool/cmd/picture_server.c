/* The server has a loop of its own, so that it answers while the loop of the
 * measured stands still, and a thread of its own, so that its processor time
 * can be told from theirs.
 */
#include "cmd/picture_server.h"

#include <stdio.h>
#include <stdlib.h>

static int open_and_serve(picture_server *server)
{
    origin_options options = { .latency = server->latency };
    int rc = origin_open(&options, &server->origin);

    for (int i = 0; i < server->count && rc == 0; i++) {
        const served_picture *picture = &server->pictures[i];

        rc = origin_add(server->origin,
                        &(origin_item){ .path = picture->path,
                                        .content_type = picture->content_type,
                                        .data = picture->data,
                                        .size = picture->size });
    }
    if (rc == 0)
        rc = -pthread_getcpuclockid(pthread_self(), &server->clock);
    server->loop = sl_loop_current();
    server->task = sl_self();
    server->rc = rc;
    sem_post(&server->ready);
    return rc < 0 ? rc : origin_serve(server->origin);
}

static int serve(void *arg)
{
    picture_server *server = arg;
    int rc = open_and_serve(server);

    if (server->origin != NULL)
        origin_close(server->origin);
    return rc;
}

static void *run(void *arg)
{
    (void)sl_run(serve, arg); /* how it opened is known; it ends when told to */
    return NULL;
}

int picture_server_start(picture_server *server, const served_picture *pictures,
                         int count, sl_time latency)
{
    int rc;

    *server = (picture_server){ .pictures = pictures,
                                .count = count,
                                .latency = latency };
    sem_init(&server->ready, 0, 0);
    rc = -pthread_create(&server->thread, NULL, run, server);
    if (rc < 0)
        return rc;
    while (sem_wait(&server->ready) < 0)
        continue; /* a signal */
    if (server->rc < 0)
        pthread_join(server->thread, NULL);
    return server->rc;
}

const char *picture_server_url(const picture_server *server)
{
    return origin_url(server->origin);
}

const clockid_t *picture_server_clock(const picture_server *server)
{
    return &server->clock;
}

static void stop(void *arg)
{
    picture_server *server = arg;

    sl_task_cancel(server->task, "the comparison is over");
}

void picture_server_stop(picture_server *server)
{
    /* It serves until now, so this fails for want of a few bytes only; the
     * join would then never return. */
    if (sl_call_threadsafe(server->loop, stop, server) < 0) {
        fputs("starling: out of memory: cannot end the server of pictures\n",
              stderr);
        abort();
    }
    pthread_join(server->thread, NULL);
    sem_destroy(&server->ready);
}
