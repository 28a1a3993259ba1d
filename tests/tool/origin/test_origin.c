/* The server over real sockets on this machine, with a client written here: the
 * bytes on the wire are what is tested. */
#include "origin/origin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <starling/error.h>
#include <starling/group.h>
#include <starling/loop.h>
#include <starling/stream.h>

#include "support/test.h"

static char reply[1 << 20];
static size_t reply_size;
static sl_stream *left_open; /* closed when nothing serves any more */

typedef void scenario(origin *origin);

struct run_args {
    const origin_options *options;
    scenario *play;
};

static int run(void *arg)
{
    static const char picture[] = "0123456789";
    struct run_args *args = arg;
    sl_group group;
    origin *origin;

    CHECK_EQ(origin_open(args->options, &origin), 0);
    CHECK_EQ(origin_add(origin, &(origin_item){ .path = "/a.jpg",
                                                .content_type = "image/jpeg",
                                                .data = picture,
                                                .size = 10 }),
             0);
    CHECK_EQ(origin_add(origin, &(origin_item){ .path = "/busy",
                                                .content_type = "image/jpeg",
                                                .data = picture,
                                                .size = 10,
                                                .refusals = 1,
                                                .retry_after = 1 }),
             0);
    sl_group_open(&group);
    sl_group_spawn(&group, origin_serve, origin);
    args->play(origin);
    sl_group_cancel(&group);
    CHECK_EQ(sl_group_close(&group), 0);
    if (left_open != NULL)
        sl_stream_close(left_open);
    origin_close(origin);
    return 0;
}

static void play(const origin_options *options, scenario *play)
{
    struct run_args args = { options, play };

    CHECK_EQ(sl_run(run, &args), 0);
}

static sl_stream *dial(const origin *origin)
{
    sl_stream *stream;

    CHECK_EQ(sl_tcp_connect("127.0.0.1", origin_port(origin), &stream), 0);
    return stream;
}

static void say(sl_stream *stream, const char *text)
{
    CHECK_EQ(sl_stream_write(stream, text, strlen(text)), 0);
}

/* Read until the server closes. */
static const char *hear_all(sl_stream *stream)
{
    ssize_t n;

    reply_size = 0;
    do {
        n = sl_stream_read(stream, reply + reply_size,
                           sizeof reply - 1 - reply_size);
        CHECK(n >= 0 || n == -ECONNRESET);
        reply_size += n > 0 ? (size_t)n : 0;
    } while (n > 0);
    reply[reply_size] = '\0';
    sl_stream_close(stream);
    return reply;
}

/* Read until `end` has come. */
static const char *hear(sl_stream *stream, const char *end)
{
    reply_size = 0;
    reply[0] = '\0';
    while (strstr(reply, end) == NULL) {
        ssize_t n = sl_stream_read(stream, reply + reply_size,
                                   sizeof reply - 1 - reply_size);

        CHECK(n > 0);
        reply_size += (size_t)n;
        reply[reply_size] = '\0';
    }
    return reply;
}

static const char *get(const origin *origin, const char *target)
{
    sl_stream *stream = dial(origin);
    char request[512];

    snprintf(request, sizeof request,
             "GET %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", target);
    say(stream, request);
    return hear_all(stream);
}

static bool has(const char *text)
{
    return strstr(reply, text) != NULL;
}

static bool ends_with(const char *end)
{
    size_t length = strlen(end);

    return reply_size >= length &&
           strcmp(reply + reply_size - length, end) == 0;
}

static void items(origin *origin)
{
    get(origin, "/a.jpg");
    CHECK(strncmp(reply, "HTTP/1.1 200 OK\r\n", 17) == 0);
    CHECK(has("\r\nContent-Type: image/jpeg\r\n"));
    CHECK(has("\r\nContent-Length: 10\r\n"));
    CHECK(ends_with("\r\n\r\n0123456789"));
    get(origin, "/none");
    CHECK(has("HTTP/1.1 404 Not Found\r\n"));
    CHECK_EQ(origin_requests(origin, "/a.jpg"), 1);
    CHECK_EQ(origin_requests(origin, "/none"), 1);
    CHECK_EQ(origin_requests(origin, "/other"), 0);
}

TEST(origin_serves_items_and_counts_requests)
{
    play(&(origin_options){ 0 }, items);
}

static void busy(origin *origin)
{
    get(origin, "/busy");
    CHECK(has("HTTP/1.1 429 Too Many Requests\r\n"));
    CHECK(has("\r\nRetry-After: 1\r\n"));
    get(origin, "/busy");
    CHECK(has("HTTP/1.1 200 OK\r\n"));
}

TEST(origin_refuses_a_busy_item_first)
{
    play(&(origin_options){ 0 }, busy);
}

static void many_on_one(origin *origin)
{
    sl_stream *stream = dial(origin);

    say(stream, "GET /a.jpg HTTP/1.1\r\nHost: h\r\n\r\n");
    hear(stream, "0123456789");
    /* Two at once, the second a HEAD that has a length and no body. */
    say(stream, "GET /a.jpg?x HTTP/1.1\r\nHost: h\r\n\r\n"
                "HEAD /a.jpg HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    hear_all(stream);
    CHECK(has("0123456789HTTP/1.1 200 OK\r\n"));
    CHECK(ends_with("\r\nConnection: close\r\n\r\n"));
    CHECK_EQ(origin_requests(origin, "/a.jpg"), 3);
}

TEST(origin_answers_many_requests_on_one_connection)
{
    play(&(origin_options){ 0 }, many_on_one);
}

static void ranges(origin *origin)
{
    sl_stream *stream = dial(origin);

    say(stream, "GET /a.jpg HTTP/1.1\r\nHost: h\r\nRange: bytes=3-5\r\n\r\n");
    hear(stream, "\r\n\r\n345");
    CHECK(has("HTTP/1.1 206 Partial Content\r\n"));
    CHECK(has("\r\nContent-Range: bytes 3-5/10\r\n"));
    say(stream, "GET /a.jpg HTTP/1.1\r\nHost: h\r\nRange: bytes=-2\r\n\r\n");
    hear(stream, "\r\n\r\n89");
    CHECK(has("\r\nContent-Range: bytes 8-9/10\r\n"));
    say(stream, "GET /a.jpg HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
                "Range: bytes=10-\r\n\r\n");
    hear_all(stream);
    CHECK(has("HTTP/1.1 416 "));
    CHECK(has("\r\nContent-Range: bytes */10\r\n"));
}

TEST(origin_serves_parts)
{
    play(&(origin_options){ 0 }, ranges);
}

static void faults(origin *origin)
{
    get(origin, "/a.jpg?status=503&retry_after=7");
    CHECK(has("HTTP/1.1 503 Service Unavailable\r\n"));
    CHECK(has("\r\nRetry-After: 7\r\n"));
    get(origin, "/a.jpg?cut=4");
    CHECK(has("\r\nContent-Length: 10\r\n"));
    CHECK(ends_with("\r\n\r\n0123"));
    get(origin, "/a.jpg?no_length=1");
    CHECK(!has("Content-Length"));
    CHECK(ends_with("\r\n\r\n0123456789"));
    get(origin, "/a.jpg?chunked=1");
    CHECK(!has("Content-Length"));
    CHECK(ends_with("\r\n\r\na\r\n0123456789\r\n0\r\n\r\n"));
    get(origin, "/a.jpg?redirect=/busy%3Fx");
    CHECK(has("HTTP/1.1 302 Found\r\n"));
    CHECK(has("\r\nLocation: /busy?x\r\n"));
    get(origin, "/a.jpg?redirect=/x%0d%0aSet-Cookie:y");
    CHECK(has("HTTP/1.1 400 "));
    get(origin, "/a.jpg?status=banana");
    CHECK(has("HTTP/1.1 400 "));
}

TEST(origin_fails_as_ordered)
{
    play(&(origin_options){ 0 }, faults);
}

static void some_times(origin *origin)
{
    get(origin, "/a.jpg?status=500&times=2");
    CHECK(has("HTTP/1.1 500 "));
    get(origin, "/a.jpg?status=500&times=2");
    CHECK(has("HTTP/1.1 500 "));
    get(origin, "/a.jpg?status=500&times=2");
    CHECK(has("HTTP/1.1 200 "));
}

TEST(origin_fails_as_often_as_ordered)
{
    play(&(origin_options){ 0 }, some_times);
}

static void slow(origin *origin)
{
    sl_time start = sl_now();

    get(origin, "/a.jpg?latency_ms=30");
    CHECK(sl_now() - start >= SL_MS(30));
    start = sl_now();
    get(origin, "/a.jpg?bandwidth=200");
    CHECK(ends_with("0123456789"));
    CHECK(sl_now() - start >= SL_MS(40));
}

TEST(origin_is_as_slow_as_ordered)
{
    play(&(origin_options){ 0 }, slow);
}

static void stalls(origin *origin)
{
    sl_stream *stream = dial(origin);
    sl_scope limit;
    char more[8];
    ssize_t rc;

    say(stream, "GET /a.jpg?stall=1 HTTP/1.1\r\nHost: h\r\n\r\n");
    hear(stream, "\r\n\r\n01234");
    sl_timeout_open(&limit, SL_MS(30));
    rc = sl_stream_read(stream, more, sizeof more);
    CHECK_EQ(sl_scope_close(&limit, (int)rc), SL_ETIMEDOUT);
    sl_stream_close(stream);
    get(origin, "/a.jpg"); /* others are served meanwhile */
    CHECK(ends_with("0123456789"));
}

TEST(origin_stalls_in_the_middle_as_ordered)
{
    play(&(origin_options){ 0 }, stalls);
}

static void broken_clients(origin *origin)
{
    sl_stream *stream = dial(origin), *silent = dial(origin);

    say(stream, "GET / HTTP/1.1\r\nbroken\r\n\r\n");
    hear_all(stream);
    CHECK(has("HTTP/1.1 400 Bad Request\r\n"));
    stream = dial(origin);
    say(stream, "GET /a.jpg HTT");
    sl_stream_close(stream);
    get(origin, "/a.jpg");
    CHECK(ends_with("0123456789"));
    sl_stream_close(silent);
}

TEST(origin_survives_clients_that_break_the_rules)
{
    play(&(origin_options){ 0 }, broken_clients);
}

static void leave_open(origin *origin)
{
    left_open = dial(origin);
    say(left_open, "GET /a.jpg?stall=1 HTTP/1.1\r\nHost: h\r\n\r\n");
    hear(left_open, "\r\n\r\n01234");
}

TEST(origin_ends_with_connections_open)
{
    play(&(origin_options){ 0 }, leave_open);
}

static const origin_day one_day[] = { { .date = "2025-03-01",
                                        .title = "T",
                                        .explanation = "E",
                                        .media_type = "image",
                                        .url = "/a.jpg",
                                        .hdurl = "/a.jpg" } };

static void asks_service(origin *origin)
{
    char url[128];

    get(origin, "/planetary/apod?api_key=k&count=1");
    CHECK(has("HTTP/1.1 200 OK\r\n"));
    CHECK(has("\r\nContent-Type: application/json\r\n"));
    CHECK(has("\r\nX-RateLimit-Limit: 2\r\nX-RateLimit-Remaining: 1\r\n"));
    snprintf(url, sizeof url, "\"url\":\"%s/a.jpg\"", origin_url(origin));
    CHECK(has(url));
    get(origin, "/planetary/apod?count=1");
    CHECK(has("HTTP/1.1 403 Forbidden\r\n"));
    get(origin, "/planetary/apod?api_key=k&count=1");
    get(origin, "/planetary/apod?api_key=k&count=1");
    CHECK(has("HTTP/1.1 429 Too Many Requests\r\n"));
    CHECK(has("\r\nX-RateLimit-Remaining: 0\r\n"));
}

TEST(origin_answers_for_the_service)
{
    play(&(origin_options){ .days = one_day, .day_count = 1, .rate_limit = 2 },
         asks_service);
}

static void write_file(const char *folder, const char *name, size_t size)
{
    char path[256];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "w");
    CHECK(file != NULL);
    for (size_t i = 0; i < size; i++)
        putc('a' + (int)(i % 26), file);
    CHECK_EQ(fclose(file), 0);
}

static void serves_folder(origin *origin)
{
    get(origin, "/two%20words.png");
    CHECK(has("HTTP/1.1 200 OK\r\n"));
    CHECK(has("\r\nContent-Type: image/png\r\n"));
    CHECK(has("\r\nContent-Length: 600000\r\n"));
    CHECK_EQ(strlen(strstr(reply, "\r\n\r\n") + 4), 600000);
    get(origin, "/.hidden.jpg");
    CHECK(has("HTTP/1.1 404 "));
    get(origin, "/../etc/passwd");
    CHECK(has("HTTP/1.1 404 "));
    get(origin, "/out.jpg");
    CHECK(has("HTTP/1.1 404 "));
    get(origin, "/sub");
    CHECK(has("HTTP/1.1 404 "));
    get(origin, "/planetary/apod?api_key=k&count=9");
    CHECK(has("\"date\":\"2000-01-01\""));
    CHECK(has("/two%20words.png\""));
    CHECK(has("/m31.fits.gz\""));
    CHECK(!has("hidden"));
    CHECK(!has("notes"));
}

TEST(origin_serves_a_folder_and_nothing_outside_it)
{
    const char *folder = test_folder();
    char path[256];

    write_file(folder, "two words.png", 600000);
    write_file(folder, ".hidden.jpg", 10);
    write_file(folder, "notes.txt", 10);
    write_file(folder, "notes.gz", 10);
    write_file(folder, "m31.fits.gz", 10);
    snprintf(path, sizeof path, "%s/sub", folder);
    CHECK_EQ(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/out.jpg", folder);
    CHECK_EQ(symlink("/etc/passwd", path), 0);
    play(&(origin_options){ .folder = folder }, serves_folder);
}

static int open_elsewhere(void *arg)
{
    origin *origin;

    (void)arg;
    CHECK_EQ(origin_open(&(origin_options){ .address = "0.0.0.0" }, &origin),
             -EPERM);
    CHECK_EQ(origin_open(&(origin_options){ .folder = "/none" }, &origin),
             -ENOENT);
    return 0;
}

TEST(origin_listens_to_this_machine_only)
{
    CHECK_EQ(sl_run(open_elsewhere, NULL), 0);
}
