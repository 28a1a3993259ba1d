/* Promises of I/O for when memory ends: the call says -ENOMEM, and neither
 * memory nor a descriptor is lost. */
#include <errno.h>

#include <starling.h>

#include "io_test.h"
#include "support/no_memory.h"

static int talk(sl_listener *listener)
{
    sl_stream *client = NULL, *server = NULL;
    char line[16];
    ssize_t n = -ENOMEM;
    int rc = sl_tcp_connect("127.0.0.1", sl_listener_port(listener), &client);

    if (rc == 0)
        rc = sl_listener_accept(listener, &server);
    if (rc == 0)
        rc = (int)sl_stream_write(client, "hello\n", 6);
    if (rc >= 0)
        n = sl_stream_read_line(server, line, sizeof line);
    sl_stream_close(client);
    sl_stream_close(server);
    return rc < 0 ? rc : n < 0 ? (int)n : 0;
}

static int listen_and_talk(void *unused)
{
    sl_listener *listener;
    int rc = sl_tcp_listen("127.0.0.1", 0, &listener);

    (void)unused;
    if (rc < 0)
        return rc;
    rc = talk(listener);
    sl_listener_close(listener);
    return rc;
}

static int stream_scenario(void)
{
    int before = open_descriptors(), rc = sl_run(listen_and_talk, NULL);

    CHECK_EQ(open_descriptors(), before);
    return rc;
}

TEST(streams_are_made_whole_or_not_at_all)
{
    CHECK_EQ(sl_run(do_nothing, NULL), 0); /* what libuv opens once */
    test_without_memory(stream_scenario);
}

static int send_to_itself(void *unused)
{
    sl_address self;
    sl_udp *udp;
    char data[8];
    int rc = sl_udp_open("127.0.0.1", 0, &udp);

    (void)unused;
    if (rc < 0)
        return rc;
    CHECK_EQ(sl_udp_local(udp, &self), 0);
    rc = sl_udp_send_to(udp, &self, "a", 1);
    if (rc >= 0)
        rc = (int)sl_udp_recv_from(udp, data, sizeof data, NULL);
    sl_udp_close(udp);
    return rc < 0 ? rc : 0;
}

static int datagram_scenario(void)
{
    int before = open_descriptors(), rc = sl_run(send_to_itself, NULL);

    CHECK_EQ(open_descriptors(), before);
    return rc;
}

TEST(datagrams_are_sent_or_refused)
{
    CHECK_EQ(sl_run(do_nothing, NULL), 0);
    test_without_memory(datagram_scenario);
}
