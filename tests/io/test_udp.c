/* Promises of datagrams. */
#include <errno.h>

#include <starling/clock.h>
#include <starling/udp.h>

#include "io_test.h"

static sl_udp *one, *other;
static sl_address at_one, at_other;

static void make_two(void)
{
    CHECK_EQ(sl_udp_open("127.0.0.1", 0, &one), 0);
    CHECK_EQ(sl_udp_open("127.0.0.1", 0, &other), 0);
    CHECK_EQ(sl_udp_local(one, &at_one), 0);
    CHECK_EQ(sl_udp_local(other, &at_other), 0);
}

static void close_two(void)
{
    sl_udp_close(one);
    sl_udp_close(other);
}

IO_TEST(a_datagram_arrives_whole_with_its_sender)
{
    sl_address from;
    char data[16];

    make_two();
    CHECK_EQ(sl_udp_send_to(one, &at_other, "hello", 5), 0);
    CHECK_EQ(sl_udp_send_to(one, &at_other, "", 0), 0);
    CHECK_EQ(sl_udp_recv_from(other, data, sizeof data, &from), 5);
    CHECK(memcmp(data, "hello", 5) == 0);
    CHECK(sl_address_is_equal(&from, &at_one));
    CHECK_EQ(sl_udp_recv_from(other, data, sizeof data, NULL), 0);
    close_two();
    return 0;
}

IO_TEST(a_datagram_that_was_cut_tells_its_real_size)
{
    char data[4];

    make_two();
    CHECK_EQ(sl_udp_send_to(one, &at_other, "0123456789", 10), 0);
    CHECK_EQ(sl_udp_send_to(one, &at_other, "next", 4), 0);
    CHECK_EQ(sl_udp_recv_from(other, data, sizeof data, NULL), 10);
    CHECK(memcmp(data, "0123", 4) == 0);
    CHECK_EQ(sl_udp_recv_from(other, data, sizeof data, NULL), 4);
    close_two();
    return 0;
}

IO_TEST(receiving_is_cancelled_while_waiting_and_before)
{
    char data[16];

    make_two();
    CHECK_CANCELLED_WAITING(sl_udp_recv_from(one, data, sizeof data, NULL));
    CHECK_EQ(sl_udp_send_to(other, &at_one, "kept", 4), 0);
    CHECK_CANCELLED_BEFORE(sl_udp_recv_from(one, data, sizeof data, NULL));
    CHECK_CANCELLED_BEFORE(sl_udp_send_to(one, &at_other, "x", 1));
    CHECK_EQ(sl_udp_recv_from(one, data, sizeof data, NULL), 4);
    close_two();
    return 0;
}

IO_TEST(connected_sockets_have_one_peer_and_hear_of_its_absence)
{
    static char big[70000];
    char data[16];

    make_two();
    CHECK_EQ(sl_udp_send_to(one, NULL, "x", 1), -EDESTADDRREQ);
    CHECK_EQ(sl_udp_connect(one, &at_other), 0);
    CHECK_EQ(sl_udp_send_to(one, NULL, big, sizeof big), -EMSGSIZE);
    CHECK_EQ(sl_udp_send_to(one, NULL, "x", 1), 0);
    CHECK_EQ(sl_udp_recv_from(other, data, sizeof data, NULL), 1);
    sl_udp_close(other);
    CHECK_EQ(sl_udp_send_to(one, NULL, "x", 1), 0);
    CHECK_EQ(sl_udp_recv_from(one, data, sizeof data, NULL), -ECONNREFUSED);
    sl_udp_close(one);
    CHECK_EQ(sl_udp_open("nowhere", 0, &one), -EINVAL);
    CHECK_EQ(sl_udp_open("192.0.2.1", 0, &one), -EADDRNOTAVAIL);
    return 0;
}

static int served[3];

static int receive(void *arg)
{
    char data[16];
    ssize_t n = sl_udp_recv_from(one, data, sizeof data, NULL);

    if (n < 0)
        return (int)n;
    *(int *)arg = data[0];
    return 0;
}

IO_TEST(the_oldest_receiver_gets_the_next_datagram)
{
    sl_group group;

    make_two();
    sl_group_open(&group);
    for (int i = 0; i < 3; i++) {
        sl_group_spawn(&group, receive, &served[i]);
        CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    }
    CHECK_EQ(sl_udp_send_to(other, &at_one, "a", 1), 0);
    CHECK_EQ(sl_udp_send_to(other, &at_one, "b", 1), 0);
    CHECK_EQ(sl_udp_send_to(other, &at_one, "c", 1), 0);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(served[0], 'a');
    CHECK_EQ(served[1], 'b');
    CHECK_EQ(served[2], 'c');
    close_two();
    return 0;
}

IO_TEST(closing_wakes_who_receives)
{
    sl_group group;
    sl_task *task;

    make_two();
    sl_group_open(&group);
    task = sl_group_spawn(&group, receive, &served[0]);
    CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    close_two();
    CHECK_EQ(sl_task_join(task), SL_ECLOSED);
    CHECK_EQ(sl_group_close(&group), SL_ECLOSED);
    return 0;
}
