/* The client against a real server on loopback that behaves, or does not. */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <starling/error.h>
#include <starling/group.h>
#include <starling/http.h>
#include <starling/loop.h>
#include <starling/scope.h>

#include "get.h"
#include "support/http_server.h"

static bool say_hello(http_request *request)
{
    return http_answer(request, 200,
                       "Content-Type: text/plain\r\nETag: \"1\"\r\n", "hello",
                       5);
}

TEST(get_returns_the_body_and_what_the_headers_say)
{
    fetch f = { 0 };
    char url[1024];

    get_with(&f, say_hello, "/a?b=c");
    CHECK_EQ(f.rc, 0);
    CHECK_EQ(f.response.status, 200);
    CHECK_EQ(f.response.body_size, 5);
    CHECK_EQ(f.response.body.size, 5);
    CHECK_STR(f.text, "hello");
    CHECK(f.response.proven);
    CHECK_EQ(f.response.retry_after, -1);
    CHECK_EQ(f.response.redirects, 0);
    CHECK_STR(f.response.content_type, "text/plain");
    CHECK_STR(f.response.etag, "\"1\"");
    CHECK(f.response.last_modified == NULL);
    CHECK_STR(f.response.url, http_server_url(f.server, "/a?b=c", url));
    finish(&f);
}

TEST(get_sends_what_it_should_and_nothing_else)
{
    static const char *const lines[] = { "Accept: image/*", NULL };
    fetch f = { .client.user_agent = "me/1", .options.headers = lines };
    char expected[256];

    get_with(&f, echo_head, "/x#fragment");
    CHECK_EQ(f.rc, 0);
    snprintf(expected, sizeof expected,
             "GET /x HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: me/1\r\n"
             "Accept: image/*\r\nAccept-Encoding: identity\r\n\r\n",
             http_server_port(f.server));
    CHECK_STR(f.text, expected);
    finish(&f);
}

static bool say_empty(http_request *request)
{
    return http_answer(request, 200, "", "", 0);
}

TEST(get_of_nothing_is_an_empty_proven_body)
{
    fetch f = { 0 };

    get_with(&f, say_empty, "/");
    CHECK_EQ(f.rc, 0);
    CHECK(f.response.body.data == NULL && f.response.proven);
    CHECK_EQ(f.response.body_size, 0);
    finish(&f);
}

static bool say_chunked(http_request *request)
{
    http_say(request, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                      "3\r\nabc\r\n");
    http_pause_ms(request, 20);
    http_say(request, "2\r\nde\r\n0\r\nContent-Length: 99\r\n\r\n");
    return true;
}

TEST(get_takes_a_chunked_body_for_whole_at_its_last_chunk)
{
    fetch f = { 0 };

    get_with(&f, say_chunked, "/");
    CHECK_EQ(f.rc, 0);
    CHECK_STR(f.text, "abcde");
    CHECK(f.response.proven);
    finish(&f);
}

static bool say_without_length(http_request *request)
{
    http_say(request, "HTTP/1.1 200 OK\r\n\r\nabc");
    return false;
}

TEST(get_calls_a_body_that_ends_with_the_connection_unproven)
{
    fetch f = { 0 };

    get_with(&f, say_without_length, "/");
    CHECK_EQ(f.rc, 0);
    CHECK_STR(f.text, "abc");
    CHECK(!f.response.proven);
    finish(&f);
}

static bool say_cut(http_request *request)
{
    if (strcmp(request->path, "/length") == 0)
        http_say(request, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
    else if (strcmp(request->path, "/chunk") == 0)
        http_say(request, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
                          "\r\n3\r\nabc\r\n");
    return false;
}

static void check_cut(const char *path, const char *message)
{
    fetch f = { 0 };

    get_with(&f, say_cut, path);
    CHECK_EQ(f.rc, SL_EINCOMPLETE);
    CHECK_STR(f.message, message);
    CHECK(!f.response.proven && f.response.body.data == NULL);
    finish(&f);
}

TEST(get_notices_a_body_that_was_cut)
{
    check_cut("/length", "127.0.0.1 closed the connection after 3 of 9 bytes");
    check_cut("/chunk", "127.0.0.1 closed the connection after 3 bytes, "
                        "before the last chunk");
    check_cut("/", "127.0.0.1 closed the connection without an answer");
}

static bool say_too_much(http_request *request)
{
    char piece[1000];

    memset(piece, 'x', sizeof piece);
    if (strcmp(request->path, "/declared") == 0) {
        http_say(request, "HTTP/1.1 200 OK\r\nContent-Length: 300000000\r\n"
                          "\r\n");
        http_pause_ms(request, 60000); /* never gets that far */
        return false;
    }
    if (strcmp(request->path, "/absurd") == 0) {
        http_say(request, "HTTP/1.1 200 OK\r\n"
                          "Content-Length: 9223372036854775807\r\n\r\n");
        return false;
    }
    http_say(request, "HTTP/1.1 200 OK\r\n\r\n");
    while (http_send(request, piece, sizeof piece)) {
    }
    return false;
}

static void check_too_much(const char *path, const char *message)
{
    fetch f = { .options.max_body = 100000 };

    get_with(&f, say_too_much, path);
    CHECK_EQ(f.rc, -EFBIG);
    CHECK_STR(f.message, message);
    CHECK(f.response.body_size <= 100000);
    CHECK(f.response.body.data == NULL);
    finish(&f);
}

TEST(get_ends_a_body_over_the_limit_as_soon_as_that_is_known)
{
    check_too_much("/declared",
                   "the body has 300000000 bytes, the limit is 100000");
    check_too_much("/absurd", "the body has 9223372036854775807 bytes, the "
                              "limit is 100000");
    check_too_much("/endless",
                   "the body is larger than the limit of 100000 bytes");
}

TEST(get_accepts_a_body_of_exactly_the_limit)
{
    fetch f = { .options.max_body = 5 };

    get_with(&f, say_hello, "/");
    CHECK_EQ(f.rc, 0);
    CHECK_EQ(f.response.body_size, 5);
    finish(&f);
}

static bool say_wrong(http_request *request)
{
    static const struct {
        const char *path, *answer;
    } table[] = {
        { "/two", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"
                  "Content-Length: 4\r\n\r\nabcd" },
        { "/gzip", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
                   "Content-Length: 3\r\n\r\nabc" },
        { "/te", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
                 "0\r\n\r\n" },
        { "/part", "HTTP/1.1 206 Part\r\nContent-Range: bytes 0-2/9\r\n"
                   "Content-Length: 3\r\n\r\nabc" },
        { "/old", "hello there, this is no HTTP\r\n\r\n" },
        { "/chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "zz\r\nabc\r\n" },
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(request->path, table[i].path) == 0)
            http_say(request, "%s", table[i].answer);
    return false;
}

TEST(get_believes_no_answer_that_contradicts_itself)
{
    static const char *const paths[] = { "/two",  "/gzip", "/te",
                                         "/part", "/old",  "/chunk" };

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        fetch f = { 0 };

        get_with(&f, say_wrong, paths[i]);
        if (f.rc != -EPROTO)
            test_fail(__FILE__, __LINE__, "%s gave %d: %s", paths[i], f.rc,
                      f.message);
        CHECK(strncmp(f.message, "127.0.0.1", 9) == 0);
        if (strcmp(paths[i], "/old") == 0)
            CHECK_STR(f.message, "127.0.0.1 does not answer in HTTP");
        finish(&f);
    }
}

TEST(get_hands_a_compressed_body_over_to_those_who_take_it)
{
    fetch f = { .options.keep_encoded = true };

    get_with(&f, say_wrong, "/gzip");
    CHECK_EQ(f.rc, 0);
    CHECK_STR(f.response.encoding, "gzip");
    CHECK_EQ(f.response.body_size, f.response.body.size);
    finish(&f);
}

TEST(get_of_a_part_that_was_asked_for_is_an_answer)
{
    static const char *const lines[] = { "Range: bytes=0-2", NULL };
    fetch f = { .options.headers = lines };

    get_with(&f, say_wrong, "/part");
    CHECK_EQ(f.rc, 0);
    CHECK_EQ(f.response.status, 206);
    CHECK_STR(f.text, "abc");
    finish(&f);
}

static bool say_headers_forever(http_request *request)
{
    bool more = http_say(request, "HTTP/1.1 200 OK\r\n");

    while (more)
        more = http_say(request, "X-Filler: %0500d\r\n", 0);
    return false;
}

static bool say_one_long_header(http_request *request)
{
    bool more = http_say(request, "HTTP/1.1 200 OK\r\nX-Filler: ");

    while (more)
        more = http_say(request, "%0500d", 0);
    return false;
}

TEST(get_says_what_is_wrong_about_a_header_without_end)
{
    fetch f = { 0 };

    get_with(&f, say_one_long_header, "/");
    CHECK_EQ(f.rc, -EPROTO);
    CHECK_STR(f.message, "127.0.0.1 sent a header line that is too long");
    finish(&f);
}

static int has_come; /* set by the client's thread, read by the server's */

static int note_coming(void *arg, const void *data, size_t size)
{
    (void)arg;
    (void)data;
    (void)size;
    __atomic_store_n(&has_come, 1, __ATOMIC_RELEASE);
    return 0;
}

/* Not before the client has it all: a reset overtakes what is under way. */
static bool say_and_reset(http_request *request)
{
    struct sockaddr nobody = { .sa_family = AF_UNSPEC };

    http_say(request, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
    http_wait_for_flag(request, &has_come);
    CHECK_EQ(connect(request->fd, &nobody, sizeof nobody), 0);
    return false;
}

TEST(get_says_how_far_a_connection_that_was_reset_has_come)
{
    fetch f = { .options.on_body = note_coming };

    get_with(&f, say_and_reset, "/");
    CHECK_EQ(f.rc, -ECONNRESET);
    CHECK_STR(f.message, "127.0.0.1 broke off the connection after 3 bytes");
    finish(&f);
}

TEST(get_does_not_listen_to_headers_without_end)
{
    fetch f = { 0 };

    get_with(&f, say_headers_forever, "/");
    CHECK_EQ(f.rc, -EPROTO);
    CHECK_STR(f.message, "127.0.0.1 sent more than 256 KiB of headers");
    finish(&f);
}

static bool say_no(http_request *request)
{
    int status = atoi(request->path + 1);
    size_t size = 200000;
    char *page = malloc(size);

    memset(page, 'e', size);
    http_answer(request, status, "Retry-After: 7\r\n", page,
                strstr(request->path, "big") ? size : 5);
    free(page);
    return true;
}

TEST(get_returns_refusals_with_the_beginning_of_their_page)
{
    fetch f = { 0 };

    get_with(&f, say_no, "/429");
    CHECK_EQ(f.rc, 0);
    CHECK_EQ(f.response.status, 429);
    CHECK_EQ(f.response.retry_after, SL_S(7));
    CHECK_STR(f.text, "eeeee");
    finish(&f);

    f = (fetch){ 0 };
    get_with(&f, say_no, "/404big");
    CHECK_EQ(f.rc, 0);
    CHECK_EQ(f.response.status, 404);
    CHECK_EQ(f.response.body.size, 65536);
    CHECK(!f.response.proven);
    finish(&f);
}

static bool stay_silent(http_request *request)
{
    if (strcmp(request->path, "/headers") != 0)
        http_say(request, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
    http_pause_ms(request, 60000);
    return false;
}

TEST(get_gives_up_on_a_server_that_falls_silent)
{
    fetch f = { .options.first_limit = SL_MS(150) };
    sl_time start = sl_now();

    get_with(&f, stay_silent, "/headers");
    CHECK_EQ(f.rc, SL_ETIMEDOUT);
    CHECK_STR(f.message, "127.0.0.1 sent nothing for 0.15 s");
    CHECK_STR(f.response.stage, "request");
    CHECK(sl_now() - start >= SL_MS(150) && sl_now() - start < SL_S(40));
    finish(&f);

    /* Long enough for the beginning to come on a machine that is busy. */
    f = (fetch){ .options.stall_limit = SL_MS(900) };
    get_with(&f, stay_silent, "/body");
    CHECK_EQ(f.rc, SL_ETIMEDOUT);
    CHECK_STR(f.response.stage, "body");
    finish(&f);
}

static bool say_slowly(http_request *request)
{
    http_say(request, "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n");
    for (int i = 0; i < 8; i++) {
        http_pause_ms(request, 160);
        http_say(request, "%d", i);
    }
    return true;
}

/* In all it takes longer than the limit. On a busy machine a single pause may
 * do so too: then once more. */
TEST_LIMIT(get_waits_for_a_slow_server_as_long_as_something_comes, 30)
{
    fetch f = { .options.stall_limit = SL_MS(1100) };

    get_with(&f, say_slowly, "/");
    for (int i = 0; i < 4 && f.rc == SL_ETIMEDOUT; i++) {
        finish(&f);
        f = (fetch){ .options.stall_limit = SL_MS(1100) };
        get_with(&f, say_slowly, "/");
    }
    CHECK_EQ(f.rc, 0);
    CHECK_STR(f.text, "01234567");
    finish(&f);
}

typedef struct {
    size_t size;
    int calls, stop_at;
} sink;

static int swallow(void *arg, const void *data, size_t size)
{
    sink *s = arg;

    (void)data;
    s->size += size;
    return ++s->calls == s->stop_at ? -ENOSPC : 0;
}

TEST(get_gives_the_body_piece_by_piece)
{
    sink s = { 0 };
    fetch f = { .options.on_body = swallow, .options.arg = &s };

    get_with(&f, say_chunked, "/");
    CHECK_EQ(f.rc, 0);
    CHECK_EQ(s.size, 5);
    CHECK_EQ(f.response.body_size, 5);
    CHECK(f.response.body.data == NULL);
    finish(&f);

    s = (sink){ .stop_at = 1 };
    f = (fetch){ .options.on_body = swallow, .options.arg = &s };
    get_with(&f, say_chunked, "/");
    CHECK_EQ(f.rc, -ENOSPC);
    CHECK_EQ(s.calls, 1);
    finish(&f);
}

static int bad_urls(void *arg)
{
    sl_http_client *client;
    sl_http_response response;

    (void)arg;
    CHECK_EQ(sl_http_client_new(NULL, &client), 0);
    CHECK_EQ(sl_http_get(client, "ftp://h/?api_key=1", NULL, &response),
             -EINVAL);
    CHECK_STR(sl_errmsg(), "\"ftp://h/?api_key=***\" is not a URL that can be "
                           "fetched: only http and https are supported");
    CHECK(response.url == NULL);
    sl_http_response_fini(&response);
    CHECK_EQ(sl_http_get(client, "picture.jpg", NULL, &response), -EINVAL);
    sl_http_response_fini(&response);
    sl_http_client_free(client);
    return 0;
}

TEST(get_of_what_is_no_url_says_so_without_the_key)
{
    CHECK_EQ(sl_run(bad_urls, NULL), 0);
}

static int refused_port(void *arg)
{
    sl_http_client_options options = { .allow_private = true };
    sl_http_client *client;
    sl_http_response response;
    char url[64], expected[128];
    int port = *(int *)arg;

    CHECK_EQ(sl_http_client_new(&options, &client), 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", port);
    snprintf(expected, sizeof expected,
             "could not connect to 127.0.0.1 port %d: connection refused",
             port);
    CHECK_EQ(sl_http_get(client, url, NULL, &response), -ECONNREFUSED);
    CHECK_STR(sl_errmsg(), expected);
    CHECK_STR(response.stage, "connect");
    CHECK_EQ(response.status, 0);
    sl_http_response_fini(&response);
    sl_http_client_free(client);
    return 0;
}

TEST(get_says_where_nobody_listens)
{
    int port = http_refusing_port();

    CHECK_EQ(sl_run(refused_port, &port), 0);
}

static bool send_elsewhere(http_request *request)
{
    char line[256];

    if (strcmp(request->path, "/end") == 0)
        return echo_head(request);
    snprintf(line, sizeof line, "Location: http://localhost:%d/end\r\n",
             http_server_port(request->server));
    return http_answer(request, 302, line, "", 0);
}

static bool body_has(const fetch *f, const char *words)
{
    return memmem(f->response.body.data, f->response.body.size, words,
                  strlen(words)) != NULL;
}

TEST(get_takes_user_names_of_netrc_to_their_own_hosts_only)
{
    char file[256];
    FILE *out;
    fetch f = { .client.netrc = file };

    snprintf(file, sizeof file, "%s/netrc", test_folder());
    out = fopen(file, "w");
    fputs("machine 127.0.0.1 login me password secret\n", out);
    fclose(out);
    get_with(&f, echo_head, "/");
    CHECK_EQ(f.rc, 0);
    CHECK(body_has(&f, "Authorization: Basic bWU6c2VjcmV0"));
    finish(&f);

    f = (fetch){ .client.netrc = file };
    get_with(&f, send_elsewhere, "/");
    CHECK_EQ(f.rc, 0);
    CHECK(body_has(&f, "Host: localhost"));
    CHECK(!body_has(&f, "Authorization"));
    finish(&f);
}
