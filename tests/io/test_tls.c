/* Promises of TLS, with an authority that the openssl command makes here. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <starling/clock.h>
#include <starling/loop.h>
#include <starling/tls.h>

#include "io_test.h"
#include "support/apart.h"

/* An authority, and a certificate of it for localhost and 127.0.0.1. */
static const char make_files[] =
    "set -e; cd '%s'; exec >/dev/null 2>&1\n"
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
    "-days 30 -subj /CN=authority -keyout ca.key -out ca.pem\n"
    "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
    "-subj /CN=server -keyout server.key -out server.csr\n"
    "printf 'subjectAltName=DNS:localhost,IP:127.0.0.1' > names\n"
    "openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key "
    "-set_serial 7 -days 30 -extfile names -out server.pem\n";

static char ca_file[256], certificate_file[256], key_file[256];

static void make_authority(void)
{
    char command[sizeof make_files + 256];
    const char *folder = test_folder();

    if (access("/usr/bin/openssl", X_OK) < 0)
        test_skip("no openssl command");
    snprintf(command, sizeof command, make_files, folder);
    CHECK_EQ(system(command), 0);
    snprintf(ca_file, sizeof ca_file, "%s/ca.pem", folder);
    snprintf(certificate_file, sizeof certificate_file, "%s/server.pem",
             folder);
    snprintf(key_file, sizeof key_file, "%s/server.key", folder);
}

/* What a test needs: both settings, and two ends of a connection. */
static sl_tls *client_tls, *server_tls;
static sl_stream *client_below, *server_below, *client, *server;
static const char *host;
static int server_rc;

static void set_up(void)
{
    sl_tls_options theirs = { .certificate_file = certificate_file,
                              .key_file = key_file };
    sl_tls_options ours = { .ca_file = ca_file };

    make_authority();
    CHECK_EQ(sl_tls_new(&theirs, &server_tls), 0);
    CHECK_EQ(sl_tls_new(&ours, &client_tls), 0);
    connect_pair(&client_below, &server_below);
    host = "localhost";
}

static int accept_tls(void *unused)
{
    (void)unused;
    server_rc = sl_tls_server(server_tls, server_below, &server);
    if (server_rc < 0)
        sl_stream_close(server_below);
    return 0;
}

/* Both sides at once; the client's result. */
static int shake_hands(void)
{
    sl_group group;
    int rc;

    sl_group_open(&group);
    sl_group_spawn(&group, accept_tls, NULL);
    rc = sl_tls_client(client_tls, client_below, host, &client);
    if (rc < 0)
        sl_stream_close(client_below);
    CHECK_EQ(sl_group_close(&group), 0);
    return rc;
}

static void tear_down(void)
{
    sl_stream_close(client);
    sl_stream_close(server);
    sl_tls_free(client_tls);
    sl_tls_free(server_tls);
}

IO_TEST(lines_go_both_ways)
{
    char line[32];
    sl_address address;

    set_up();
    CHECK_EQ(shake_hands(), 0);
    CHECK_EQ(server_rc, 0);
    CHECK_EQ(sl_stream_write(client, "question\n", 9), 0);
    CHECK_EQ(sl_stream_read_line(server, line, sizeof line), 8);
    CHECK_STR(line, "question");
    CHECK_EQ(sl_stream_write(server, "answer\n", 7), 0);
    CHECK_EQ(sl_stream_read_line(client, line, sizeof line), 6);
    CHECK_EQ(sl_stream_try_write(client, "x", 1), -ENOTSUP);
    CHECK_EQ(sl_stream_peer(client, &address), 0);
    CHECK(sl_address_port(&address) > 0);
    tear_down();
    return 0;
}

enum { MUCH = 4 << 20 };

static int write_much(void *stream)
{
    char *data = malloc(MUCH);
    int rc;

    for (int i = 0; i < MUCH; i++)
        data[i] = (char)(i * 7 >> 3);
    rc = sl_stream_write(stream, data, MUCH);
    free(data);
    return rc;
}

static int read_much(void *stream)
{
    char *got = malloc(MUCH);

    CHECK_EQ(sl_stream_read_exactly(stream, got, MUCH), 0);
    for (int i = 0; i < MUCH; i++)
        CHECK_EQ(got[i], (char)(i * 7 >> 3));
    free(got);
    return 0;
}

IO_TEST(much_goes_both_ways_at_the_same_time)
{
    sl_group group;

    set_up();
    CHECK_EQ(shake_hands(), 0);
    sl_group_open(&group);
    sl_group_spawn(&group, write_much, client);
    sl_group_spawn(&group, write_much, server);
    sl_group_spawn(&group, read_much, client);
    sl_group_spawn(&group, read_much, server);
    CHECK_EQ(sl_group_close(&group), 0);
    tear_down();
    return 0;
}

IO_TEST(reading_is_cancelled_and_loses_nothing)
{
    sl_group group;
    char *got, byte;
    size_t have = 0;

    set_up();
    CHECK_EQ(shake_hands(), 0);
    CHECK_CANCELLED_BEFORE(sl_stream_read(client, &byte, 1));
    CHECK_CANCELLED_WAITING(sl_stream_read(client, &byte, 1));
    got = malloc(MUCH);
    sl_group_open(&group);
    sl_group_spawn(&group, write_much, server);
    for (int i = 0; have < MUCH; i++) {
        sl_scope scope;
        ssize_t n;

        sl_timeout_open(&scope, i % 3 == 0 ? SL_US(20) : SL_S(5));
        n = sl_stream_read(client, got + have,
                           have + 3000 < MUCH ? 3000 : MUCH - have);
        sl_scope_close(&scope, 0);
        CHECK(n > 0 || n == SL_ECANCELED);
        if (n > 0)
            have += (size_t)n;
    }
    for (int i = 0; i < MUCH; i++)
        CHECK_EQ(got[i], (char)(i * 7 >> 3));
    CHECK_EQ(sl_group_close(&group), 0);
    free(got);
    tear_down();
    return 0;
}

IO_TEST(writing_is_cancelled)
{
    set_up();
    CHECK_EQ(shake_hands(), 0);
    CHECK_CANCELLED_BEFORE(sl_stream_write(client, "x", 1));
    CHECK_EQ(sl_stream_write(client, "x", 1), 0); /* that did not happen */
    CHECK_CANCELLED_WAITING(write_much(client));
    CHECK_EQ(sl_stream_write(client, "x", 1), -EPIPE);
    tear_down();
    return 0;
}

IO_TEST(an_end_that_was_told_differs_from_one_that_was_cut)
{
    char data[8];

    set_up();
    CHECK_EQ(shake_hands(), 0);
    CHECK_EQ(sl_stream_write(client, "last", 4), 0);
    CHECK_CANCELLED_BEFORE(sl_stream_shutdown_write(client));
    CHECK_EQ(sl_stream_shutdown_write(client), 0);
    CHECK_EQ(sl_stream_write(client, "x", 1), -EPIPE);
    CHECK_EQ(sl_stream_read(server, data, sizeof data), 4);
    CHECK_EQ(sl_stream_read(server, data, sizeof data), 0);
    CHECK_EQ(sl_stream_write(server, "back", 4), 0);
    CHECK_EQ(sl_stream_read(client, data, sizeof data), 4);
    sl_stream_close(server); /* says goodbye itself */
    CHECK_EQ(sl_stream_read(client, data, sizeof data), 0);
    sl_stream_close(client);

    connect_pair(&client_below, &server_below);
    CHECK_EQ(shake_hands(), 0);
    CHECK_EQ(sl_stream_shutdown_write(server_below), 0); /* underneath */
    CHECK_EQ(sl_stream_read(client, data, sizeof data), SL_EINCOMPLETE);
    tear_down();
    return 0;
}

IO_TEST(an_abort_is_seen_below)
{
    char data[8];

    set_up();
    CHECK_EQ(shake_hands(), 0);
    sl_stream_abort(server);
    CHECK_EQ(sl_stream_read(client, data, sizeof data), -ECONNRESET);
    server = NULL;
    tear_down();
    return 0;
}

static int read_one(void *stream)
{
    char byte;
    ssize_t n = sl_stream_read(stream, &byte, 1);

    CHECK_EQ(n, SL_ECLOSED);
    return 0;
}

IO_TEST(closing_wakes_reader_and_writer)
{
    sl_group readers, writers; /* none ends because the other has */

    set_up();
    CHECK_EQ(shake_hands(), 0);
    sl_group_open(&readers);
    sl_group_spawn(&readers, read_one, client);
    sl_group_open(&writers);
    sl_group_spawn(&writers, write_much, client);
    CHECK_EQ(sl_sleep(SL_MS(20)), 0);
    sl_stream_close(client);
    CHECK_EQ(sl_group_close(&writers), SL_ECLOSED);
    CHECK_EQ(sl_group_close(&readers), 0);
    client = NULL;
    tear_down();
    return 0;
}

IO_TEST(a_certificate_must_be_for_the_host)
{
    static const struct {
        const char *host;
        int rc;
    } cases[] = { { "localhost", 0 },
                  { "127.0.0.1", 0 },
                  { "example.test", -EKEYREJECTED },
                  { "127.0.0.2", -EKEYREJECTED } };

    set_up();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (i > 0)
            connect_pair(&client_below, &server_below);
        host = cases[i].host;
        CHECK_EQ(shake_hands(), cases[i].rc);
        if (cases[i].rc == 0) {
            sl_stream_close(client);
            sl_stream_close(server);
        } else {
            CHECK(strstr(sl_errmsg(), "mismatch") != NULL);
            CHECK_EQ(server_rc, -EPROTO); /* we told it */
        }
    }
    client = server = NULL;
    tear_down();
    return 0;
}

IO_TEST(a_certificate_must_be_of_an_authority_that_is_trusted)
{
    sl_tls_options nobody = { 0 }, anyone = { .trust_anyone = true };

    set_up();
    sl_tls_free(client_tls);
    CHECK_EQ(sl_tls_new(&nobody, &client_tls), 0);
    CHECK_EQ(shake_hands(), -EKEYREJECTED);
    sl_tls_free(client_tls);
    CHECK_EQ(sl_tls_new(&anyone, &client_tls), 0);
    connect_pair(&client_below, &server_below);
    host = "example.test";
    CHECK_EQ(shake_hands(), 0);
    tear_down();
    return 0;
}

IO_TEST(a_server_may_want_a_certificate_of_the_client)
{
    sl_tls_options strict = { .certificate_file = certificate_file,
                              .key_file = key_file,
                              .ca_file = ca_file,
                              .verify_client = true };
    char byte;

    set_up();
    sl_tls_free(server_tls);
    CHECK_EQ(sl_tls_new(&strict, &server_tls), 0);
    /* In TLS 1.3 the client learns of it after its own side is done. */
    CHECK_EQ(shake_hands(), 0);
    CHECK_EQ(server_rc, -EPROTO);
    CHECK(sl_stream_read(client, &byte, 1) < 0);
    sl_stream_close(client);
    sl_tls_free(client_tls);
    CHECK_EQ(sl_tls_new(&strict, &client_tls), 0);
    connect_pair(&client_below, &server_below);
    CHECK_EQ(shake_hands(), 0);
    CHECK_EQ(server_rc, 0);
    tear_down();
    return 0;
}

IO_TEST(what_is_not_tls_is_refused)
{
    set_up();
    CHECK_EQ(sl_stream_write(server_below, "HTTP/1.1 400 Bad Request\r\n", 26),
             0);
    CHECK_EQ(sl_tls_client(client_tls, client_below, host, &client), -EPROTO);
    CHECK(strncmp(sl_errmsg(), "TLS: ", 5) == 0);
    sl_stream_close(client_below);
    sl_stream_close(server_below);

    connect_pair(&client_below, &server_below);
    CHECK_EQ(sl_stream_shutdown_write(server_below), 0);
    CHECK_EQ(sl_tls_client(client_tls, client_below, host, &client),
             SL_EINCOMPLETE);
    CHECK_EQ(sl_tls_client(client_tls, client_below, "", &client), -EINVAL);
    sl_stream_close(client_below);
    sl_stream_close(server_below);
    client = server = NULL;
    tear_down();
    return 0;
}

IO_TEST(a_handshake_is_cancelled_while_waiting_and_before)
{
    set_up();
    CHECK_CANCELLED_BEFORE(
        sl_tls_client(client_tls, client_below, host, &client));
    CHECK_CANCELLED_BEFORE(sl_tls_server(server_tls, server_below, &server));
    CHECK_CANCELLED_WAITING(
        sl_tls_client(client_tls, client_below, host, &client));
    sl_stream_close(client_below);
    sl_stream_close(server_below);
    connect_pair(&client_below, &server_below);
    CHECK_CANCELLED_WAITING(sl_tls_server(server_tls, server_below, &server));
    sl_stream_close(client_below);
    sl_stream_close(server_below);
    client = server = NULL;
    tear_down();
    return 0;
}

IO_TEST(settings_say_what_is_wrong_with_them)
{
    sl_tls_options options = { .ca_file = "/no/such/file" };
    sl_group group;
    sl_tls *tls;

    make_authority();
    CHECK_CANCELLED_BEFORE(sl_tls_new(&options, &tls));
    take_threads(&group);
    CHECK_CANCELLED_WAITING(sl_tls_new(&options, &tls));
    free_threads(&group);
    CHECK_EQ(sl_tls_new(&options, &tls), -ENOENT);
    CHECK(strstr(sl_errmsg(), "/no/such/file") != NULL);
    options.ca_file = key_file;
    CHECK_EQ(sl_tls_new(&options, &tls), -EINVAL);
    options = (sl_tls_options){ .certificate_file = certificate_file };
    CHECK_EQ(sl_tls_new(&options, &tls), -EINVAL);
    options.key_file = certificate_file;
    CHECK_EQ(sl_tls_new(&options, &tls), -EINVAL);
    CHECK(strstr(sl_errmsg(), "no key") != NULL);
    options.certificate_file = ca_file;
    options.key_file = key_file; /* of somebody else */
    CHECK_EQ(sl_tls_new(&options, &tls), -EINVAL);
    return 0;
}

static int free_twice(void *unused)
{
    sl_tls *tls;
    int rc = sl_tls_new(&(sl_tls_options){ 0 }, &tls);

    (void)unused;
    if (rc < 0)
        return rc;
    sl_tls_free(tls);
    sl_tls_free(tls);
    return 0;
}

static int free_twice_in_debug_mode(void *unused)
{
    setenv("SL_DEBUG", "1", 1);
    return sl_run(free_twice, unused);
}

TEST(settings_that_are_freed_twice_are_named_in_debug_mode)
{
    CHECK(WIFSIGNALED(test_apart(free_twice_in_debug_mode, NULL)));
    test_check_said("sl_tls_free(): 'tls' has been released");
}
