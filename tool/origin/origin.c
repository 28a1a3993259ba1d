/* The server: a task for each connection, all in a group of origin_serve().
 *
 * Requests of one connection are answered one after the other, as HTTP/1.1
 * wants it. Whatever goes wrong with one connection ends that connection and
 * nothing else, so its task never fails.
 */
#include "origin/origin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <starling/error.h>
#include <starling/group.h>
#include <starling/thread.h>

#include "origin/counts.h"
#include "origin/folder.h"
#include "origin/response.h"

enum { READ_SIZE = 4096 };

static const sl_time idle_limit = SL_S(60);
static const sl_time no_descriptor_pause = SL_MS(20);
static const char apod_path[] = "/planetary/apod";

struct origin {
    sl_listener *listener;
    int folder; /* descriptor; -1: none */
    origin_folder_days listed;
    origin_apod apod;
    origin_faults normal; /* what happens without an order */
    origin_item *items;
    size_t item_count;
    origin_counts paths, targets;
    char url[80];
};

struct serve_connection_args {
    origin *origin;
    sl_stream *stream;
};

/* The bytes of a connection that have been read and not used. */
typedef struct inbox {
    char bytes[READ_SIZE];
    size_t used, filled;
} inbox;

static origin_item *find_item(const origin *origin, const char *path)
{
    for (size_t i = 0; i < origin->item_count; i++)
        if (strcmp(origin->items[i].path, path) == 0)
            return &origin->items[i];
    return NULL;
}

struct open_file_args {
    int folder;
    const char *path;
    uint64_t size;
};

static int open_file(void *arg)
{
    struct open_file_args *args = arg;

    return origin_folder_file(args->folder, args->path, &args->size);
}

static int answer_file(const origin *origin, const char *path,
                       origin_response *response)
{
    struct open_file_args args = { .folder = origin->folder, .path = path };
    int fd = sl_to_thread(open_file, &args);

    if (fd == SL_ECANCELED || fd == -ENOMEM)
        return fd;
    origin_response_text(response, fd >= 0                          ? 200
                                   : fd == -EMFILE || fd == -ENFILE ? 503
                                                                    : 404);
    if (fd >= 0) {
        response->content_type = origin_content_type(path);
        response->fd = fd;
        response->size = args.size;
    }
    return 0;
}

static void answer_item(const origin_item *item, uint64_t count,
                        origin_response *response)
{
    if (count <= item->refusals) {
        origin_response_text(response, 429);
        response->retry_after = item->retry_after;
        return;
    }
    origin_response_text(response, 200);
    response->content_type = item->content_type;
    response->body = item->data;
    response->size = item->size;
}

static int answer_apod(origin *origin, const char *query,
                       origin_response *response)
{
    origin_apod_answer answer;
    int rc = origin_apod_ask(&origin->apod, query, &answer);

    if (rc < 0)
        return rc;
    origin_response_text(response, answer.status);
    response->content_type = "application/json";
    response->body = response->owned = answer.body;
    response->size = answer.size;
    if (answer.limit > 0) {
        response->rate_limit = answer.limit;
        response->rate_remaining = answer.remaining;
    }
    return 0;
}

/* The answer when nothing is ordered to go wrong. */
static int answer_plain(origin *origin, const origin_request *request,
                        uint64_t count, origin_response *response)
{
    const origin_item *item = find_item(origin, request->path);

    if (strcmp(request->path, apod_path) == 0)
        return answer_apod(origin, request->query, response);
    if (item != NULL)
        answer_item(item, count, response);
    else if (origin->folder >= 0)
        return answer_file(origin, request->path, response);
    else
        origin_response_text(response, 404);
    return 0;
}

static int answer(origin *origin, const origin_request *request,
                  origin_faults *faults, origin_response *response)
{
    uint64_t count = origin_counts_add(&origin->paths, request->path);
    uint64_t ordered = origin_counts_add(&origin->targets, request->target);
    int rc = origin_faults_read(request->query, &origin->normal, faults);

    if (rc < 0) {
        *faults = origin->normal;
        origin_response_text(response, 400);
        return 0;
    }
    if (faults->times >= 0 && ordered > (uint64_t)faults->times)
        *faults = origin->normal;
    rc = faults->latency > 0 ? sl_sleep(faults->latency) : 0;
    if (rc < 0)
        return rc;
    if (faults->redirect[0] != '\0') {
        origin_response_text(response, 302);
        response->location = faults->redirect;
    } else if (faults->status != 0) {
        origin_response_text(response, faults->status);
    } else {
        rc = answer_plain(origin, request, count, response);
    }
    if (rc == 0 && faults->retry_after >= 0)
        response->retry_after = faults->retry_after;
    return rc;
}

/* Returns 1 with a whole or refused request, 0 when the client has closed. */
static int read_request(sl_stream *stream, inbox *inbox,
                        origin_request *request)
{
    origin_request_init(request);
    for (;;) {
        ssize_t n;

        inbox->used += origin_request_feed(request, inbox->bytes + inbox->used,
                                           inbox->filled - inbox->used);
        if (request->complete || request->refusal != 0)
            return 1;
        n = sl_stream_read(stream, inbox->bytes, sizeof inbox->bytes);
        if (n <= 0)
            return (int)n;
        inbox->used = 0;
        inbox->filled = (size_t)n;
    }
}

/* A client that says nothing for a while makes room for others. */
static int wait_for_request(sl_stream *stream, inbox *inbox,
                            origin_request *request)
{
    sl_scope limit;
    int rc;

    sl_timeout_open(&limit, idle_limit);
    rc = read_request(stream, inbox, request);
    return sl_scope_close(&limit, rc);
}

static int answer_request(origin *origin, const origin_request *request,
                          sl_stream *stream)
{
    origin_faults faults = origin->normal;
    origin_response response;
    int rc = 0;

    if (request->refusal != 0)
        origin_response_text(&response, request->refusal);
    else
        rc = answer(origin, request, &faults, &response);
    if (rc == -ENOMEM) {
        origin_response_text(&response, 503);
        rc = 0;
    }
    if (rc < 0)
        return rc;
    rc = origin_response_send(&response, request, &faults, stream);
    origin_response_fini(&response);
    return rc;
}

static int serve_connection(void *arg)
{
    struct serve_connection_args *connection = arg;
    inbox inbox = { .used = 0 };
    origin_request request;
    int rc;

    do {
        rc = wait_for_request(connection->stream, &inbox, &request);
        if (rc > 0)
            rc = answer_request(connection->origin, &request,
                                connection->stream);
    } while (rc > 0);
    sl_stream_close(connection->stream);
    /* Whatever ended it, the client's fault or its wish: others go on. */
    return 0;
}

static int accept_one(origin *origin, sl_group *group)
{
    sl_stream *stream;
    int rc = sl_listener_accept(origin->listener, &stream);

    if (rc == SL_ECANCELED || rc == SL_ECLOSED)
        return rc;
    /* No descriptor or no memory: connections that end will give some back. */
    if (rc < 0)
        return sl_sleep(no_descriptor_pause);
    /* A task that could not be started is returned as one that has ended. */
    if (sl_task_is_done(
            sl_go(group, serve_connection, .origin = origin, .stream = stream)))
        sl_stream_close(stream);
    return 0;
}

int origin_serve(void *arg)
{
    origin *origin = arg;
    sl_group group;
    int rc, close_rc;

    sl_group_open_with(&group, &(sl_group_options){ .forget_ended = true });
    do {
        rc = accept_one(origin, &group);
    } while (rc == 0);
    sl_group_cancel(&group);
    close_rc = sl_group_close(&group);
    return close_rc < 0 ? close_rc : rc;
}

static bool is_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

static int open_folder(origin *origin, const origin_options *options)
{
    int rc;

    if (options->folder == NULL)
        return 0;
    origin->folder = open(options->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (origin->folder < 0)
        return -errno;
    if (options->days != NULL)
        return 0;
    rc = origin_folder_list(origin->folder, &origin->listed);
    origin->apod.days = origin->listed.days;
    origin->apod.day_count = origin->listed.count;
    return rc;
}

static int listen_on(origin *origin, const char *address, int port)
{
    bool is_v6 = strchr(address, ':') != NULL;
    int rc = sl_tcp_listen(address, port, &origin->listener);

    if (rc < 0)
        return rc;
    snprintf(origin->url, sizeof origin->url, "http://%s%s%s:%d",
             is_v6 ? "[" : "", address, is_v6 ? "]" : "",
             sl_listener_port(origin->listener));
    return 0;
}

int origin_open(const origin_options *options, origin **out)
{
    const char *address =
        options->address == NULL ? "127.0.0.1" : options->address;
    origin *origin;
    int rc;

    if (!options->any_address && !is_loopback(address))
        return sl_fail(-EPERM, "%s is not a loopback address", address);
    origin = calloc(1, sizeof *origin);
    if (origin == NULL)
        return -ENOMEM;
    origin->folder = -1;
    origin->apod = (origin_apod){ .days = options->days,
                                  .day_count = options->day_count,
                                  .base_url = origin->url,
                                  .key = options->api_key,
                                  .limit = options->rate_limit };
    origin->normal = (origin_faults){ .latency = options->latency,
                                      .bandwidth = options->bandwidth,
                                      .retry_after = -1,
                                      .cut = -1,
                                      .times = -1 };
    rc = open_folder(origin, options);
    if (rc == 0)
        rc = listen_on(origin, address, options->port);
    if (rc < 0) {
        origin_close(origin);
        return rc;
    }
    *out = origin;
    return 0;
}

int origin_add(origin *origin, const origin_item *item)
{
    origin_item *items;

    if (find_item(origin, item->path) != NULL)
        return -EEXIST;
    items = reallocarray(origin->items, origin->item_count + 1, sizeof *items);
    if (items == NULL)
        return -ENOMEM;
    items[origin->item_count++] = *item;
    origin->items = items;
    return 0;
}

int origin_port(const origin *origin)
{
    return sl_listener_port(origin->listener);
}

const char *origin_url(const origin *origin)
{
    return origin->url;
}

uint64_t origin_requests(const origin *origin, const char *path)
{
    return origin_counts_get(&origin->paths, path);
}

void origin_close(origin *origin)
{
    if (origin->listener != NULL)
        sl_listener_close(origin->listener);
    if (origin->folder >= 0)
        close(origin->folder);
    origin_folder_days_free(&origin->listed);
    origin_counts_fini(&origin->paths);
    origin_counts_fini(&origin->targets);
    free(origin->items);
    free(origin);
}
