/* Promises of reading: amounts, delimiters, lines, and what a cancelled or
 * failed read leaves behind. */
#include <errno.h>
#include <stdlib.h>

#include <starling/clock.h>

#include "io_test.h"

static sl_stream *one, *other;

static void make_pair(void)
{
    CHECK_EQ(sl_stream_pair(&one, &other), 0);
}

static void close_pair(void)
{
    sl_stream_close(one);
    sl_stream_close(other);
}

static void say(const char *text)
{
    CHECK_EQ(sl_stream_write(other, text, strlen(text)), 0);
}

static void end_saying(void)
{
    CHECK_EQ(sl_stream_shutdown_write(other), 0);
}

IO_TEST(read_returns_what_is_there_and_then_the_end)
{
    char data[64];

    make_pair();
    say("hello");
    CHECK_EQ(sl_stream_read(one, data, sizeof data), 5);
    CHECK(memcmp(data, "hello", 5) == 0);
    end_saying();
    CHECK_EQ(sl_stream_read(one, data, sizeof data), 0);
    CHECK_EQ(sl_stream_read(one, data, sizeof data), 0);
    CHECK_EQ(sl_stream_read(one, data, 0), 0);
    close_pair();
    return 0;
}

IO_TEST(read_is_cancelled_while_waiting_and_before)
{
    char data[64];

    make_pair();
    CHECK_CANCELLED_WAITING(sl_stream_read(one, data, sizeof data));
    say("kept");
    CHECK_CANCELLED_BEFORE(sl_stream_read(one, data, sizeof data));
    CHECK_EQ(sl_stream_read(one, data, sizeof data), 4);
    close_pair();
    return 0;
}

IO_TEST(read_exactly_fills_the_whole_from_pieces)
{
    char data[10];

    make_pair();
    say("0123");
    CHECK_CANCELLED_WAITING(sl_stream_read_exactly(one, data, 10));
    CHECK_EQ(sl_stream_buffered(one), 4); /* nothing is lost */
    CHECK_CANCELLED_BEFORE(sl_stream_read_exactly(one, data, 10));
    say("456789ab");
    CHECK_EQ(sl_stream_read_exactly(one, data, 10), 0);
    CHECK(memcmp(data, "0123456789", 10) == 0);
    CHECK_EQ(sl_stream_read(one, data, 10), 2);
    close_pair();
    return 0;
}

IO_TEST(read_exactly_tells_an_end_from_an_end_in_between)
{
    char data[10];

    make_pair();
    say("0123");
    end_saying();
    CHECK_EQ(sl_stream_read_exactly(one, data, 10), SL_EINCOMPLETE);
    CHECK_EQ(sl_stream_buffered(one), 4);
    CHECK_EQ(sl_stream_read(one, data, 10), 4);
    CHECK(memcmp(data, "0123", 4) == 0);
    CHECK_EQ(sl_stream_read_exactly(one, data, 10), SL_ECLOSED);
    CHECK_EQ(sl_stream_read_exactly(one, data, 0), 0);
    close_pair();
    return 0;
}

IO_TEST(read_until_finds_a_delimiter_that_came_in_two_pieces)
{
    char data[32];

    make_pair();
    say("head\r");
    CHECK_CANCELLED_WAITING(
        sl_stream_read_until(one, "\r\n\r\n", 4, data, sizeof data));
    say("\n\r\nbody");
    CHECK_CANCELLED_BEFORE(
        sl_stream_read_until(one, "\r\n\r\n", 4, data, sizeof data));
    CHECK_EQ(sl_stream_read_until(one, "\r\n\r\n", 4, data, sizeof data), 8);
    CHECK(memcmp(data, "head\r\n\r\n", 8) == 0);
    CHECK_EQ(sl_stream_read(one, data, sizeof data), 4);
    CHECK(memcmp(data, "body", 4) == 0);
    close_pair();
    return 0;
}

IO_TEST(read_until_keeps_what_is_too_long_or_incomplete)
{
    char data[32];

    make_pair();
    say("0123456789;");
    CHECK_EQ(sl_stream_read_until(one, ";", 1, data, 10), -EMSGSIZE);
    CHECK_EQ(sl_stream_read_until(one, ";", 1, data, 10), -EMSGSIZE);
    CHECK_STR(sl_errmsg(), "no delimiter within 10 bytes");
    CHECK_EQ(sl_stream_read_until(one, ";", 1, data, 11), 11);
    CHECK_EQ(sl_stream_read_until(one, "", 0, data, 11), -EINVAL);
    say("rest");
    end_saying();
    CHECK_EQ(sl_stream_read_until(one, ";", 1, data, 11), SL_EINCOMPLETE);
    CHECK_EQ(sl_stream_read(one, data, 11), 4);
    CHECK_EQ(sl_stream_read_until(one, ";", 1, data, 11), SL_ECLOSED);
    close_pair();
    return 0;
}

IO_TEST(read_line_takes_both_ends_of_line_and_a_last_line_without)
{
    char line[8];

    make_pair();
    say("one\ntwo\r\n\n\r\nsevenxx\nlast");
    end_saying();
    CHECK_EQ(sl_stream_read_line(one, line, sizeof line), 3);
    CHECK_STR(line, "one");
    CHECK_EQ(sl_stream_read_line(one, line, sizeof line), 3);
    CHECK_STR(line, "two");
    CHECK_EQ(sl_stream_read_line(one, line, sizeof line), 0);
    CHECK_EQ(sl_stream_read_line(one, line, sizeof line), 0);
    CHECK_EQ(sl_stream_read_line(one, line, sizeof line), 7);
    CHECK_STR(line, "sevenxx");
    CHECK_EQ(sl_stream_read_line(one, line, sizeof line), 4);
    CHECK_STR(line, "last");
    CHECK_EQ(sl_stream_read_line(one, line, sizeof line), SL_ECLOSED);
    close_pair();
    return 0;
}

IO_TEST(a_line_is_as_long_as_its_buffer_allows_and_no_longer)
{
    char line[8];

    make_pair();
    say("1234567\r\n12345678\n");
    CHECK_EQ(sl_stream_read_line(one, line, sizeof line), 7);
    CHECK_EQ(sl_stream_read_line(one, line, sizeof line), -EMSGSIZE);
    CHECK_STR(sl_errmsg(), "a line does not fit into 8 bytes");
    CHECK_EQ(sl_stream_read(one, line, sizeof line), 8);
    CHECK_EQ(sl_stream_read_line(one, line, sizeof line), 0);
    say("endless endless endless"); /* no need to wait for its end */
    CHECK_EQ(sl_stream_read_line(one, line, sizeof line), -EMSGSIZE);
    close_pair();
    return 0;
}

IO_TEST(read_line_is_cancelled_and_goes_on_later)
{
    char line[32];

    make_pair();
    say("half ");
    CHECK_CANCELLED_WAITING(sl_stream_read_line(one, line, sizeof line));
    CHECK_CANCELLED_BEFORE(sl_stream_read_line(one, line, sizeof line));
    say("whole\n");
    CHECK_EQ(sl_stream_read_line(one, line, sizeof line), 10);
    CHECK_STR(line, "half whole");
    close_pair();
    return 0;
}

static int write_lines(void *unused)
{
    char line[64];

    (void)unused;
    for (int i = 0; i < 20000; i++) {
        int n = snprintf(line, sizeof line, "line %d %*d\n", i, i % 40, i);

        CHECK_EQ(sl_stream_write(other, line, (size_t)n), 0);
    }
    end_saying();
    return 0;
}

IO_TEST(twenty_thousand_lines_survive_impatient_readers)
{
    char line[64], expected[64];
    sl_group group;

    make_pair();
    sl_group_open(&group);
    sl_group_spawn(&group, write_lines, NULL);
    for (int i = 0; i < 20000; i++) {
        ssize_t n;

        snprintf(expected, sizeof expected, "line %d %*d", i, i % 40, i);
        do {
            sl_scope scope;

            sl_timeout_open(&scope, SL_US(i % 7 ? 1000000 : 1));
            n = sl_stream_read_line(one, line, sizeof line);
            sl_scope_close(&scope, 0);
        } while (n == SL_ECANCELED);
        CHECK_STR(line, expected);
    }
    CHECK_EQ(sl_stream_read_line(one, line, sizeof line), SL_ECLOSED);
    CHECK_EQ(sl_group_close(&group), 0);
    close_pair();
    return 0;
}

static int read_some(void *arg)
{
    char data[16];
    ssize_t n = sl_stream_read(arg, data, sizeof data);

    return n == SL_ECLOSED ? 7 : (int)n;
}

static int read_a_line(void *arg)
{
    char data[16];
    ssize_t n = sl_stream_read_line(arg, data, sizeof data);

    return n == SL_ECLOSED ? 7 : (int)n;
}

IO_TEST(closing_wakes_readers_who_then_leave_it_alone)
{
    sl_fn *const readers[] = { read_some, read_a_line };

    for (int i = 0; i < 2; i++) {
        sl_group group;
        sl_task *task;

        make_pair();
        sl_group_open(&group);
        task = sl_group_spawn(&group, readers[i], one);
        CHECK_EQ(sl_sleep(SL_MS(2)), 0);
        CHECK(!sl_task_is_done(task));
        close_pair();
        CHECK_EQ(sl_task_join(task), 7);
        CHECK_EQ(sl_group_close(&group), 0);
    }
    return 0;
}

IO_TEST(a_second_reader_is_refused)
{
    sl_group group;
    char data[4];

    make_pair();
    sl_group_open(&group);
    sl_group_spawn(&group, read_some, one);
    CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    CHECK_EQ(sl_stream_read(one, data, 4), -EBUSY);
    CHECK_EQ(sl_stream_read_line(one, data, 4), -EBUSY);
    say("x");
    CHECK_EQ(sl_group_close(&group), 0);
    close_pair();
    return 0;
}

/* A stream of its own kind: a text, a byte at a time. */
static ssize_t spell(void *state, void *data, size_t size)
{
    const char **text = state;

    (void)size;
    if (**text == '\0')
        return 0;
    *(char *)data = *(*text)++;
    return 1;
}

static int refuse_write(void *state, const void *data, size_t size,
                        size_t *sent)
{
    (void)state, (void)data, (void)size, (void)sent;
    return -EROFS;
}

static int closes, frees;

static void count_close(void *state, bool abort)
{
    (void)state, (void)abort;
    closes++;
}

static void count_free(void *state)
{
    (void)state;
    frees++;
}

IO_TEST(a_stream_of_ones_own_reads_like_any_other)
{
    static const sl_stream_ops spelling = { .read = spell,
                                            .write = refuse_write,
                                            .close = count_close,
                                            .free = count_free };
    const char *text = "a word\nand the rest";
    sl_address address;
    sl_stream *stream;
    char line[32];

    CHECK_EQ(sl_stream_new(&spelling, &text, NULL, &stream), 0);
    CHECK_EQ(sl_stream_read_line(stream, line, sizeof line), 6);
    CHECK_STR(line, "a word");
    CHECK_EQ(sl_stream_read_exactly(stream, line, 12), 0);
    CHECK_EQ(sl_stream_read(stream, line, 12), 0);
    CHECK_EQ(sl_stream_write(stream, "x", 1), -EROFS);
    CHECK_EQ(sl_stream_write(stream, "x", 1), -EPIPE);
    CHECK_EQ(sl_stream_try_write(stream, "x", 1), -EPIPE);
    CHECK_EQ(sl_stream_shutdown_write(stream), -ENOTSUP);
    CHECK_EQ(sl_stream_peer(stream, &address), -ENOTSOCK);
    sl_stream_close(stream);
    CHECK_EQ(closes, 1);
    CHECK_EQ(frees, 1);
    return 0;
}
