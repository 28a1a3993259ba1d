/* Where redirects lead: the same slots, peace and rules as for those servers
 * that a list names.
 */
#include "support/test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <starling/error.h>
#include <starling/group.h>
#include <starling/loop.h>

#include "fetch/fetch.h"
#include "fetch/limit.h"
#include "support/http_server.h"

enum { ITEMS = 12, PER_HOST = 2 };

static http_server *first, *second;

/* Two items at once of a server, and as many as there are under way. */
static fetcher *make_fetcher(void)
{
    fetcher_options options = { .retries = 2,
                                .per_host = PER_HOST,
                                .downloads = 3,
                                .http.allow_private = true };
    fetcher *made;

    CHECK_EQ(fetcher_new(&options, &made), 0);
    return made;
}

static bool say_yes(http_request *request)
{
    if (strcmp(request->path, "/robots.txt") == 0)
        return http_answer(request, 404, "", "", 0);
    http_pause_ms(request, 2);
    return http_answer(request, 200, "", "yes", 3);
}

static bool send_to(http_request *request, http_server *other, const char *path)
{
    char url[1024], line[1100];

    http_server_url(other, path, url);
    snprintf(line, sizeof line, "Location: %s\r\n", url);
    return http_answer(request, 302, line, "", 0);
}

static bool send_to_second(http_request *request)
{
    return send_to(request, second, "/x");
}

struct item_args {
    fetcher *fetcher;
    http_server *server;
    const char *path;
    bool obeys_robots;
    int rc;
    fetch_result *result;
};

static int get_item(void *arg)
{
    struct item_args *a = arg;
    char url[1024];

    http_server_url(a->server, a->path, url);
    a->rc = fetch_get(a->fetcher, url,
                      &(fetch_options){ .obeys_robots = a->obeys_robots },
                      a->result);
    return 0;
}

static int get_one(void *arg)
{
    struct item_args *a = arg;

    a->fetcher = make_fetcher();
    CHECK_EQ(get_item(a), 0);
    fetcher_free(a->fetcher);
    return 0;
}

static int get_all(void *arg)
{
    struct item_args items[ITEMS];
    fetch_result results[ITEMS];
    fetcher *fetcher = make_fetcher();
    sl_group group;

    (void)arg;
    sl_group_open(&group);
    for (int i = 0; i < ITEMS; i++) {
        items[i] = (struct item_args){ .fetcher = fetcher,
                                       .server = i % 2 ? second : first,
                                       .path = "/to",
                                       .result = &results[i] };
        sl_group_spawn(&group, get_item, &items[i]);
    }
    CHECK_EQ(sl_group_close(&group), 0);
    for (int i = 0; i < ITEMS; i++) {
        CHECK_EQ(items[i].rc, 0);
        CHECK_EQ(results[i].size, 3);
        fetch_result_fini(&results[i]);
    }
    fetcher_free(fetcher);
    return 0;
}

static void start(http_handler *of_first, http_handler *of_second)
{
    first = http_server_start(of_first, NULL);
    second = http_server_start(of_second, NULL);
}

static void stop(void)
{
    http_server_stop(first);
    http_server_stop(second);
}

TEST(no_server_gets_more_at_once_because_others_send_to_it)
{
    start(send_to_second, say_yes);
    CHECK_EQ(sl_run(get_all, NULL), 0);
    CHECK_EQ(http_server_requests(second), ITEMS);
    CHECK(http_server_most_at_once(second) <= PER_HOST);
    stop();
}

static bool exchange(http_request *request)
{
    if (strcmp(request->path, "/to") != 0)
        return say_yes(request);
    return send_to(request, request->arg == NULL ? second : first, "/x");
}

TEST(servers_that_send_to_each_other_do_not_stop_each_other)
{
    first = http_server_start(exchange, NULL);
    second = http_server_start(exchange, &first);
    CHECK_EQ(sl_run(get_all, NULL), 0);
    CHECK(http_server_most_at_once(first) <= PER_HOST);
    CHECK(http_server_most_at_once(second) <= PER_HOST);
    stop();
}

static bool keep_away(http_request *request)
{
    static const char rules[] = "User-agent: *\nDisallow: /x\n";

    if (strcmp(request->path, "/robots.txt") == 0)
        return http_answer(request, 200, "", rules, sizeof rules - 1);
    return say_yes(request);
}

static bool send_politely(http_request *request)
{
    return strcmp(request->path, "/robots.txt") == 0 ? say_yes(request)
                                                     : send_to_second(request);
}

TEST(a_server_that_others_send_to_is_asked_for_its_rules)
{
    fetch_result result;
    struct item_args item = { .obeys_robots = true,
                              .path = "/to",
                              .result = &result };
    char name[64];

    start(send_politely, keep_away);
    item.server = first;
    CHECK_EQ(sl_run(get_one, &item), 0);
    CHECK_EQ(item.rc, -EACCES);
    CHECK_STR(result.class_name, "robots");
    snprintf(name, sizeof name, "127.0.0.1:%d", http_server_port(second));
    CHECK(strstr(result.reason, name) != NULL);
    CHECK_EQ(http_server_requests(second), 1); /* for its robots.txt */
    fetch_result_fini(&result);
    stop();
}

static int refusals; /* that robots.txt is still answered with; of the server's
                        thread once it runs */

static bool hesitate(http_request *request)
{
    if (strcmp(request->path, "/robots.txt") == 0 && refusals-- > 0)
        return http_answer(request, 503, "", "", 0);
    return say_yes(request);
}

static void ask_who_hesitates(int times, const char *class_name, int questions)
{
    fetch_result result;
    struct item_args item = { .obeys_robots = true,
                              .path = "/x",
                              .result = &result };

    refusals = times;
    item.server = http_server_start(hesitate, NULL);
    CHECK_EQ(sl_run(get_one, &item), 0);
    CHECK_STR(result.class_name, class_name);
    CHECK_EQ(http_server_requests(item.server), questions);
    if (item.rc < 0)
        CHECK(strstr(result.reason, "robots.txt: it answered 503") != NULL);
    CHECK_EQ(result.attempts, 1);
    fetch_result_fini(&result);
    http_server_stop(item.server);
}

/* Two further attempts are what this fetcher makes of anything. */
TEST(a_server_that_cannot_say_its_rules_now_is_asked_for_them_again)
{
    ask_who_hesitates(2, "", 4); /* three times for the rules */
    ask_who_hesitates(9, "robots", 3);
}

static int get_nonsense(void *arg)
{
    fetcher *fetcher = make_fetcher();
    fetch_result result;

    (void)arg;
    CHECK(fetch_get(fetcher, "http://[fe80::1%25lo]/x.png",
                    &(fetch_options){ .obeys_robots = true }, &result) < 0);
    CHECK_STR(result.class_name, "bad-url");
    CHECK(strstr(result.reason, "/x.png\"") != NULL);
    fetch_result_fini(&result);
    fetcher_free(fetcher);
    return 0;
}

TEST(what_is_no_address_is_told_with_its_own_words)
{
    CHECK_EQ(sl_run(get_nonsense, NULL), 0);
}

static bool ask_for_an_hour(http_request *request)
{
    return http_answer(request, 503, "Retry-After: 3600\r\n", "", 0);
}

static int get_straight_and_by_way(void *arg)
{
    http_server *ways[] = { second, first };
    fetcher *fetcher = make_fetcher();

    (void)arg;
    for (int i = 0; i < 2; i++) {
        fetch_result result;
        struct item_args item = { .fetcher = fetcher,
                                  .server = ways[i],
                                  .path = "/",
                                  .result = &result };

        CHECK_EQ(get_item(&item), 0);
        CHECK_EQ(item.rc, -EAGAIN);
        CHECK_STR(result.class_name, "rate-limited");
        CHECK(strstr(result.reason, "come back in 3") != NULL);
        CHECK_EQ(result.attempts, 1 - i);
        fetch_result_fini(&result);
    }
    fetcher_free(fetcher);
    return 0;
}

TEST(who_is_sent_to_a_server_in_peace_does_not_disturb_it)
{
    start(send_to_second, ask_for_an_hour);
    CHECK_EQ(sl_run(get_straight_and_by_way, NULL), 0);
    CHECK_EQ(http_server_requests(first), 1);
    CHECK_EQ(http_server_requests(second), 1);
    stop();
}

/* Limits stop while a turn is waited for. */

static int run_limit(void *arg)
{
    limit limit;

    (void)arg;
    limit_open(&limit, SL_S(10));
    CHECK_EQ(sl_sleep(SL_S(6)), 0);
    limit_stop(&limit);
    CHECK_EQ(sl_sleep(SL_S(60)), 0);
    limit_stop(&limit); /* it stands already */
    limit_go_on(&limit);
    CHECK_EQ(sl_sleep(SL_S(3)), 0);
    CHECK_EQ(limit_close(&limit, 7), 7);
    CHECK_EQ(limit.spent, SL_S(9));
    CHECK(!limit.is_over);

    limit_open(&limit, SL_S(10));
    limit_stop(&limit);
    CHECK_EQ(sl_sleep(SL_S(60)), 0);
    limit_go_on(&limit);
    CHECK_EQ(limit_close(&limit, sl_sleep(SL_S(11))), SL_ETIMEDOUT);
    CHECK_EQ(limit.spent, SL_S(10));
    CHECK(limit.is_over);
    return 0;
}

TEST(a_limit_counts_only_while_it_runs)
{
    sl_loop *loop = sl_loop_new();

    sl_loop_use_virtual_clock(loop);
    CHECK_EQ(sl_loop_run_task(loop, run_limit, NULL), 0);
    CHECK_EQ(sl_loop_close(loop), 0);
}

static int run_without_time(void *arg)
{
    limit limit;

    (void)arg;
    limit_open(&limit, 0);
    CHECK_EQ(limit_close(&limit, sl_sleep(SL_S(1))), SL_ETIMEDOUT);
    return 0;
}

TEST(a_limit_without_time_is_over_at_once)
{
    CHECK_EQ(sl_run(run_without_time, NULL), 0);
}
