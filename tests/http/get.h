/* get.h: one request to a scripted server, for the tests of what it gives. */
#ifndef TESTS_HTTP_GET_H
#define TESTS_HTTP_GET_H

#include <stdio.h>
#include <string.h>

#include <starling/error.h>
#include <starling/http.h>
#include <starling/loop.h>

#include "support/http_server.h"
#include "support/tasks.h"
#include "support/test.h"

/* What was asked is the answer. */
static inline bool echo_head(http_request *request)
{
    return http_answer(request, 200, "", request->head, strlen(request->head));
}

/* A test's main task: ask the server for a path, look at what came. */
typedef struct {
    http_server *server;
    const char *path;
    sl_http_client_options client;
    sl_http_options options;
    bool skips_pauses; /* between two questions, by a virtual clock */
    int rc;
    char message[256];
    char text[128]; /* the beginning of the body */
    sl_http_response response;
} fetch;

static inline int run_fetch(void *arg)
{
    fetch *f = arg;
    sl_http_client *client;
    char url[1024];
    int rc = sl_http_client_new(&f->client, &client);

    CHECK_EQ(rc, 0);
    http_server_url(f->server, f->path, url);
    f->rc = sl_http_get(client, url, &f->options, &f->response);
    snprintf(f->message, sizeof f->message, "%s", sl_errmsg());
    if (f->response.body.data != NULL) {
        size_t size = f->response.body.size;

        memcpy(f->text, f->response.body.data,
               size < sizeof f->text ? size : sizeof f->text - 1);
    }
    sl_http_client_free(client);
    return 0;
}

static inline void get_with(fetch *f, http_handler *handler, const char *path)
{
    if (f->server == NULL)
        f->server = http_server_start(handler, NULL);
    f->path = path;
    f->client.allow_private = true;
    CHECK_EQ(f->skips_pauses ? run_in_virtual_time(run_fetch, f, NULL)
                             : sl_run(run_fetch, f),
             0);
}

static inline void finish(fetch *f)
{
    sl_http_response_fini(&f->response);
    http_server_stop(f->server);
}

#endif
