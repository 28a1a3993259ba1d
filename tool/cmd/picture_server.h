/* picture_server.h: local pictures, served on loopback by a thread of its own.
 */
#ifndef TOOL_CMD_PICTURE_SERVER_H
#define TOOL_CMD_PICTURE_SERVER_H

#include <pthread.h>
#include <semaphore.h>
#include <stddef.h>

#include <starling/loop.h>

#include "origin/origin.h"

typedef struct served_picture {
    char path[40]; /* on the server */
    const char *content_type;
    const void *data;
    size_t size;
} served_picture;

typedef struct picture_server {
    const served_picture *pictures;
    int count;
    sl_time latency;
    /* private */
    origin *origin;
    sl_loop *loop;
    sl_task *task;
    pthread_t thread;
    clockid_t clock;
    sem_t ready;
    int rc;
} picture_server;

/* Serve `count` pictures, lent until the stop, each after `latency`. Blocks
 * until it serves. Returns 0 or what went wrong. */
int picture_server_start(picture_server *server, const served_picture *pictures,
                         int count, sl_time latency);

/* "http://127.0.0.1:PORT"; lent. */
const char *picture_server_url(const picture_server *server);

/* The processor time of its thread; lent. */
const clockid_t *picture_server_clock(const picture_server *server);

void picture_server_stop(picture_server *server);

#endif
