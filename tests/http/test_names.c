/* Where requests may go: names, addresses, redirects, proxies.
 *
 * The tests whose failure would be a connection to elsewhere run in a network
 * that has no elsewhere.
 */
#include "support/test.h"

#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <starling/error.h>
#include <starling/group.h>
#include <starling/http.h>
#include <starling/loop.h>
#include <starling/scope.h>

#include "http/client.h"
#include "http/transfer.h"
#include "io/lookup.h"
#include "support/http_server.h"

static http_server *server;

static bool say_hello(http_request *request)
{
    return http_answer(request, 200, "", "hello", 5);
}

static int new_client(const char *allow, sl_http_client **client)
{
    sl_http_client_options options = { .allow_addresses = allow };

    return sl_http_client_new(&options, client);
}

/* Into a network of its own that has nothing but loopback: should the code
 * under test connect where it must not, nothing leaves this machine. */
static void leave_network(void)
{
    struct ifreq loopback = { .ifr_name = "lo", .ifr_flags = IFF_UP };
    int fd;

    if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
        test_skip("needs a network namespace of its own");
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    CHECK_EQ(ioctl(fd, SIOCSIFFLAGS, &loopback), 0);
    close(fd);
}

static void run_shut_in(http_handler *handler, sl_fn *app)
{
    leave_network();
    server = http_server_start(handler, NULL);
    CHECK_EQ(sl_run(app, NULL), 0);
    http_server_stop(server);
}

static int refused(void *arg)
{
    sl_http_client *client;
    sl_http_response response;
    char url[1024];

    (void)arg;
    CHECK_EQ(new_client(NULL, &client), 0);
    http_server_url(server, "/fast", url);
    CHECK_EQ(sl_http_get(client, url, NULL, &response), -EPERM);
    CHECK_STR(sl_errmsg(), "127.0.0.1 is a loopback address: not allowed");
    CHECK_STR(response.stage, "address");
    sl_http_response_fini(&response);

    snprintf(url, sizeof url, "http://localhost:%d/", http_server_port(server));
    CHECK_EQ(sl_http_get(client, url, NULL, &response), -EPERM);
    CHECK(strstr(sl_errmsg(), "localhost leads to ") == sl_errmsg());
    CHECK(strstr(sl_errmsg(), "a loopback address: not allowed") != NULL);
    sl_http_response_fini(&response);
    sl_http_client_free(client);
    return 0;
}

TEST(client_connects_to_no_loopback_address_unless_allowed)
{
    server = http_server_start(say_hello, NULL);
    CHECK_EQ(sl_run(refused, NULL), 0);
    CHECK_EQ(http_server_connections(server), 0);
    http_server_stop(server);
}

/* The look-up of slow.test waits for the one and sets the other. */
static int slow_may_answer, slow_has_answered;

/* Our server is at the last of them; it listens nowhere else. */
static int name_many(sl_addresses **out)
{
    enum { MANY = 8 };

    *out = sl__addresses_new(MANY);
    for (int i = 0; i < MANY; i++) {
        char address[32];

        snprintf(address, sizeof address, "127.0.0.%d", MANY - i);
        CHECK_EQ(sl_address_parse(address, 0, &(*out)->list[i]), 0);
    }
    return 0;
}

/* A name server of the tests' own: no name leaves the machine. */
static int look_up(const char *name, const char *service, sl_addresses **out)
{
    const char *first = "127.0.0.1", *second = NULL;

    (void)service;
    if (strcmp(name, "missing.test") == 0)
        return -ENOENT;
    if (strcmp(name, "broken.test") == 0)
        return -EAGAIN;
    if (strncmp(name, "slow", 4) == 0) {
        while (!__atomic_load_n(&slow_may_answer, __ATOMIC_SEQ_CST))
            usleep(1000);
        __atomic_store_n(&slow_has_answered, 1, __ATOMIC_SEQ_CST);
    }
    if (strcmp(name, "both.test") == 0)
        second = "::1";
    if (strcmp(name, "mixed.test") == 0)
        second = "169.254.169.254";
    if (strcmp(name, "inside.test") == 0)
        first = "10.1.2.3";
    if (strcmp(name, "many.test") == 0)
        return name_many(out);
    *out = sl__addresses_new(second != NULL ? 2 : 1);
    if (second != NULL)
        sl_address_parse(second, 0, &(*out)->list[0]);
    return sl_address_parse(first, 0, &(*out)->list[second != NULL]);
}

static int lookups, all_have_asked;

static int look_up_counted(const char *name, const char *service,
                           sl_addresses **out)
{
    __atomic_add_fetch(&lookups, 1, __ATOMIC_SEQ_CST);
    while (!__atomic_load_n(&all_have_asked, __ATOMIC_SEQ_CST))
        usleep(1000);
    return look_up(name, service, out);
}

static int get_name(sl_http_client *client, const char *name,
                    sl_http_response *response)
{
    char url[256];

    snprintf(url, sizeof url, "http://%s:%d/fast", name,
             http_server_port(server));
    return sl_http_get(client, url, NULL, response);
}

static void check_name(sl_http_client *client, const char *name, int rc,
                       const char *message)
{
    sl_http_response response;
    int is = get_name(client, name, &response);

    if (is != rc)
        test_fail(__FILE__, __LINE__, "%s gave %d: %s", name, is, sl_errmsg());
    if (message != NULL)
        CHECK_STR(sl_errmsg(), message);
    sl_http_response_fini(&response);
}

static int names(void *arg)
{
    sl_http_client *client;

    (void)arg;
    CHECK_EQ(new_client("127.0.0.1,::1", &client), 0);
    sl__lookup_use(look_up);
    check_name(client, "good.test", 0, NULL);
    check_name(client, "both.test", 0, NULL); /* nobody listens at ::1 */
    check_name(client, "GOOD.test.", 0, NULL);
    check_name(client, "mixed.test", 0, NULL);
    check_name(client, "missing.test", -ENOENT, "no such host: missing.test");
    check_name(client, "broken.test", -EAGAIN,
               "the name server has no answer about broken.test");
    check_name(client, "inside.test", -EPERM,
               "inside.test leads to 10.1.2.3, a private address: not allowed");
    sl_http_client_free(client);
    return 0;
}

TEST(client_looks_names_up_and_drops_addresses_that_are_not_allowed)
{
    run_shut_in(say_hello, names);
}

static int the_last_of_many(void *arg)
{
    sl_http_client *client;

    (void)arg;
    CHECK_EQ(new_client("127.0.0.0/8", &client), 0);
    sl__lookup_use(look_up);
    check_name(client, "many.test", 0, NULL);
    sl_http_client_free(client);
    return 0;
}

/* Sockets that are refused are closed, and the next gets the same number. */
TEST(client_tries_all_addresses_of_a_name)
{
    run_shut_in(say_hello, the_last_of_many);
}

static int ask_many(void *client)
{
    sl_http_response response;
    int rc = get_name(client, "many.test", &response);

    sl_http_response_fini(&response);
    return rc;
}

/* So many turns of the loop after the question. */
static void ask_and_cancel_after(sl_http_client *client, int turns)
{
    sl_group group;
    sl_task *task;

    sl_group_open(&group);
    task = sl_group_spawn(&group, ask_many, client);
    while (turns-- > 0)
        CHECK_EQ(sl_yield(), 0);
    sl_task_cancel(task, "turn over");
    CHECK_EQ(sl_group_close(&group), 0); /* whether it was in time or not */
}

static int cancel_at_any_turn(void *arg)
{
    sl_http_client *client;

    (void)arg;
    CHECK_EQ(new_client("127.0.0.0/8", &client), 0);
    sl__lookup_use(look_up);
    for (int turns = 0; turns < 60; turns++)
        ask_and_cancel_after(client, turns);
    check_name(client, "many.test", 0, NULL);
    sl_http_client_free(client);
    return 0;
}

/* Also between the opening of a socket and its first look at it: libcurl closes
 * one that is not connected without a word, and libuv aborts over it. */
TEST(a_transfer_can_be_cancelled_at_any_turn_of_its_connecting)
{
    run_shut_in(say_hello, cancel_at_any_turn);
}

static int look_up_nothing(const char *name, const char *service,
                           sl_addresses **out)
{
    (void)name;
    (void)service;
    (void)out;
    __atomic_add_fetch(&lookups, 1, __ATOMIC_SEQ_CST);
    return -ENOENT;
}

static int local_names(void *arg)
{
    sl_http_client *client;

    (void)arg;
    CHECK_EQ(new_client("127.0.0.1,::1", &client), 0);
    sl__lookup_use(look_up_nothing);
    check_name(client, "localhost", 0, NULL);
    check_name(client, "LocalHost.", 0, NULL);
    check_name(client, "pictures.localhost", 0, NULL);
    CHECK_EQ(lookups, 0);
    check_name(client, "notlocalhost", -ENOENT, NULL);
    check_name(client, "localhost.test", -ENOENT, NULL);
    CHECK_EQ(lookups, 2);
    sl_http_client_free(client);
    return 0;
}

TEST(client_knows_localhost_where_the_system_does_not)
{
    run_shut_in(say_hello, local_names);
}

struct get_named_args {
    sl_http_client *client;
    const char *name;
};

static int get_named(void *arg)
{
    struct get_named_args *a = arg;
    sl_http_response response;
    int rc = get_name(a->client, a->name, &response);

    sl_http_response_fini(&response);
    return rc;
}

static int let_answer(void *unused)
{
    (void)unused;
    __atomic_store_n(&all_have_asked, 1, __ATOMIC_SEQ_CST);
    return 0;
}

static int one_lookup(void *arg)
{
    sl_http_client *client;
    sl_group group;

    (void)arg;
    CHECK_EQ(new_client("127.0.0.1", &client), 0);
    sl__lookup_use(look_up_counted);
    for (int round = 0; round < 2; round++) {
        sl_group_open(&group);
        for (int i = 0; i < 20; i++)
            sl_go(&group, get_named, .client = client, .name = "good.test");
        sl_group_spawn(&group, let_answer, NULL); /* begins last */
        CHECK_EQ(sl_group_close(&group), 0);
    }
    CHECK_EQ(lookups, 1);
    check_name(client, "missing.test", -ENOENT, NULL);
    check_name(client, "missing.test", -ENOENT, NULL);
    CHECK_EQ(lookups, 2);
    sl_http_client_free(client);
    return 0;
}

TEST(client_asks_once_for_a_name_and_remembers)
{
    server = http_server_start(say_hello, NULL);
    CHECK_EQ(sl_run(one_lookup, NULL), 0);
    http_server_stop(server);
}

static int impatient(void *arg)
{
    sl_http_client *client;
    sl_scope limit;
    int rc;

    CHECK_EQ(new_client("127.0.0.1", &client), 0);
    sl__lookup_use(look_up);
    sl_timeout_open(&limit, SL_MS(50));
    rc = get_named(&(struct get_named_args){ client, "slow.test" });
    CHECK_EQ(sl_scope_close(&limit, rc), SL_ETIMEDOUT);
    CHECK(!slow_has_answered);
    if (arg != NULL) {
        sl_http_client_free(client);
        return 0;
    }
    /* The answer still comes, for whoever asks next. */
    __atomic_store_n(&slow_may_answer, 1, __ATOMIC_SEQ_CST);
    CHECK_EQ(get_named(&(struct get_named_args){ client, "slow.test" }), 0);
    sl_http_client_free(client);
    return 0;
}

TEST(client_does_not_wait_for_a_look_up_that_nobody_needs)
{
    server = http_server_start(say_hello, NULL);
    CHECK_EQ(sl_run(impatient, NULL), 0);
    slow_may_answer = slow_has_answered = 0;
    CHECK_EQ(sl_run(impatient, "leave at once"), 0);
    /* The thread finishes after its loop has gone. */
    __atomic_store_n(&slow_may_answer, 1, __ATOMIC_SEQ_CST);
    while (!__atomic_load_n(&slow_has_answered, __ATOMIC_SEQ_CST))
        usleep(1000);
    usleep(50 * 1000);
    http_server_stop(server);
}

static int ask_slow_name(void *name)
{
    sl_addresses *found;
    int rc = sl_lookup(name, 0, &found);

    if (rc == 0)
        sl_addresses_free(found);
    return rc;
}

static int get_behind_others(void *arg)
{
    sl_http_options options = { .connect_limit = SL_S(1) };
    sl_http_client *client;
    sl_http_response response;
    char url[256];

    (void)arg;
    CHECK_EQ(new_client("127.0.0.1", &client), 0);
    snprintf(url, sizeof url, "http://good.test:%d/", http_server_port(server));
    CHECK_EQ(sl_http_get(client, url, &options, &response), 0);
    sl_http_response_fini(&response);
    sl_http_client_free(client);
    return 0;
}

/* As many of them as there are threads for names. */
static int behind_slow_names(void *arg)
{
    static char slow[16][16];
    sl_group group;

    (void)arg;
    sl__lookup_use(look_up);
    sl_group_open(&group);
    for (int i = 0; i < 16; i++) {
        snprintf(slow[i], sizeof slow[i], "slow%d.test", i);
        sl_group_spawn(&group, ask_slow_name, slow[i]);
    }
    CHECK_EQ(sl_yield(), 0);
    sl_group_spawn(&group, get_behind_others, NULL);
    CHECK_EQ(sl_sleep(SL_MS(1100)), 0); /* longer than it may take */
    CHECK(sl_lookup_is_queued("good.test"));
    __atomic_store_n(&slow_may_answer, 1, __ATOMIC_SEQ_CST);
    return sl_group_close(&group);
}

TEST(client_does_not_count_the_time_behind_names_of_others)
{
    server = http_server_start(say_hello, NULL);
    slow_may_answer = 0;
    CHECK_EQ(sl_run(behind_slow_names, NULL), 0);
    http_server_stop(server);
}

static int many_names(void *arg)
{
    sl_http_client *client;
    char name[64];

    (void)arg;
    CHECK_EQ(new_client("127.0.0.1", &client), 0);
    sl__lookup_use(look_up);
    for (int i = 0; i < 1500; i++) {
        sl__host *host;

        snprintf(name, sizeof name, "h%d.test", i);
        host = sl__hosts_get(&client->hosts, name);
        CHECK(host != NULL);
        if (i % 50 == 0)
            CHECK_EQ(sl__host_resolve(host), 0);
        sl__host_put(host);
    }
    CHECK(client->hosts.count <= SL__HOSTS_MAX);
    sl_http_client_free(client);
    return 0;
}

TEST(client_remembers_a_bounded_number_of_hosts)
{
    CHECK_EQ(sl_run(many_names, NULL), 0);
}

static int redirected_inside(void *arg)
{
    sl_http_client *client;
    sl_http_response response;
    char url[1024];

    (void)arg;
    CHECK_EQ(new_client("127.0.0.1", &client), 0);
    sl__lookup_use(look_up);
    http_server_url(server, "/inside", url);
    CHECK_EQ(sl_http_get(client, url, NULL, &response), -EPERM);
    CHECK_STR(sl_errmsg(), "inside.test leads to 10.1.2.3, a private address: "
                           "not allowed");
    CHECK_EQ(response.redirects, 1);
    CHECK_EQ(response.status, 0);
    sl_http_response_fini(&response);
    sl_http_client_free(client);
    return 0;
}

static bool move_inside(http_request *request)
{
    return http_answer(request, 302, "Location: http://inside.test/\r\n", "",
                       0);
}

TEST(client_checks_where_a_redirect_leads)
{
    run_shut_in(move_inside, redirected_inside);
}

static bool act_as_proxy(http_request *request)
{
    if (strncmp(request->path, "http://nowhere.test/", 20) != 0)
        return http_answer(request, 400, "", "", 0);
    return http_answer(request, 200, "", "through", 7);
}

static int through_proxy(void *arg)
{
    sl_http_client_options options = { .proxy = arg };
    sl_http_client *client;
    sl_http_response response;

    CHECK_EQ(sl_http_client_new(&options, &client), 0);
    CHECK_EQ(sl_http_get(client, "http://nowhere.test/x", NULL, &response), 0);
    CHECK_EQ(response.status, 200);
    CHECK_EQ(response.body_size, 7);
    sl_http_response_fini(&response);
    CHECK_EQ(sl_http_get(client, "http://10.0.0.1/", NULL, &response), -EPERM);
    sl_http_response_fini(&response);
    sl_http_client_free(client);
    return 0;
}

TEST(client_goes_through_the_proxy_it_was_given)
{
    char proxy[64];

    leave_network();
    server = http_server_start(act_as_proxy, NULL);
    snprintf(proxy, sizeof proxy, "127.0.0.1:%d", http_server_port(server));
    CHECK_EQ(sl_run(through_proxy, proxy), 0);
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%d",
             http_server_port(server));
    setenv("http_proxy", proxy, 1);
    CHECK_EQ(sl_run(through_proxy, "env"), 0);
    http_server_stop(server);
}

/* libcurl is told the addresses of one name and asked for another. */
static int other_name(void *arg)
{
    const sl_http_options options = { .max_body = 1000,
                                      .connect_limit = SL_S(5),
                                      .stall_limit = SL_S(5) };
    sl__question question = { .connect_host = "good.test",
                              .connect_port = 80,
                              .options = &options };
    sl_http_client *client;
    sl__transfer *transfer;
    const char *why;
    sl__url url;

    (void)arg;
    CHECK_EQ(new_client(NULL, &client), 0);
    CHECK_EQ(sl__url_parse("http://localhost/", &url, &why), 0);
    question.url = &url;
    question.policy = &client->policy;
    question.identity = &client->identity;
    question.addresses.count = 1;
    sl__address_parse("127.0.0.1", &question.addresses.list[0]);
    transfer = sl__transfer_new(&client->driver, &question);
    CHECK_EQ(sl__transfer_run(transfer), -EAGAIN);
    CHECK(transfer->outdated);
    sl__transfer_free(transfer);
    sl__url_fini(&url);
    sl_http_client_free(client);
    return 0;
}

TEST(client_never_has_libcurl_look_up_a_name)
{
    leave_network();
    CHECK_EQ(sl_run(other_name, NULL), 0);
}
