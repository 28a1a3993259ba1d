/* Promises of listening, connecting and serving. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <starling/clock.h>
#include <starling/event.h>

#include "io/lookup.h"
#include "io_test.h"

static sl_listener *listener;
static int port;

static void start_listening(void)
{
    CHECK_EQ(sl_tcp_listen("127.0.0.1", 0, &listener), 0);
    port = sl_listener_port(listener);
}

IO_TEST(accept_works_and_is_cancelled_while_waiting_and_before)
{
    sl_stream *client, *server;

    start_listening();
    CHECK_CANCELLED_WAITING(sl_listener_accept(listener, &server));
    CHECK_EQ(sl_tcp_connect("127.0.0.1", port, &client), 0);
    CHECK_CANCELLED_BEFORE(sl_listener_accept(listener, &server));
    CHECK_EQ(sl_listener_accept(listener, &server), 0); /* it was not lost */
    sl_stream_close(client);
    sl_stream_close(server);
    sl_listener_close(listener);
    return 0;
}

IO_TEST(connect_is_cancelled_while_waiting_and_before)
{
    sl_listen_options one = { .backlog = 1 };
    sl_stream *streams[8];
    int n = 0;

    CHECK_EQ(sl_tcp_listen_with(&one, "127.0.0.1", 0, &listener), 0);
    port = sl_listener_port(listener);
    CHECK_CANCELLED_BEFORE(sl_tcp_connect("127.0.0.1", port, &streams[0]));
    /* Nobody accepts: once the backlog is full, connections wait. */
    for (;;) {
        sl_scope limit;
        int rc;

        sl_timeout_open(&limit, SL_MS(20));
        rc = sl_tcp_connect("127.0.0.1", port, &streams[n]);
        rc = sl_scope_close(&limit, rc);
        if (rc == SL_ETIMEDOUT)
            break;
        CHECK_EQ(rc, 0);
        n++;
        CHECK(n < 8);
    }
    while (n > 0)
        sl_stream_close(streams[--n]);
    sl_listener_close(listener);
    return 0;
}

IO_TEST(two_listeners_share_a_port_only_if_both_say_so)
{
    sl_listen_options shared = { .reuse_port = true };
    sl_listener *other;

    start_listening();
    CHECK_EQ(sl_tcp_listen("127.0.0.1", port, &other), -EADDRINUSE);
    CHECK_EQ(sl_tcp_listen_with(&shared, "127.0.0.1", port, &other),
             -EADDRINUSE);
    sl_listener_close(listener);
    CHECK_EQ(sl_tcp_listen_with(&shared, "127.0.0.1", port, &listener), 0);
    CHECK_EQ(sl_tcp_listen_with(&shared, "127.0.0.1", port, &other), 0);
    sl_listener_close(listener);
    sl_listener_close(other);
    CHECK_EQ(sl_tcp_listen("localhost", 0, &listener), -EINVAL);
    CHECK_EQ(sl_tcp_listen("192.0.2.1", 0, &listener), -EADDRNOTAVAIL);
    return 0;
}

IO_TEST(without_descriptors_accept_says_so_and_the_connection_waits)
{
    sl_stream *client, *server;
    struct rlimit old, few;

    start_listening();
    CHECK_EQ(sl_tcp_connect("127.0.0.1", port, &client), 0);
    getrlimit(RLIMIT_NOFILE, &old);
    few = old;
    few.rlim_cur = 3;
    setrlimit(RLIMIT_NOFILE, &few);
    CHECK_EQ(sl_listener_accept(listener, &server), -EMFILE);
    setrlimit(RLIMIT_NOFILE, &old);
    CHECK_EQ(sl_listener_accept(listener, &server), 0);
    sl_stream_close(client);
    sl_stream_close(server);
    sl_listener_close(listener);
    return 0;
}

static const char *socket_path(void)
{
    static char path[100];

    snprintf(path, sizeof path, "%s/socket", test_folder());
    return path;
}

static void check_unix(const char *path)
{
    sl_stream *client, *server;
    sl_address address;
    char data[8], text[SL_ADDRESS_TEXT];

    CHECK_EQ(sl_unix_listen(path, &listener), 0);
    CHECK_EQ(sl_listener_port(listener), 0);
    CHECK_EQ(sl_listener_address(listener, &address), 0);
    CHECK_STR(sl_address_format(&address, text, sizeof text), path);
    CHECK_CANCELLED_BEFORE(sl_unix_connect(path, &client));
    CHECK_EQ(sl_unix_connect(path, &client), 0);
    CHECK_EQ(sl_listener_accept(listener, &server), 0);
    CHECK_EQ(sl_stream_write(client, "hi", 2), 0);
    CHECK_EQ(sl_stream_read(server, data, sizeof data), 2);
    sl_stream_close(client);
    sl_stream_close(server);
    sl_listener_close(listener);
}

IO_TEST(unix_sockets_have_a_file_or_an_abstract_name)
{
    char name[64];
    sl_stream *client;

    check_unix(socket_path());
    CHECK_EQ(access(socket_path(), F_OK), -1); /* removed by the close */
    CHECK_EQ(sl_unix_connect(socket_path(), &client), -ENOENT);
    snprintf(name, sizeof name, "@starling-test-%d", getpid());
    check_unix(name);
    return 0;
}

static void leave_stale_socket(const char *path)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un where = { .sun_family = AF_UNIX };

    snprintf(where.sun_path, sizeof where.sun_path, "%s", path);
    CHECK_EQ(bind(fd, (struct sockaddr *)&where, sizeof where), 0);
    close(fd);
}

IO_TEST(a_stale_socket_file_is_replaced_and_nothing_else_is)
{
    sl_listener *second;
    sl_stream *client;
    int fd;

    leave_stale_socket(socket_path());
    CHECK_EQ(sl_unix_connect(socket_path(), &client), -ECONNREFUSED);
    CHECK_EQ(sl_unix_listen(socket_path(), &listener), 0);
    CHECK_EQ(sl_unix_listen(socket_path(), &second), -EADDRINUSE);
    /* A file that is not ours any more stays. */
    CHECK_EQ(unlink(socket_path()), 0);
    CHECK_EQ(sl_unix_listen(socket_path(), &second), 0);
    sl_listener_close(listener);
    CHECK_EQ(sl_unix_connect(socket_path(), &client), 0);
    sl_stream_close(client);
    sl_listener_close(second);

    fd = open(socket_path(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    close(fd);
    CHECK_EQ(sl_unix_listen(socket_path(), &listener), -EADDRINUSE);
    CHECK_EQ(sl_unix_listen("/nowhere/at/all", &listener), -ENOENT);
    return 0;
}

IO_TEST(a_full_backlog_of_a_unix_socket_is_waited_for)
{
    struct sockaddr_un where = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sl_stream *first, *second;

    snprintf(where.sun_path, sizeof where.sun_path, "%s", socket_path());
    CHECK_EQ(bind(fd, (struct sockaddr *)&where, sizeof where), 0);
    CHECK_EQ(listen(fd, 0), 0);
    CHECK_EQ(sl_unix_connect(socket_path(), &first), 0);
    CHECK_CANCELLED_WAITING(sl_unix_connect(socket_path(), &second));
    sl_stream_close(first);
    close(accept(fd, NULL, NULL));
    CHECK_EQ(sl_unix_connect(socket_path(), &second), 0);
    sl_stream_close(second);
    close(fd);
    return 0;
}

/* Racing over addresses: the resolver hands out what the test wants. */

static const char *answers[4];

static int resolve_to_answers(const char *host, const char *service,
                              sl_addresses **out)
{
    int count = 0;

    (void)host, (void)service;
    while (answers[count] != NULL)
        count++;
    *out = sl__addresses_new(count);
    for (int i = 0; i < count; i++)
        CHECK_EQ(sl_address_parse(answers[i], 0, &(*out)->list[i]), 0);
    return 0;
}

IO_TEST(connecting_goes_on_to_the_next_address)
{
    sl_stream *client;
    sl_address peer;
    char text[SL_ADDRESS_TEXT];

    start_listening();
    sl__lookup_use(resolve_to_answers);
    answers[0] = "::1"; /* nobody listens there */
    answers[1] = "127.0.0.2";
    answers[2] = "127.0.0.1";
    CHECK_EQ(sl_tcp_connect("several.test", port, &client), 0);
    CHECK_EQ(sl_stream_peer(client, &peer), 0);
    CHECK(strncmp(sl_address_format(&peer, text, sizeof text),
                  "127.0.0.1:", 10) == 0);
    sl_stream_close(client);
    sl_listener_close(listener);
    CHECK_EQ(sl_tcp_connect("several.test", port, &client), -ECONNREFUSED);
    CHECK_CANCELLED_BEFORE(sl_tcp_connect("several.test", port, &client));
    return 0;
}

/* A port of 127.0.0.2 that answers nobody: its backlog is full. */
static int listen_deaf(int filler)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(0x7f000002) };
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct tcp_info info = { 0 };

    CHECK_EQ(bind(fd, (struct sockaddr *)&address, size), 0);
    CHECK_EQ(listen(fd, 0), 0);
    CHECK_EQ(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    CHECK_EQ(connect(filler, (struct sockaddr *)&address, size), 0);
    while (info.tcpi_unacked == 0) { /* waiting to be accepted */
        size = sizeof info;
        CHECK_EQ(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
    }
    port = ntohs(address.sin_port);
    return fd;
}

IO_TEST(an_address_that_does_not_answer_costs_a_quarter_of_a_second)
{
    int filler = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int deaf = listen_deaf(filler);
    sl_stream *client;
    sl_time start;

    CHECK_EQ(sl_tcp_listen("127.0.0.1", port, &listener), 0);
    sl__lookup_use(resolve_to_answers);
    answers[0] = "127.0.0.2";
    answers[1] = "127.0.0.1";
    start = sl_now();
    CHECK_EQ(sl_tcp_connect("several.test", port, &client), 0);
    CHECK(sl_now() - start >= SL_MS(250));
    sl_stream_close(client);
    answers[1] = "127.0.0.2";
    CHECK_CANCELLED_WAITING(sl_tcp_connect("several.test", port, &client));
    sl_listener_close(listener);
    close(filler);
    close(deaf);
    return 0;
}

static int at_once, most_at_once, served;

static int echo_once(sl_stream *stream, void *arg)
{
    char data[64];
    ssize_t n;

    (void)arg;
    at_once++;
    if (at_once > most_at_once)
        most_at_once = at_once;
    n = sl_stream_read(stream, data, sizeof data);
    if (n > 0 && sl_sleep(SL_MS(1)) == 0)
        n = sl_stream_write(stream, data, (size_t)n);
    at_once--;
    served++;
    return n < 0 ? (int)n : -EIO; /* its result is nobody's business */
}

static int talk_once(void *unused)
{
    sl_stream *stream;
    char data[64];

    (void)unused;
    CHECK_EQ(sl_tcp_connect("127.0.0.1", port, &stream), 0);
    CHECK_EQ(sl_stream_write(stream, "hello", 5), 0);
    CHECK_EQ(sl_stream_read_exactly(stream, data, 5), 0);
    CHECK_EQ(sl_stream_read(stream, data, 5), 0);
    sl_stream_close(stream);
    return 0;
}

static sl_serve_options serve_options;

static int serve(void *unused)
{
    (void)unused;
    return sl_serve(listener, echo_once, NULL, &serve_options);
}

IO_TEST(a_server_serves_as_many_at_once_as_it_may)
{
    sl_group servers, clients;
    sl_task *server;

    start_listening();
    serve_options.max_connections = 3;
    sl_group_open(&servers);
    server = sl_group_spawn(&servers, serve, NULL);
    sl_group_open(&clients);
    for (int i = 0; i < 40; i++)
        sl_group_spawn(&clients, talk_once, NULL);
    CHECK_EQ(sl_group_close(&clients), 0);
    CHECK_EQ(served, 40);
    CHECK_EQ(most_at_once, 3);
    sl_listener_close(listener);
    CHECK_EQ(sl_task_join(server), 0);
    CHECK_EQ(sl_group_close(&servers), 0);
    return 0;
}

IO_TEST(a_closed_listener_lets_its_connections_finish)
{
    sl_stream *stream;
    sl_group servers;
    char data[8];

    start_listening();
    sl_group_open(&servers);
    sl_group_spawn(&servers, serve, NULL);
    CHECK_EQ(sl_tcp_connect("127.0.0.1", port, &stream), 0);
    WAIT_UNTIL(at_once == 1);
    sl_listener_close(listener);
    CHECK_EQ(sl_sleep(SL_MS(5)), 0);
    CHECK_EQ(sl_stream_write(stream, "still", 5), 0);
    CHECK_EQ(sl_stream_read_exactly(stream, data, 5), 0);
    CHECK_EQ(sl_group_close(&servers), 0);
    sl_stream_close(stream);
    return 0;
}

IO_TEST(a_cancelled_server_cancels_its_connections)
{
    sl_stream *stream;
    sl_group servers;
    char data[8];

    start_listening();
    sl_group_open(&servers);
    sl_group_spawn(&servers, serve, NULL);
    CHECK_EQ(sl_tcp_connect("127.0.0.1", port, &stream), 0);
    WAIT_UNTIL(at_once == 1);
    sl_group_cancel(&servers);
    CHECK_EQ(sl_group_close(&servers), 0);
    CHECK_EQ(at_once, 0);
    CHECK_EQ(sl_stream_read(stream, data, sizeof data), 0);
    sl_stream_close(stream);
    CHECK_CANCELLED_WAITING(sl_serve(listener, echo_once, NULL, NULL));
    CHECK_CANCELLED_BEFORE(sl_serve(listener, echo_once, NULL, NULL));
    sl_listener_close(listener);
    return 0;
}

static sl_stream *held[64];

IO_TEST(a_server_without_descriptors_goes_on_when_there_are_some)
{
    struct rlimit old, few;
    sl_group servers;
    char data[8];
    int n = 0;

    start_listening();
    sl_group_open(&servers);
    sl_group_spawn(&servers, serve, NULL);
    for (; n < 10; n++)
        CHECK_EQ(sl_tcp_connect("127.0.0.1", port, &held[n]), 0);
    getrlimit(RLIMIT_NOFILE, &old);
    few = old;
    few.rlim_cur = 3;
    setrlimit(RLIMIT_NOFILE, &few);
    CHECK_EQ(sl_sleep(SL_MS(30)), 0);
    setrlimit(RLIMIT_NOFILE, &old);
    for (int i = 0; i < n; i++) {
        CHECK_EQ(sl_stream_write(held[i], "hello", 5), 0);
        CHECK_EQ(sl_stream_read_exactly(held[i], data, 5), 0);
        sl_stream_close(held[i]);
    }
    sl_group_cancel(&servers);
    CHECK_EQ(sl_group_close(&servers), 0);
    sl_listener_close(listener);
    return 0;
}
