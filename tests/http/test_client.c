/* Many requests, cancelled requests, TLS, and what is left behind. */
#include "support/test.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <starling/error.h>
#include <starling/group.h>
#include <starling/http.h>
#include <starling/loop.h>
#include <starling/scope.h>

#include "support/apart.h"
#include "support/http_server.h"

enum { AT_ONCE = 200 };

static http_server *server;
static int half_answers; /* sent; changed atomically */

static bool say_slow_or_fast(http_request *request)
{
    static const char body[20000];

    if (strncmp(request->path, "/fast", 5) == 0)
        return http_answer(request, 200, "", body, sizeof body);
    if (strncmp(request->path, "/wait", 5) == 0) {
        http_wait_for_requests(request, AT_ONCE);
        return http_answer(request, 200, "", body, sizeof body);
    }
    http_say(request, "HTTP/1.1 200 OK\r\nContent-Length: 30000\r\n\r\n");
    http_send(request, body, sizeof body);
    __atomic_add_fetch(&half_answers, 1, __ATOMIC_SEQ_CST);
    http_pause_ms(request, 60000);
    return false;
}

static int count_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int n = 0;

    while (readdir(folder) != NULL)
        n++;
    closedir(folder);
    return n;
}

static int do_nothing(void *arg)
{
    (void)arg;
    return 0;
}

/* libuv opens two descriptors with the first loop and keeps them. */
static int count_descriptors_between_loops(void)
{
    CHECK_EQ(sl_run(do_nothing, NULL), 0);
    return count_descriptors();
}

static int new_client(const char *allow, int connections,
                      sl_http_client **client)
{
    sl_http_client_options options = { .allow_addresses = allow,
                                       .max_connections = connections,
                                       .max_per_host = connections };

    return sl_http_client_new(&options, client);
}

struct one_args {
    sl_http_client *client;
    const char *path;
    int *good;
};

static int one(void *arg)
{
    struct one_args *a = arg;
    sl_http_response response;
    char url[1024];
    int rc;

    http_server_url(server, a->path, url);
    rc = sl_http_get(a->client, url, NULL, &response);
    if (rc == 0 && response.body_size == 20000 && response.proven)
        ++*a->good;
    sl_http_response_fini(&response);
    return rc;
}

static int two_hundred(void *arg)
{
    sl_http_client *client;
    sl_group group;
    int good = 0;

    (void)arg;
    CHECK_EQ(new_client("127.0.0.0/8", 256, &client), 0);
    sl_group_open(&group);
    for (int i = 0; i < AT_ONCE; i++)
        sl_go(&group, one, .client = client, .path = "/wait", .good = &good);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(good, AT_ONCE);
    sl_http_client_free(client);
    return 0;
}

TEST_LIMIT(client_gets_two_hundred_at_once, 30)
{
    server = http_server_start(say_slow_or_fast, NULL);
    CHECK_EQ(sl_run(two_hundred, NULL), 0);
    CHECK_EQ(http_server_requests(server), AT_ONCE);
    CHECK_EQ(http_server_most_at_once(server), AT_ONCE);
    http_server_stop(server);
}

static int few_connections(void *arg)
{
    sl_http_client *client;
    sl_group group;
    int good = 0;

    (void)arg;
    CHECK_EQ(new_client("127.0.0.0/8", 4, &client), 0);
    sl_group_open(&group);
    for (int i = 0; i < 100; i++)
        sl_go(&group, one, .client = client, .path = "/fast", .good = &good);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(good, 100);
    sl_http_client_free(client);
    return 0;
}

TEST(client_keeps_to_its_connections_and_uses_them_again)
{
    server = http_server_start(say_slow_or_fast, NULL);
    CHECK_EQ(sl_run(few_connections, NULL), 0);
    /* Four at most; how many are needed is the machine's doing. */
    CHECK(http_server_connections(server) <= 4);
    CHECK(http_server_most_at_once(server) <= 4);
    CHECK_EQ(http_server_requests(server), 100);
    http_server_stop(server);
}

enum { ROUNDS = 3, REQUESTS_A_ROUND = 30 };

/* Cancel the requests when each of them has half of its answer under way. */
static void interrupt_one_round(sl_http_client *client, int *good)
{
    int wanted = half_answers + REQUESTS_A_ROUND;
    sl_group group;

    sl_group_open(&group);
    for (int i = 0; i < REQUESTS_A_ROUND; i++)
        sl_go(&group, one, .client = client, .path = "/slow", .good = good);
    while (__atomic_load_n(&half_answers, __ATOMIC_SEQ_CST) < wanted)
        CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    sl_group_cancel(&group);
    (void)!sl_group_close(&group); /* cancelled, as we know */
}

static int interrupted(void *arg)
{
    sl_http_client *client;
    int good = 0;

    (void)arg;
    CHECK_EQ(new_client("127.0.0.0/8", 256, &client), 0);
    for (int round = 0; round < ROUNDS; round++)
        interrupt_one_round(client, &good);
    CHECK_EQ(good, 0);
    /* The client is as good as before. */
    CHECK_EQ(one(&(struct one_args){ client, "/fast", &good }), 0);
    CHECK_EQ(good, 1);
    sl_http_client_free(client);
    return 0;
}

TEST(client_lets_go_of_requests_that_are_cancelled_mid_body)
{
    int before;

    server = http_server_start(say_slow_or_fast, NULL);
    before = count_descriptors_between_loops();
    CHECK_EQ(sl_run(interrupted, NULL), 0);
    CHECK_EQ(http_server_connections(server), ROUNDS * REQUESTS_A_ROUND + 1);
    http_server_stop(server);
    CHECK(count_descriptors() < before);
}

static int cancelled_before(void *arg)
{
    sl_http_client *client;
    sl_scope scope;
    int good = 0, rc;

    (void)arg;
    CHECK_EQ(new_client("127.0.0.0/8", 256, &client), 0);
    sl_timeout_open(&scope, 0);
    rc = one(&(struct one_args){ client, "/fast", &good });
    CHECK_EQ(sl_scope_close(&scope, rc), SL_ETIMEDOUT);
    CHECK_EQ(rc, SL_ECANCELED);
    sl_http_client_free(client);
    return 0;
}

TEST(client_asks_nothing_in_a_scope_that_was_cancelled_before)
{
    server = http_server_start(say_slow_or_fast, NULL);
    CHECK_EQ(sl_run(cancelled_before, NULL), 0);
    CHECK_EQ(http_server_requests(server), 0);
    http_server_stop(server);
}

static int leave_nothing(void *arg)
{
    int good = 0;

    (void)arg;
    for (int i = 0; i < 20; i++) {
        sl_http_client *client;

        CHECK_EQ(new_client("127.0.0.0/8", 256, &client), 0);
        CHECK_EQ(one(&(struct one_args){ client, "/fast", &good }), 0);
        sl_http_client_free(client);
        CHECK_EQ(sl_yield(), 0);
        CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    }
    return good == 20 ? count_descriptors() : -1;
}

static int free_twice(void *debugged)
{
    sl_http_client *client;
    int rc = sl_http_client_new(NULL, &client);

    (void)debugged;
    if (rc < 0)
        return rc;
    sl_http_client_free(client);
    sl_http_client_free(client);
    return 0;
}

static int free_twice_in_debug_mode(void *unused)
{
    setenv("SL_DEBUG", "1", 1);
    return sl_run(free_twice, unused);
}

TEST(client_that_is_freed_twice_is_named_in_debug_mode)
{
    CHECK(WIFSIGNALED(test_apart(free_twice_in_debug_mode, NULL)));
    test_check_said("sl_http_client_free(): 'client' has been released");
}

TEST(client_leaves_no_descriptor_behind)
{
    int before, inside;

    before = count_descriptors_between_loops();
    server = http_server_start(say_slow_or_fast, NULL);
    inside = sl_run(leave_nothing, NULL);
    /* The server keeps its 20 ends; a client of ours has none left. */
    CHECK(inside > 0 && inside < before + 20 + 20);
    http_server_stop(server);
    CHECK_EQ(count_descriptors(), before);
}

static int never_freed(void *arg)
{
    sl_http_client *client;
    int good = 0;

    (void)arg;
    CHECK_EQ(new_client("127.0.0.0/8", 256, &client), 0);
    return one(&(struct one_args){ client, "/fast", &good });
}

TEST(client_that_was_not_freed_goes_with_its_loop)
{
    int before = count_descriptors_between_loops();

    server = http_server_start(say_slow_or_fast, NULL);
    CHECK_EQ(sl_run(never_freed, NULL), 0);
    http_server_stop(server);
    CHECK_EQ(count_descriptors(), before);
}

static int get_tls(void *arg)
{
    sl_http_client *client;
    sl_http_client_options options = { .allow_private = true, .ca_file = arg };
    sl_http_response response;
    char url[1024];
    int rc;

    CHECK_EQ(sl_http_client_new(&options, &client), 0);
    http_server_url(server, "/fast", url);
    for (int i = 0; i < 3; i++) {
        rc = sl_http_get(client, url, NULL, &response);
        if (rc == -EKEYREJECTED) {
            CHECK_STR(response.stage, "tls");
            CHECK(strstr(sl_errmsg(), "the certificate of 127.0.0.1 is not "
                                      "accepted: ") == sl_errmsg());
        } else if (rc == 0) {
            CHECK_EQ(response.body_size, 20000);
        }
        sl_http_response_fini(&response);
    }
    sl_http_client_free(client);
    return rc;
}

TEST(client_trusts_tls_servers_by_their_certificate_only)
{
    char file[256];

    snprintf(file, sizeof file, "%s/ca.pem", test_folder());
    server = http_server_start_tls(say_slow_or_fast, NULL, file);
    CHECK_EQ(sl_run(get_tls, file), 0);
    CHECK_EQ(http_server_connections(server), 1);
    CHECK_EQ(sl_run(get_tls, NULL), -EKEYREJECTED);
    CHECK_EQ(http_server_requests(server), 3);
    http_server_stop(server);
}

static int get_plain_as_tls(void *arg)
{
    sl_http_client *client;
    sl_http_response response;
    char url[256];
    int rc;

    (void)arg;
    CHECK_EQ(new_client("127.0.0.1", 0, &client), 0);
    snprintf(url, sizeof url, "https://127.0.0.1:%d/",
             http_server_port(server));
    rc = sl_http_get(client, url,
                     &(sl_http_options){ .connect_limit = SL_MS(500) },
                     &response);
    CHECK_EQ(rc, SL_ETIMEDOUT); /* it waits for the end of a request line */
    CHECK_STR(response.stage, "tls");
    sl_http_response_fini(&response);
    sl_http_client_free(client);
    return 0;
}

TEST(client_says_when_the_other_side_speaks_no_tls)
{
    server = http_server_start(say_slow_or_fast, NULL);
    CHECK_EQ(sl_run(get_plain_as_tls, NULL), 0);
    http_server_stop(server);
}

static int bad_options(void *arg)
{
    sl_http_client *client;
    sl_http_client_options options = { .allow_addresses = "10.0.0.0/8,10.x" };

    (void)arg;
    CHECK_EQ(sl_http_client_new(&options, &client), -EINVAL);
    CHECK_STR(sl_errmsg(), "allowed addresses: \"10.x\" is no network");
    options = (sl_http_client_options){ .proxy = "socks5://127.0.0.1" };
    CHECK_EQ(sl_http_client_new(&options, &client), -EINVAL);
    CHECK_STR(sl_errmsg(), "the proxy must be an http, https, socks5h or "
                           "socks4a URL");
    return 0;
}

TEST(client_refuses_options_that_make_no_sense)
{
    sl_http_client *client;

    CHECK_EQ(sl_run(bad_options, NULL), 0);
    CHECK_EQ(sl_http_client_new(NULL, &client), -EINVAL);
}

static int many_in_turn(void *arg)
{
    sl_http_client *client;
    int good = 0;

    (void)arg;
    CHECK_EQ(new_client("127.0.0.1", 0, &client), 0);
    for (int i = 0; i < 500; i++)
        CHECK_EQ(one(&(struct one_args){ client, "/fast", &good }), 0);
    sl_http_client_free(client);
    return 0;
}

TEST_LIMIT(client_needs_one_connection_for_requests_in_turn, 30)
{
    server = http_server_start(say_slow_or_fast, NULL);
    CHECK_EQ(sl_run(many_in_turn, NULL), 0);
    CHECK_EQ(http_server_connections(server), 1);
    http_server_stop(server);
}

static int without_descriptors(void *arg)
{
    sl_http_client *client;
    sl_http_response response;
    struct rlimit limit;
    char url[1024];

    (void)arg;
    CHECK_EQ(new_client("127.0.0.1", 0, &client), 0);
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = 3;
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
    http_server_url(server, "/fast", url);
    CHECK_EQ(sl_http_get(client, url, NULL, &response), -EMFILE);
    CHECK(strstr(sl_errmsg(), "too many open files") != NULL);
    sl_http_response_fini(&response);
    limit.rlim_cur = limit.rlim_max;
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
    CHECK_EQ(sl_http_get(client, url, NULL, &response), 0);
    sl_http_response_fini(&response);
    sl_http_client_free(client);
    return 0;
}

TEST(client_says_when_there_are_no_descriptors_and_recovers)
{
    server = http_server_start(say_slow_or_fast, NULL);
    CHECK_EQ(sl_run(without_descriptors, NULL), 0);
    http_server_stop(server);
}

static bool say_who(http_request *request)
{
    const char *who = http_knows_client(request) ? "known" : "a stranger";

    return http_answer(request, 200, "", who, strlen(who));
}

static int get_as(void *arg)
{
    const sl_http_client_options *options = arg;
    sl_http_client *client;
    sl_http_response response;
    char url[1024];
    int rc;

    CHECK_EQ(sl_http_client_new(options, &client), 0);
    http_server_url(server, "/", url);
    rc = sl_http_get(client, url, NULL, &response);
    if (rc == 0)
        rc = (int)response.body_size;
    sl_http_response_fini(&response);
    sl_http_client_free(client);
    return rc;
}

TEST(client_shows_its_certificate_to_a_server_that_asks)
{
    char file[256], key[300], other[256], other_key[300];
    sl_http_client_options options = { .allow_private = true, .ca_file = file };
    http_server *another;

    snprintf(file, sizeof file, "%s/ca.pem", test_folder());
    snprintf(key, sizeof key, "%s.key", file);
    server = http_server_start_tls(say_who, NULL, file);
    CHECK_EQ(sl_run(get_as, &options), strlen("a stranger"));
    options.client_cert = file;
    options.client_key = key;
    CHECK_EQ(sl_run(get_as, &options), strlen("known"));
    snprintf(other, sizeof other, "%s/other.pem", test_folder());
    snprintf(other_key, sizeof other_key, "%s.key", other);
    another = http_server_start_tls(say_who, NULL, other);
    options.client_key = other_key; /* of another certificate */
    CHECK_EQ(sl_run(get_as, &options), -EINVAL);
    http_server_stop(another);
    http_server_stop(server);
}

TEST(client_checks_certificates_unless_told_not_to)
{
    char file[256];
    sl_http_client_options options = { .allow_private = true };

    snprintf(file, sizeof file, "%s/ca.pem", test_folder());
    server = http_server_start_tls(say_who, NULL, file);
    CHECK_EQ(sl_run(get_as, &options), -EKEYREJECTED);
    options.insecure = true;
    CHECK_EQ(sl_run(get_as, &options), strlen("a stranger"));
    http_server_stop(server);
}

static int missing_files(void *arg)
{
    static const sl_http_client_options cases[] = {
        { .ca_file = "/missing/a" },
        { .client_cert = "/missing/b" },
        { .client_key = "/missing/c" },
        { .netrc = "/missing/d" },
    };
    sl_http_client *client;

    (void)arg;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_EQ(sl_http_client_new(&cases[i], &client), -EINVAL);
        CHECK(strstr(sl_errmsg(), "/missing/") != NULL);
        CHECK(strstr(sl_errmsg(), "cannot be read: ") != NULL);
    }
    return 0;
}

TEST(client_says_at_once_which_of_its_files_is_missing)
{
    CHECK_EQ(sl_run(missing_files, NULL), 0);
}

static const char *write_pem(const char *name, const char *text)
{
    char path[512];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", test_folder(), name);
    file = fopen(path, "w");
    CHECK(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
    return strdup(path);
}

static void expect_refused(sl_http_client_options options, const char *words)
{
    sl_http_client *client;

    CHECK_EQ(sl_http_client_new(&options, &client), -EINVAL);
    if (strstr(sl_errmsg(), words) == NULL)
        CHECK_STR(sl_errmsg(), words);
}

static int wrong_files(void *arg)
{
    const char *empty = write_pem("empty", "");
    const char *cert = write_pem("cert", "-----BEGIN CERTIFICATE-----\n");
    const char *key = write_pem("key", "-----BEGIN PRIVATE KEY-----\n");
    const char *secret =
        write_pem("secret", "-----BEGIN ENCRYPTED PRIVATE KEY-----\n");

    (void)arg;
    expect_refused((sl_http_client_options){ .ca_file = empty },
                   "/empty has no certificate in it");
    expect_refused((sl_http_client_options){ .ca_file = "/" },
                   "the CA file / cannot be read: ");
    expect_refused((sl_http_client_options){ .client_cert = key },
                   "/key has no certificate in it");
    expect_refused((sl_http_client_options){ .client_cert = cert },
                   "/cert has no key in it");
    expect_refused((sl_http_client_options){ .client_key = key },
                   "is of no use without a certificate");
    /* OpenSSL would ask for it, at a terminal, and everybody would wait. */
    expect_refused(
        (sl_http_client_options){ .client_cert = cert, .client_key = secret },
        "/secret wants a passphrase");
    free((void *)empty);
    free((void *)cert);
    free((void *)key);
    free((void *)secret);
    return 0;
}

TEST(client_says_at_once_what_is_not_in_its_files)
{
    CHECK_EQ(sl_run(wrong_files, NULL), 0);
}
