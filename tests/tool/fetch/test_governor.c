/* Many items: slots, servers that want peace, and an end before the end. */
#include "support/test.h"

#include <errno.h>
#include <stdio.h>

#include <starling/error.h>
#include <starling/group.h>
#include <starling/loop.h>
#include <starling/scope.h>

#include "fetch/fetch.h"
#include "support/http_server.h"

static http_server *server;

static void run_virtual(sl_fn *fn, void *arg)
{
    sl_loop *loop = sl_loop_new();

    sl_loop_use_virtual_clock(loop);
    CHECK_EQ(sl_loop_run_task(loop, fn, arg), 0);
    CHECK_EQ(sl_loop_close(loop), 0);
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
        __atomic_store_n(&peace->told_at, sl_now(), __ATOMIC_SEQ_CST);
        return http_answer(request, 429, "Retry-After: 1\r\n", "", 0);
    }
    since = sl_now() - __atomic_load_n(&peace->told_at, __ATOMIC_SEQ_CST);
    if (since > SL_MS(200) && since < SL_S(1))
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

/* By way of the one, then straight to the other. */
static int get_both(void *arg)
{
    fetcher_options options = { .retries = 4, .http.allow_private = true };
    http_server *ways[] = { server, arg };
    fetcher *fetcher;

    CHECK_EQ(fetcher_new(&options, &fetcher), 0);
    for (int i = 0; i < 2; i++) {
        fetch_result result;
        char url[1024];

        http_server_url(ways[i], "/", url);
        CHECK_EQ(fetch_get(fetcher, url, NULL, &result), -EAGAIN);
        CHECK_STR(result.class_name, "rate-limited");
        fetch_result_fini(&result);
    }
    fetcher_free(fetcher);
    return 0;
}

TEST(fetch_gives_peace_to_the_server_that_a_redirect_led_to)
{
    http_server *busy = http_server_start(ask_for_too_much, NULL);

    server = http_server_start(move_on, busy);
    run_virtual(get_both, busy);
    CHECK_EQ(http_server_requests(busy), 1);
    CHECK_EQ(http_server_requests(server), 1);
    http_server_stop(server);
    http_server_stop(busy);
}
