/* Promises of streams: writing, half-close, close, abort, addresses. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <starling/clock.h>

#include "io_test.h"

enum { MUCH = 8 << 20 };

static int write_much(void *stream)
{
    char *data = malloc(MUCH);
    int rc;

    for (size_t i = 0; i < MUCH; i++)
        data[i] = (char)(i * 7 >> 3);
    rc = sl_stream_write(stream, data, MUCH);
    free(data);
    return rc;
}

static void check_much(sl_stream *stream)
{
    char *got = malloc(MUCH);

    CHECK_EQ(sl_stream_read_exactly(stream, got, MUCH), 0);
    for (size_t i = 0; i < MUCH; i++)
        CHECK_EQ(got[i], (char)(i * 7 >> 3));
    free(got);
}

IO_TEST(a_write_waits_for_the_reader)
{
    sl_stream *client, *server;
    sl_group group;
    sl_task *writer;

    connect_pair(&client, &server);
    sl_group_open(&group);
    writer = sl_group_spawn(&group, write_much, server);
    CHECK_EQ(sl_sleep(SL_MS(20)), 0);
    CHECK(!sl_task_is_done(writer));
    check_much(client);
    CHECK_EQ(sl_group_close(&group), 0);
    sl_stream_close(client);
    sl_stream_close(server);
    return 0;
}

IO_TEST(what_was_written_arrives_although_the_stream_is_closed)
{
    sl_stream *client, *server;
    sl_group group;
    char one;

    connect_pair(&client, &server);
    /* Unread input at the close would reset the connection. */
    CHECK_EQ(sl_stream_write(client, "never read", 10), 0);
    sl_group_open(&group);
    sl_group_spawn(&group, write_much, server);
    CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    check_much(client);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(sl_stream_write(server, "goodbye", 7), 0);
    sl_stream_close(server);
    for (int i = 0; i < 7; i++)
        CHECK_EQ(sl_stream_read(client, &one, 1), 1);
    CHECK_EQ(sl_stream_read(client, &one, 1), 0);
    sl_stream_close(client);
    return 0;
}

static void fill(sl_stream *stream)
{
    static char zeros[1 << 16];

    while (sl_stream_try_write(stream, zeros, sizeof zeros) > 0) {
    }
}

IO_TEST(a_write_cancelled_before_a_byte_has_left_did_not_happen)
{
    sl_stream *one, *other;
    char data[4096];

    CHECK_EQ(sl_stream_pair(&one, &other), 0);
    CHECK_CANCELLED_BEFORE(sl_stream_write(one, "x", 1));
    fill(one);
    CHECK_EQ(sl_stream_try_write(one, "x", 1), -EAGAIN);
    CHECK_CANCELLED_WAITING(sl_stream_write(one, "x", 1));
    do {
        CHECK(sl_stream_read(other, data, sizeof data) > 0);
    } while (sl_stream_try_write(one, "y", 1) == -EAGAIN);
    CHECK_EQ(sl_stream_write(one, "z", 1), 0);
    sl_stream_close(one);
    sl_stream_close(other);
    return 0;
}

IO_TEST(a_write_cancelled_in_the_middle_ends_writing)
{
    sl_stream *client, *server;

    connect_pair(&client, &server);
    CHECK_CANCELLED_WAITING(write_much(server));
    CHECK_EQ(sl_stream_write(server, "x", 1), -EPIPE);
    CHECK_EQ(sl_stream_try_write(server, "x", 1), -EPIPE);
    sl_stream_close(client);
    sl_stream_close(server);
    return 0;
}

static int expect_closed(void *stream)
{
    CHECK_EQ(write_much(stream), SL_ECLOSED);
    return 0;
}

IO_TEST(closing_wakes_a_writer)
{
    sl_stream *client, *server;
    sl_group group;

    connect_pair(&client, &server);
    sl_group_open(&group);
    sl_group_spawn(&group, expect_closed, server);
    CHECK_EQ(sl_sleep(SL_MS(5)), 0);
    CHECK_EQ(sl_stream_write(server, "x", 1), -EBUSY);
    CHECK_EQ(sl_stream_try_write(server, "x", 1), -EBUSY);
    sl_stream_close(server);
    CHECK_EQ(sl_group_close(&group), 0);
    sl_stream_close(client);
    return 0;
}

IO_TEST(a_half_close_ends_one_direction_only)
{
    sl_stream *client, *server;
    char data[16];

    connect_pair(&client, &server);
    CHECK_EQ(sl_stream_write(client, "question", 8), 0);
    CHECK_CANCELLED_BEFORE(sl_stream_shutdown_write(client));
    CHECK_EQ(sl_stream_shutdown_write(client), 0);
    CHECK_EQ(sl_stream_write(client, "x", 1), -EPIPE);
    CHECK_EQ(sl_stream_read(server, data, sizeof data), 8);
    CHECK_EQ(sl_stream_read(server, data, sizeof data), 0);
    CHECK_EQ(sl_stream_write(server, "answer", 6), 0);
    CHECK_EQ(sl_stream_read(client, data, sizeof data), 6);
    sl_stream_close(client);
    sl_stream_close(server);
    return 0;
}

IO_TEST(an_abort_is_seen_as_a_reset)
{
    sl_stream *client, *server;
    char data[16];

    connect_pair(&client, &server);
    sl_stream_abort(server);
    CHECK_EQ(sl_stream_read(client, data, sizeof data), -ECONNRESET);
    CHECK_EQ(sl_stream_read(client, data, sizeof data), -ECONNRESET);
    sl_stream_close(client);
    return 0;
}

IO_TEST(writing_to_who_is_gone_is_an_error_and_no_signal)
{
    sl_stream *one, *other;
    int rc, fds[2];

    signal(SIGPIPE, SIG_DFL);
    CHECK_EQ(sl_stream_pair(&one, &other), 0);
    sl_stream_close(other);
    CHECK_EQ(sl_stream_write(one, "x", 1), -EPIPE);
    sl_stream_close(one);

    CHECK_EQ(pipe2(fds, O_CLOEXEC), 0);
    CHECK_EQ(sl_stream_adopt(fds[1], &one), 0);
    close(fds[0]);
    rc = sl_stream_write(one, "x", 1);
    CHECK_EQ(rc, -EPIPE);
    sl_stream_close(one);
    return 0;
}

IO_TEST(a_pipe_is_a_stream_and_a_plain_file_is_none)
{
    sl_stream *in, *out;
    int fds[2], file;
    char data[16];
    sl_group group;

    CHECK_EQ(pipe2(fds, O_CLOEXEC), 0);
    CHECK_EQ(sl_stream_adopt(fds[0], &in), 0);
    CHECK_EQ(sl_stream_adopt(fds[1], &out), 0);
    CHECK_CANCELLED_WAITING(sl_stream_read(in, data, sizeof data));
    sl_group_open(&group);
    sl_group_spawn(&group, write_much, out);
    check_much(in);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(sl_stream_shutdown_write(out), -ENOTSUP);
    sl_stream_close(out);
    CHECK_EQ(sl_stream_read(in, data, sizeof data), 0);
    CHECK_EQ(sl_stream_set_nodelay(in, true), -ENOTSOCK);
    sl_stream_close(in);

    file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    CHECK_EQ(sl_stream_adopt(file, &in), -EPERM);
    close(file);
    CHECK_EQ(sl_stream_adopt(file, &in), -EBADF);
    return 0;
}

IO_TEST(both_ends_know_their_addresses)
{
    sl_stream *client, *server;
    sl_address a, b;
    char text[SL_ADDRESS_TEXT];

    connect_pair(&client, &server);
    CHECK_EQ(sl_stream_peer(client, &a), 0);
    CHECK_EQ(sl_stream_local(server, &b), 0);
    CHECK(sl_address_is_equal(&a, &b));
    CHECK(strncmp(sl_address_format(&a, text, sizeof text), "127.0.0.1:", 10) ==
          0);
    CHECK_EQ(sl_stream_local(client, &a), 0);
    CHECK_EQ(sl_stream_peer(server, &b), 0);
    CHECK(sl_address_is_equal(&a, &b));
    CHECK(sl_address_port(&a) > 0);
    CHECK_EQ(sl_stream_set_nodelay(client, false), 0);
    CHECK_EQ(sl_stream_set_keepalive(client, SL_MS(1500)), 0);
    CHECK_EQ(sl_stream_set_keepalive(client, 0), 0);
    sl_stream_close(client);
    sl_stream_close(server);
    return 0;
}

TEST(addresses_come_from_words_and_go_into_words)
{
    static const char *const good[][2] = {
        { "127.0.0.1", "127.0.0.1:80" },
        { "::1", "[::1]:80" },
        { "0.0.0.0", "0.0.0.0:80" },
    };
    static const char *const bad[] = {
        "", "localhost", "1.2.3", "1.2.3.4.5", "[::1]", "::1::", "1.2.3.4 "
    };
    char text[SL_ADDRESS_TEXT], path[200];
    sl_address address;

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CHECK_EQ(sl_address_parse(good[i][0], 80, &address), 0);
        CHECK_STR(sl_address_format(&address, text, sizeof text), good[i][1]);
        CHECK_EQ(sl_address_port(&address), 80);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_EQ(sl_address_parse(bad[i], 80, &address), -EINVAL);
    CHECK_EQ(sl_address_parse("::1", 65536, &address), -EINVAL);
    CHECK_EQ(sl_address_parse("::1", -1, &address), -EINVAL);
    CHECK_EQ(sl_address_unix("/run/x", &address), 0);
    CHECK_STR(sl_address_format(&address, text, sizeof text), "/run/x");
    CHECK_EQ(sl_address_unix("@x", &address), 0);
    CHECK_STR(sl_address_format(&address, text, sizeof text), "@x");
    CHECK_EQ(sl_address_unix("", &address), -EINVAL);
    CHECK_EQ(sl_address_unix("@", &address), -EINVAL);
    memset(path, 'p', sizeof path);
    path[107] = '\0';
    CHECK_EQ(sl_address_unix(path, &address), 0);
    path[107] = 'p';
    path[108] = '\0';
    CHECK_EQ(sl_address_unix(path, &address), -ENAMETOOLONG);
}

static int pass_on(void *arg)
{
    sl_stream **ends = arg;
    char data[1];
    ssize_t n = 1;

    for (int i = 0; i < 2000 && n == 1; i++) {
        n = sl_stream_read(ends[0], data, 1);
        if (n == 1 && sl_stream_write(ends[1], data, 1) < 0)
            n = -1;
    }
    CHECK_EQ(n, 1);
    return 0;
}

static int counted;

static int count_turns(void *stop)
{
    while (!*(bool *)stop) {
        counted++;
        CHECK_EQ(sl_yield(), 0);
    }
    return 0;
}

/* The other side is always ready, so no call has to wait. */
IO_TEST(a_task_that_never_has_to_wait_lets_others_run)
{
    sl_stream *one, *other;
    bool stop = false;
    sl_group group;
    char data[1];

    CHECK_EQ(sl_stream_pair(&one, &other), 0);
    sl_group_open(&group);
    sl_group_spawn(&group, count_turns, &stop);
    for (int i = 0; i < 1000; i++) {
        CHECK_EQ(sl_stream_write(one, "x", 1), 0);
        CHECK_EQ(sl_stream_read(other, data, 1), 1);
    }
    CHECK(counted >= 20);
    stop = true;
    CHECK_EQ(sl_group_close(&group), 0);
    sl_stream_close(one);
    sl_stream_close(other);
    return 0;
}

IO_TEST(bytes_go_round_a_ring_of_streams)
{
    enum { RING = 20 };
    sl_stream *ends[RING][2], *args[RING][2];
    sl_group group;
    char data[1];

    for (int i = 0; i < RING; i++)
        CHECK_EQ(sl_stream_pair(&ends[i][0], &ends[i][1]), 0);
    sl_group_open(&group);
    for (int i = 0; i < RING - 1; i++) {
        args[i][0] = ends[i][1];
        args[i][1] = ends[i + 1][0];
        sl_group_spawn(&group, pass_on, args[i]);
    }
    for (int i = 0; i < 2000; i++) {
        CHECK_EQ(sl_stream_write(ends[0][0], "o", 1), 0);
        CHECK_EQ(sl_stream_read(ends[RING - 1][1], data, 1), 1);
    }
    CHECK_EQ(sl_group_close(&group), 0);
    for (int i = 0; i < RING; i++) {
        sl_stream_close(ends[i][0]);
        sl_stream_close(ends[i][1]);
    }
    return 0;
}
