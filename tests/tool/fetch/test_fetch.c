/* The governor against servers that are busy, broken, or say no. */
#include "support/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <starling/error.h>
#include <starling/group.h>
#include <starling/loop.h>
#include <starling/scope.h>

#include "fetch/fetch.h"
#include "fetch/verdict.h"
#include "support/http_server.h"

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

static void run_virtual(sl_fn *fn, void *arg)
{
    sl_loop *loop = sl_loop_new();

    sl_loop_use_virtual_clock(loop);
    CHECK_EQ(sl_loop_run_task(loop, fn, arg), 0);
    CHECK_EQ(sl_loop_close(loop), 0);
}

static void get(single *s, http_handler *handler, const char *path)
{
    server = http_server_start(handler, NULL);
    s->path = path;
    s->options.http.allow_private = true;
    run_virtual(get_single, s);
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
    run_virtual(get_single, &s);
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
    char url[1024];

    server = http_server_start(say_hello, NULL);
    http_server_url(server, "/", url);
    http_server_stop(server); /* now the port is free, and stays so a while */
    run_virtual(find_nobody, url);
}

TEST(fetch_knows_what_asking_again_can_help_against)
{
    static const int yes[] = { SL_ETIMEDOUT, SL_EINCOMPLETE, -ECONNREFUSED,
                               -ECONNRESET,  -EHOSTUNREACH,  -ENETUNREACH,
                               -EAGAIN,      -EMFILE };
    static const int no[] = { -EPERM, -EKEYREJECTED, -EPROTO, -EFBIG,
                              -ELOOP, -ENOENT,       -EINVAL, SL_ECANCELED };
    const sl_http_response none = { .retry_after = -1 };

    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        CHECK(verdict_may_retry(yes[i], &none));
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        CHECK(!verdict_may_retry(no[i], &none));
}

static void check_class(int rc, const char *stage, const char *class_name)
{
    const sl_http_response response = { .stage = stage };
    fetch_result result = { 0 };

    CHECK_EQ(verdict_write(rc, &response, &result), rc);
    CHECK_STR(result.class_name, class_name);
    CHECK(result.reason[0] != '\0');
}

TEST(fetch_puts_each_failure_into_its_class)
{
    check_class(-ENOENT, "dns", "dns");
    check_class(-EAGAIN, "dns", "dns");
    check_class(SL_ETIMEDOUT, "dns", "dns");
    check_class(-ECONNREFUSED, "connect", "connect");
    check_class(SL_ETIMEDOUT, "connect", "timeout");
    check_class(SL_ETIMEDOUT, "body", "timeout");
    check_class(-EKEYREJECTED, "tls", "tls");
    check_class(-EPERM, "address", "refused-address");
    check_class(-ELOOP, "redirect", "redirect");
    check_class(-EPROTO, "redirect", "redirect");
    check_class(-EPROTO, "body", "network");
    check_class(-ECONNRESET, "request", "network");
    check_class(SL_EINCOMPLETE, "request", "network");
    check_class(SL_EINCOMPLETE, "body", "truncated");
    check_class(-EFBIG, "body", "too-large");
    check_class(-EINVAL, "request", "bad-url");
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

static bool ask_for_too_much(http_request *request)
{
    return http_answer(request, 503, "Retry-After: 3600\r\n", "", 0);
}

static int get_two(void *arg)
{
    fetcher_options options = { .retries = 4, .http.allow_private = true };
    fetcher *fetcher;
    char url[1024];

    (void)arg;
    CHECK_EQ(fetcher_new(&options, &fetcher), 0);
    for (int i = 0; i < 2; i++) {
        fetch_result result;

        http_server_url(server, "/", url);
        CHECK_EQ(fetch_get(fetcher, url, NULL, &result), -EAGAIN);
        CHECK_STR(result.class_name, "rate-limited");
        CHECK(strstr(result.reason, "come back in 3600 s") != NULL ||
              strstr(result.reason, "come back in 3599 s") != NULL);
        CHECK_EQ(result.attempts, 1 - i);
        fetch_result_fini(&result);
    }
    fetcher_free(fetcher);
    return 0;
}

TEST(fetch_leaves_a_server_alone_that_wants_more_peace_than_we_wait)
{
    server = http_server_start(ask_for_too_much, NULL);
    run_virtual(get_two, NULL);
    CHECK_EQ(http_server_requests(server), 1);
    http_server_stop(server);
}

/* Several items at once, on the real clock. */
struct item_args {
    fetcher *fetcher;
    const char *path;
    int *good;
};

static int item(void *arg)
{
    struct item_args *a = arg;
    fetch_result result;
    char url[1024];
    int rc;

    http_server_url(server, a->path, url);
    rc = fetch_get(a->fetcher, url, NULL, &result);
    if (rc == 0)
        ++*a->good;
    fetch_result_fini(&result);
    return rc;
}

typedef struct {
    sl_time told_at; /* when the 429 was sent */
    int early;       /* requests that came before a second had passed */
} peace;

/* The first request is told to come back in a second; those that were under
 * way with it are answered. */
static bool want_peace(http_request *request)
{
    peace *peace = request->arg;
    sl_time since;

    if (request->number == 1) {
        http_answer(request, 429, "Retry-After: 1\r\n", "", 0);
        __atomic_store_n(&peace->told_at, sl_now(), __ATOMIC_SEQ_CST);
        return true;
    }
    since = sl_now() - __atomic_load_n(&peace->told_at, __ATOMIC_SEQ_CST);
    if (since > SL_MS(200) && since < SL_MS(995))
        __atomic_add_fetch(&peace->early, 1, __ATOMIC_SEQ_CST);
    return http_answer(request, 200, "", "yes", 3);
}

static int twenty(void *arg)
{
    fetcher_options options = { .retries = 4, .http.allow_private = true };
    fetcher *fetcher;
    sl_group group;
    int good = 0;

    (void)arg;
    CHECK_EQ(fetcher_new(&options, &fetcher), 0);
    CHECK_EQ(item(&(struct item_args){ fetcher, "/", &good }), 0);
    CHECK_NEAR(fetcher_asked_to_wait(fetcher), 1e9, 1e8);
    sl_group_open(&group);
    for (int i = 0; i < 20; i++)
        sl_go(&group, item, .fetcher = fetcher, .path = "/", .good = &good);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(good, 21);
    fetcher_free(fetcher);
    return 0;
}

static int twenty_at_once(void *arg)
{
    fetcher_options options = { .retries = 4, .http.allow_private = true };
    fetcher *fetcher;
    sl_group group;
    int good = 0;

    (void)arg;
    CHECK_EQ(fetcher_new(&options, &fetcher), 0);
    sl_group_open(&group);
    for (int i = 0; i < 20; i++)
        sl_go(&group, item, .fetcher = fetcher, .path = "/", .good = &good);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(good, 20);
    /* Several waited, the second counts once. */
    CHECK_NEAR(fetcher_asked_to_wait(fetcher), 1e9, 2e8);
    fetcher_free(fetcher);
    return 0;
}

TEST(fetch_gives_a_server_the_peace_it_wants_from_all_its_items)
{
    peace peace = { 0 };

    server = http_server_start(want_peace, &peace);
    CHECK_EQ(sl_run(twenty, NULL), 0);
    CHECK_EQ(peace.early, 0);
    http_server_stop(server);

    peace.told_at = 0;
    server = http_server_start(want_peace, &peace);
    CHECK_EQ(sl_run(twenty_at_once, NULL), 0);
    CHECK_EQ(peace.early, 0);
    http_server_stop(server);
}

static bool take_a_while(http_request *request)
{
    http_pause_ms(request, 20);
    return http_answer(request, 200, "", "yes", 3);
}

static int forty(void *arg)
{
    fetcher_options *options = arg;
    fetcher *fetcher;
    sl_group group;
    int good = 0;

    options->http.allow_private = true;
    CHECK_EQ(fetcher_new(options, &fetcher), 0);
    sl_group_open(&group);
    for (int i = 0; i < 40; i++)
        sl_go(&group, item, .fetcher = fetcher, .path = "/", .good = &good);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(good, 40);
    fetcher_free(fetcher);
    return 0;
}

static int most_at_once(fetcher_options options)
{
    int most;

    server = http_server_start(take_a_while, NULL);
    CHECK_EQ(sl_run(forty, &options), 0);
    most = http_server_most_at_once(server);
    http_server_stop(server);
    return most;
}

TEST(fetch_keeps_to_its_slots)
{
    CHECK_EQ(most_at_once((fetcher_options){ 0 }), 6);
    CHECK_EQ(most_at_once((fetcher_options){ .per_host = 3 }), 3);
    CHECK_EQ(most_at_once((fetcher_options){ .per_host = 9, .downloads = 2 }),
             2);
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
    CHECK(sl_now() - start < SL_S(2));
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

struct result_args {
    fetcher *fetcher;
    const char *path;
    int *rc;
};

static int note_result(void *arg)
{
    struct result_args *a = arg;
    int good = 0;

    *a->rc = item(&(struct item_args){ a->fetcher, a->path, &good });
    return 0;
}

#define sl_go_result(group, f, p, r)                                           \
    sl_group_spawn_copy((group), note_result,                                  \
                        &(struct result_args){ (f), (p), (r) },                \
                        sizeof(struct result_args))

static bool fail_or_linger(http_request *request)
{
    if (strcmp(request->path, "/busy") == 0)
        return http_answer(request, 503, "Retry-After: 30\r\n", "", 0);
    http_pause_ms(request, 300);
    return http_answer(request, 200, "", "yes", 3);
}

static int drain(void *arg)
{
    fetcher_options options = { .retries = 4,
                                .per_host = 2,
                                .http.allow_private = true };
    fetcher *fetcher;
    sl_group group;
    int rc[4];

    (void)arg;
    CHECK_EQ(fetcher_new(&options, &fetcher), 0);
    sl_group_open(&group);
    sl_go_result(&group, fetcher, "/slow", &rc[0]); /* under way */
    sl_go_result(&group, fetcher, "/busy", &rc[1]); /* told to wait */
    sl_go_result(&group, fetcher, "/x", &rc[2]);    /* waits for a slot */
    CHECK_EQ(sl_sleep(SL_MS(100)), 0);
    fetcher_drain(fetcher);
    sl_go_result(&group, fetcher, "/x", &rc[3]); /* comes too late */
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(rc[0], 0);
    CHECK_EQ(rc[1], SL_ECANCELED);
    CHECK_EQ(rc[2], SL_ECANCELED);
    CHECK_EQ(rc[3], SL_ECANCELED);
    fetcher_free(fetcher);
    return 0;
}

TEST(fetch_drained_lets_running_transfers_end_and_begins_none)
{
    server = http_server_start(fail_or_linger, NULL);
    CHECK_EQ(sl_run(drain, NULL), 0);
    CHECK_EQ(http_server_requests(server), 2);
    http_server_stop(server);
}

static int cancelled(void *arg)
{
    fetcher_options options = { .retries = 4,
                                .per_host = 1,
                                .http.allow_private = true };
    fetcher *fetcher;
    sl_scope limit;
    sl_group group;
    int rc, good = 0;

    (void)arg;
    CHECK_EQ(fetcher_new(&options, &fetcher), 0);
    for (int i = 0; i < 2; i++) {
        sl_timeout_open(&limit, i == 0 ? SL_MS(80) : 0);
        sl_group_open(&group);
        for (int j = 0; j < 10; j++)
            sl_go(&group, item, .fetcher = fetcher, .path = "/slow",
                  .good = &good);
        rc = sl_group_close(&group);
        CHECK_EQ(sl_scope_close(&limit, rc), SL_ETIMEDOUT);
    }
    CHECK_EQ(good, 0);
    /* No slot was lost. */
    CHECK_EQ(item(&(struct item_args){ fetcher, "/slow", &good }), 0);
    CHECK_EQ(good, 1);
    fetcher_free(fetcher);
    return 0;
}

TEST(fetch_that_is_cancelled_keeps_no_slot)
{
    server = http_server_start(fail_or_linger, NULL);
    CHECK_EQ(sl_run(cancelled, NULL), 0);
    http_server_stop(server);
}

static bool move_on(http_request *request)
{
    http_server *other = request->arg;
    char url[1024], line[1100];

    http_server_url(other, "/", url);
    snprintf(line, sizeof line, "Location: %s\r\n", url);
    return http_answer(request, 302, line, "", 0);
}

TEST(fetch_gives_peace_to_the_server_that_a_redirect_led_to)
{
    http_server *busy = http_server_start(ask_for_too_much, NULL);
    single s = { .path = "/",
                 .options = { .retries = 4, .http.allow_private = true } };

    server = http_server_start(move_on, busy);
    run_virtual(get_two, NULL);
    CHECK_EQ(http_server_requests(busy), 1);
    CHECK_EQ(http_server_requests(server), 1);
    run_virtual(get_single, &s);
    CHECK_STR(s.result.class_name, "rate-limited");
    finish(&s);
    http_server_stop(busy);
}
