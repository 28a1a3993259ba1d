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
#include "support/tasks.h"

static http_server *server;

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
    CHECK_EQ(run_in_virtual_time(get_two, NULL, NULL), 0);
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
    int at_once;     /* requests that come together, the first is told */
    int is_heard;    /* the client knows of it; set atomically */
    int early;       /* requests that came before a second had passed */
} peace;

/* Of the first requests, all under way at once, one is told to come back in a
 * second. The others are answered once the client has heard that, so that
 * whatever comes later is the client's doing. */
static bool want_peace(http_request *request)
{
    peace *peace = request->arg;

    if (request->number == 1) {
        http_wait_for_requests(request, peace->at_once);
        __atomic_store_n(&peace->told_at, sl_now(), __ATOMIC_SEQ_CST);
        return http_answer(request, 429, "Retry-After: 1\r\n", "", 0);
    }
    if (request->number <= peace->at_once)
        http_wait_for_flag(request, &peace->is_heard);
    else if (sl_now() <
             __atomic_load_n(&peace->told_at, __ATOMIC_SEQ_CST) + SL_S(1))
        __atomic_add_fetch(&peace->early, 1, __ATOMIC_SEQ_CST);
    return http_answer(request, 200, "", "yes", 3);
}

struct hear_args {
    fetcher *fetcher;
    peace *peace;
};

static int hear(void *arg)
{
    struct hear_args *a = arg;

    while (fetcher_asked_to_wait(a->fetcher) == 0)
        CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    __atomic_store_n(&a->peace->is_heard, 1, __ATOMIC_SEQ_CST);
    return 0;
}

static int twenty(void *arg)
{
    peace *peace = arg;
    fetcher_options options = { .retries = 4,
                                .per_host = peace->at_once,
                                .http.allow_private = true };
    fetcher *fetcher;
    sl_group group;
    int good = 0;

    CHECK_EQ(fetcher_new(&options, &fetcher), 0);
    sl_group_open(&group);
    for (int i = 0; i < 20; i++)
        sl_go(&group, item, .fetcher = fetcher, .path = "/", .good = &good);
    sl_go(&group, hear, .fetcher = fetcher, .peace = peace);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(good, 20);
    fetcher_free(fetcher);
    return 0;
}

TEST(fetch_gives_a_server_the_peace_it_wants_from_all_its_items)
{
    static const int at_once[] = { 1, 6 };

    for (int i = 0; i < 2; i++) {
        peace peace = { .at_once = at_once[i] };

        server = http_server_start(want_peace, &peace);
        CHECK_EQ(sl_run(twenty, &peace), 0);
        CHECK_EQ(peace.early, 0);
        http_server_stop(server);
    }
}

static bool tell_each_to_wait(http_request *request)
{
    if (request->number <= 6)
        http_wait_for_requests(request, 6);
    if (request->number <= 6)
        return http_answer(request, 429, "Retry-After: 9\r\n", "", 0);
    return http_answer(request, 200, "", "yes", 3);
}

static int six(void *arg)
{
    fetcher_options options = { .retries = 4, .http.allow_private = true };
    fetcher *fetcher;
    sl_group group;
    int good = 0;

    (void)arg;
    CHECK_EQ(fetcher_new(&options, &fetcher), 0);
    sl_group_open(&group);
    for (int i = 0; i < 6; i++)
        sl_go(&group, item, .fetcher = fetcher, .path = "/", .good = &good);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(good, 6);
    CHECK_NEAR(fetcher_asked_to_wait(fetcher), 9e9, 1e9);
    fetcher_free(fetcher);
    return 0;
}

TEST(fetch_counts_the_time_once_in_which_several_waited)
{
    server = http_server_start(tell_each_to_wait, NULL);
    CHECK_EQ(run_in_virtual_time(six, NULL, NULL), 0);
    http_server_stop(server);
}

/* Answer nobody before as many have come as are allowed to. */
static bool wait_for_company(http_request *request)
{
    int *slots = request->arg;

    http_wait_for_requests(request, *slots);
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

static void check_slots(int slots, fetcher_options options)
{
    server = http_server_start(wait_for_company, &slots);
    CHECK_EQ(sl_run(forty, &options), 0);
    CHECK_EQ(http_server_most_at_once(server), slots);
    http_server_stop(server);
}

TEST(fetch_keeps_to_its_slots)
{
    check_slots(6, (fetcher_options){ 0 });
    check_slots(3, (fetcher_options){ .per_host = 3 });
    check_slots(2, (fetcher_options){ .per_host = 9, .downloads = 2 });
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

static int may_answer; /* set atomically */

static bool fail_or_linger(http_request *request)
{
    if (strcmp(request->path, "/busy") == 0)
        return http_answer(request, 503, "Retry-After: 30\r\n", "", 0);
    http_wait_for_flag(request, &may_answer);
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
    while (fetcher_asked_to_wait(fetcher) == 0 ||
           http_server_requests(server) < 2)
        CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    fetcher_drain(fetcher);
    __atomic_store_n(&may_answer, 1, __ATOMIC_SEQ_CST);
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
    __atomic_store_n(&may_answer, 1, __ATOMIC_SEQ_CST);
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
    CHECK_EQ(run_in_virtual_time(get_both, busy, NULL), 0);
    CHECK_EQ(http_server_requests(busy), 1);
    CHECK_EQ(http_server_requests(server), 1);
    http_server_stop(server);
    http_server_stop(busy);
}

static int five_apart(void *arg)
{
    fetcher_options options = { .delay = SL_S(3), .http.allow_private = true };
    sl_time start = sl_now();
    fetcher *fetcher;
    sl_group group;
    int good = 0;

    (void)arg;
    CHECK_EQ(fetcher_new(&options, &fetcher), 0);
    sl_group_open(&group);
    for (int i = 0; i < 5; i++)
        sl_go(&group, item, .fetcher = fetcher, .path = "/", .good = &good);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(good, 5);
    CHECK(sl_now() - start >= SL_S(12));
    CHECK_EQ(fetcher_asked_to_wait(fetcher), 0);
    fetcher_free(fetcher);
    return 0;
}

static bool say_yes(http_request *request)
{
    return http_answer(request, 200, "", "yes", 3);
}

TEST(fetch_keeps_its_distance_between_requests_to_a_server)
{
    server = http_server_start(say_yes, NULL);
    CHECK_EQ(run_in_virtual_time(five_apart, NULL, NULL), 0);
    CHECK_EQ(http_server_most_at_once(server), 1);
    http_server_stop(server);
}

static int changes;

static void count_change(void *arg)
{
    (void)arg;
    changes++;
}

static int take_turns(void *arg)
{
    fetcher_options options = { .downloads = 3,
                                .per_host = 2,
                                .delay = SL_MS(1),
                                .on_change = count_change };
    fetch_turn *turns[4];
    fetcher *fetcher;
    sl_time when = 0;

    (void)arg;
    CHECK_EQ(fetcher_new(&options, &fetcher), 0);
    CHECK_EQ(fetcher_take_turn(fetcher, "a", &turns[0], &when), 0);
    CHECK_EQ(fetcher_take_turn(fetcher, "a", &turns[1], &when), -EAGAIN);
    CHECK_EQ(when, sl_now() + SL_MS(1)); /* too soon */
    CHECK_EQ(sl_sleep_until(when), 0);
    CHECK_EQ(fetcher_take_turn(fetcher, "a", &turns[1], &when), 0);
    CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    CHECK_EQ(fetcher_take_turn(fetcher, "a", &turns[2], &when), -EAGAIN);
    CHECK_EQ(when, SL_FOREVER); /* it has both that it may have */
    CHECK_EQ(fetcher_take_turn(fetcher, "b", &turns[2], &when), 0);
    CHECK_EQ(fetcher_take_turn(fetcher, "c", &turns[3], &when), -EBUSY);
    CHECK_EQ(changes, 0);
    for (int i = 0; i < 3; i++)
        fetcher_give_turn(fetcher, turns[i]);
    CHECK_EQ(changes, 3);
    fetcher_free(fetcher);
    return 0;
}

TEST(fetch_says_when_there_is_a_turn)
{
    CHECK_EQ(run_in_virtual_time(take_turns, NULL, NULL), 0);
}

/* A try that fails for the moment: the turn is back, the course is set. */
static int try_busy(void *arg)
{
    fetcher_options options = { .retries = 1, .http.allow_private = true };
    fetch_course course = { 0 };
    fetch_result result;
    fetcher *fetcher;
    fetch_turn *turn;
    sl_time when;
    char url[1024], host[64];

    (void)arg;
    CHECK_EQ(fetcher_new(&options, &fetcher), 0);
    http_server_url(server, "/busy", url);
    snprintf(host, sizeof host, "127.0.0.1:%d", http_server_port(server));
    CHECK_EQ(fetcher_take_turn(fetcher, host, &turn, &when), 0);
    CHECK_EQ(fetch_try(fetcher, turn, url, NULL, &course, &result), 1);
    CHECK_EQ(course.attempts, 1);
    CHECK_STR(result.class_name, "http-503");
    fetch_result_fini(&result);
    CHECK_EQ(fetcher_take_turn(fetcher, host, &turn, &when), -EAGAIN);
    CHECK(when > sl_now() + SL_S(29) && when <= sl_now() + SL_S(30));
    CHECK_EQ(sl_sleep_until(when), 0);
    CHECK_EQ(fetcher_take_turn(fetcher, host, &turn, &when), 0);
    CHECK_EQ(fetch_try(fetcher, turn, url, NULL, &course, &result), -EREMOTEIO);
    CHECK_EQ(course.attempts, 2);
    fetch_result_fini(&result);
    fetcher_free(fetcher);
    return 0;
}

TEST(fetch_makes_one_attempt_and_says_when_the_next_may_come)
{
    server = http_server_start(fail_or_linger, NULL);
    CHECK_EQ(run_in_virtual_time(try_busy, NULL, NULL), 0);
    http_server_stop(server);
}

static bool say_broken(http_request *request)
{
    return http_answer(request, 500, "", "", 0);
}

static int hundreds(void *arg)
{
    fetcher_options options = { .retries = 9, .http.allow_private = true };
    fetcher *fetcher;

    (void)arg;
    CHECK_EQ(fetcher_new(&options, &fetcher), 0);
    for (int i = 0; i < 300; i++) {
        int good = 0;

        CHECK_EQ(item(&(struct item_args){ fetcher, "/", &good }), -EREMOTEIO);
    }
    fetcher_free(fetcher);
    return 0;
}

TEST_LIMIT(fetch_does_not_go_on_asking_a_server_again_that_is_broken, 60)
{
    server = http_server_start(say_broken, NULL);
    CHECK_EQ(run_in_virtual_time(hundreds, NULL, NULL), 0);
    CHECK_EQ(http_server_requests(server), 300 + 1000);
    http_server_stop(server);
}
