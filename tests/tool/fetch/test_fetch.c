/* One item: what is asked again, how often, and what it says when it fails. */
#include "support/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <starling/error.h>
#include <starling/loop.h>

#include "fetch/fetch.h"
#include "support/http_server.h"
#include "support/tasks.h"

static http_server *server;

/* One item, on a clock on which pauses take no time. */
typedef struct {
    const char *path;
    fetcher_options options;
    fetch_result result;
    int rc;
    sl_time asked_to_wait;
} single;

static int get_single(void *arg)
{
    single *s = arg;
    fetcher *fetcher;
    char url[1024];

    CHECK_EQ(fetcher_new(&s->options, &fetcher), 0);
    http_server_url(server, s->path, url);
    s->rc = fetch_get(fetcher, url, NULL, &s->result);
    s->asked_to_wait = fetcher_asked_to_wait(fetcher);
    fetcher_free(fetcher);
    return 0;
}

static void get(single *s, http_handler *handler, const char *path)
{
    server = http_server_start(handler, NULL);
    s->path = path;
    s->options.http.allow_private = true;
    CHECK_EQ(run_in_virtual_time(get_single, s, NULL), 0);
}

static void finish(single *s)
{
    fetch_result_fini(&s->result);
    http_server_stop(server);
}

static bool say_hello(http_request *request)
{
    return http_answer(request, 200, "", "hello", 5);
}

TEST(fetch_gives_the_body_at_the_first_attempt)
{
    single s = { .options.retries = 4 };

    get(&s, say_hello, "/");
    CHECK_EQ(s.rc, 0);
    CHECK_EQ(s.result.attempts, 1);
    CHECK_EQ(s.result.status, 200);
    CHECK_EQ(s.result.size, 5);
    CHECK(s.result.proven);
    CHECK(memcmp(s.result.body.data, "hello", 5) == 0);
    CHECK_STR(s.result.class_name, "");
    CHECK_EQ(s.asked_to_wait, 0);
    finish(&s);
}

/* "/500/2": say 500 twice, then 200. */
static bool say_later(http_request *request)
{
    int status = 0, times = 0;

    CHECK_EQ(sscanf(request->path, "/%d/%d", &status, &times), 2);
    return request->number <= times ? http_answer(request, status, "", "no", 2)
                                    : http_answer(request, 200, "", "yes", 3);
}

TEST(fetch_asks_again_where_that_may_help)
{
    static const char *const paths[] = { "/408/1", "/425/1", "/429/1", "/500/2",
                                         "/502/1", "/503/3", "/504/4" };

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        single s = { .options.retries = 4 };

        get(&s, say_later, paths[i]);
        CHECK_EQ(s.rc, 0);
        CHECK_EQ(s.result.attempts, paths[i][5] - '0' + 1);
        CHECK_STR(s.result.class_name, "");
        CHECK_EQ(s.result.size, 3);
        finish(&s);
    }
}

TEST(fetch_takes_no_for_an_answer)
{
    static const struct {
        const char *path, *class_name, *reason;
    } table[] = {
        { "/400/9", "http-400", "the server answered 400 (bad request)" },
        { "/401/9", "http-401", "the server answered 401 (not authorized)" },
        { "/403/9", "http-403", "the server answered 403 (forbidden)" },
        { "/404/9", "http-404", "the server answered 404 (not found)" },
        { "/410/9", "http-410", "the server answered 410 (gone)" },
        { "/418/9", "http-418", "the server answered 418" },
        { "/501/9", "http-501", "the server answered 501" },
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        single s = { .options.retries = 4 };

        get(&s, say_later, table[i].path);
        CHECK_EQ(s.rc, -EREMOTEIO);
        CHECK_EQ(s.result.attempts, 1);
        CHECK_STR(s.result.class_name, table[i].class_name);
        CHECK_STR(s.result.reason, table[i].reason);
        CHECK_EQ(s.result.size, 2); /* the server's words */
        finish(&s);
    }
}

TEST(fetch_gives_up_after_the_retries_it_was_given)
{
    single s = { .options.retries = 4 };

    get(&s, say_later, "/503/9");
    CHECK_EQ(s.rc, -EREMOTEIO);
    CHECK_EQ(s.result.attempts, 5);
    CHECK_EQ(http_server_requests(server), 5);
    CHECK_STR(s.result.class_name, "http-503");
    finish(&s);

    s = (single){ .options.retries = 0 };
    get(&s, say_later, "/429/9");
    CHECK_EQ(s.result.attempts, 1);
    CHECK_STR(s.result.class_name, "rate-limited");
    CHECK_STR(s.result.reason, "the server answered 429 (too many requests)");
    finish(&s);
}

static bool say_cut(http_request *request)
{
    http_say(request, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
    return false;
}

TEST(fetch_asks_again_for_a_body_that_was_cut)
{
    single s = { .options.retries = 2 };

    get(&s, say_cut, "/");
    CHECK_EQ(s.rc, SL_EINCOMPLETE);
    CHECK_EQ(s.result.attempts, 3);
    CHECK_STR(s.result.class_name, "truncated");
    CHECK_STR(s.result.reason,
              "127.0.0.1 closed the connection after 3 of 9 bytes");
    CHECK(s.result.body.data == NULL);
    finish(&s);
}

TEST(fetch_asks_once_for_what_is_too_large_or_refused)
{
    single s = { .options = { .retries = 4, .max_bytes = 4 } };

    get(&s, say_hello, "/");
    CHECK_EQ(s.rc, -EFBIG);
    CHECK_EQ(s.result.attempts, 1);
    CHECK_STR(s.result.class_name, "too-large");
    CHECK_STR(s.result.reason, "the body has 5 bytes, the limit is 4");
    finish(&s);

    server = http_server_start(say_hello, NULL);
    s = (single){ .path = "/", .options.retries = 4 };
    CHECK_EQ(run_in_virtual_time(get_single, &s, NULL), 0);
    CHECK_EQ(s.rc, -EPERM);
    CHECK_EQ(s.result.attempts, 1);
    CHECK_STR(s.result.class_name, "refused-address");
    CHECK_STR(s.result.reason, "127.0.0.1 is a loopback address: not allowed");
    finish(&s);
}

static int find_nobody(void *arg)
{
    fetcher_options options = { .retries = 3, .http.allow_private = true };
    fetcher *fetcher;
    fetch_result result;

    CHECK_EQ(fetcher_new(&options, &fetcher), 0);
    CHECK_EQ(fetch_get(fetcher, arg, NULL, &result), -ECONNREFUSED);
    CHECK_EQ(result.attempts, 4);
    CHECK_STR(result.class_name, "connect");
    CHECK(strstr(result.reason, "could not connect to 127.0.0.1 port ") !=
          NULL);
    fetch_result_fini(&result);
    fetcher_free(fetcher);
    return 0;
}

TEST(fetch_asks_again_where_nobody_listens)
{
    char url[64];

    snprintf(url, sizeof url, "http://127.0.0.1:%d/", http_refusing_port());
    CHECK_EQ(run_in_virtual_time(find_nobody, url, NULL), 0);
}

static bool ask_for_time(http_request *request)
{
    if (request->number > 1)
        return http_answer(request, 200, "", "yes", 3);
    return http_answer(request, 429, "Retry-After: 50\r\n", "", 0);
}

TEST(fetch_waits_as_long_as_asked_outside_of_the_time_limit)
{
    single s = { .options = { .retries = 1, .timeout = SL_S(10) } };

    get(&s, ask_for_time, "/");
    CHECK_EQ(s.rc, 0);
    CHECK_EQ(s.result.attempts, 2);
    CHECK(s.asked_to_wait >= SL_S(50) && s.asked_to_wait < SL_S(51));
    finish(&s);
}

static bool stay_silent(http_request *request)
{
    http_pause_ms(request, 60000);
    return false;
}

static int out_of_time(void *arg)
{
    single *s = arg;
    sl_time start = sl_now();

    CHECK_EQ(get_single(s), 0);
    CHECK(sl_now() - start < SL_S(40));
    return 0;
}

TEST(fetch_ends_an_item_at_its_time_limit)
{
    single s = { .path = "/",
                 .options = { .retries = 4,
                              .timeout = SL_MS(200),
                              .http.allow_private = true } };

    server = http_server_start(stay_silent, NULL);
    CHECK_EQ(sl_run(out_of_time, &s), 0);
    CHECK_EQ(s.rc, SL_ETIMEDOUT);
    CHECK_EQ(s.result.attempts, 1);
    CHECK_STR(s.result.class_name, "timeout");
    CHECK_STR(s.result.reason, "not done within 0.2 s");
    finish(&s);
}

static void expect_refused(const char *cert, const char *key, const char *words)
{
    fetcher_options options = { .http = { .client_cert = cert,
                                          .client_key = key } };
    fetcher *fetcher;

    CHECK_EQ(fetcher_new(&options, &fetcher), -EINVAL);
    if (strstr(sl_errmsg(), words) == NULL)
        CHECK_STR(sl_errmsg(), words);
}

static int open_with_keys(void *arg)
{
    char cert[256], key[300], other[300], broken[256];
    fetcher_options options = { .http = { .client_cert = cert,
                                          .client_key = key } };
    fetcher *fetcher;
    FILE *file;

    (void)arg;
    snprintf(cert, sizeof cert, "%s/mine.pem", test_folder());
    snprintf(key, sizeof key, "%s.key", cert);
    snprintf(other, sizeof other, "%s/other.pem.key", test_folder());
    snprintf(broken, sizeof broken, "%s/broken.pem", test_folder());
    CHECK_EQ(fetcher_new(&options, &fetcher), 0);
    fetcher_free(fetcher);
    expect_refused(cert, other,
                   "/other.pem.key belongs to another certificate "
                   "than ");
    file = fopen(broken, "w");
    fputs("-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n", file);
    fclose(file);
    expect_refused(broken, key, "/broken.pem is broken");
    expect_refused(cert, broken, "/broken.pem is broken");
    return 0;
}

TEST(fetch_does_not_begin_with_a_key_of_another_certificate)
{
    char file[256];
    http_server *another;

    snprintf(file, sizeof file, "%s/mine.pem", test_folder());
    server = http_server_start_tls(stay_silent, NULL, file);
    snprintf(file, sizeof file, "%s/other.pem", test_folder());
    another = http_server_start_tls(stay_silent, NULL, file);
    CHECK_EQ(sl_run(open_with_keys, NULL), 0);
    http_server_stop(another);
    http_server_stop(server);
}
