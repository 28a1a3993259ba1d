/* Header lines, and what Retry-After means. */
#include "support/test.h"

#include <errno.h>
#include <stdlib.h>

#include "http/headers.h"

/* Feed lines, each ended by \n in `text`; the first result below zero. */
static int feed(sl__headers *headers, const char *text)
{
    const char *why = NULL;

    while (*text != '\0') {
        size_t size = strcspn(text, "\n") + 1;
        int rc = sl__headers_add(headers, text, size, &why);

        if (rc < 0) {
            CHECK(why != NULL);
            return rc;
        }
        text += size;
    }
    return 0;
}

TEST(headers_tell_length_type_and_validators)
{
    sl__headers h = { 0 };

    CHECK_EQ(feed(&h, "HTTP/1.1 200 OK\r\ncontent-LENGTH:  12 \r\n"
                      "Content-Type:image/jpeg\r\nETag: \"a:b\"\r\n"
                      "Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\n"
                      "Date: Thu, 01 Jan 1970 00:01:00 GMT\r\n\r\n"),
             0);
    CHECK_EQ(h.status, 200);
    CHECK(h.complete && h.has_length && !h.is_chunked && h.encoding == NULL);
    CHECK_EQ(h.length, 12);
    CHECK_STR(h.date, "Thu, 01 Jan 1970 00:01:00 GMT");
    CHECK_STR(h.content_type, "image/jpeg");
    CHECK_STR(h.etag, "\"a:b\"");
    sl__headers_fini(&h);
}

TEST(headers_of_an_informational_answer_are_forgotten)
{
    sl__headers h = { 0 };

    CHECK_EQ(feed(&h, "HTTP/1.1 103 Early\r\nContent-Length: 5\r\nETag: x\r\n"
                      "\r\n"),
             0);
    CHECK(!h.complete);
    CHECK_EQ(feed(&h, "HTTP/1.1 200\r\nContent-Length: 7\r\n\r\n"), 0);
    CHECK(h.complete && h.etag == NULL);
    CHECK_EQ(h.length, 7);
    sl__headers_fini(&h);
}

TEST(headers_after_the_body_change_nothing)
{
    sl__headers h = { 0 };

    CHECK_EQ(feed(&h, "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n"
                      "Content-Length: 9\nContent-Encoding: gzip\n"),
             0);
    CHECK(h.is_chunked && !h.is_strange && !h.has_length && h.encoding == NULL);
    sl__headers_fini(&h);
}

TEST(headers_with_two_lengths_or_no_number_are_refused)
{
    static const char *const bad[] = {
        "Content-Length: 5\nContent-Length: 6\n",
        "Content-Length: -1\n",
        "Content-Length: 5, 5\n",
        "Content-Length:\n",
        "Content-Length: 0x5\n",
        "Content-Length: +5\n",
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        sl__headers h = { 0 };

        CHECK_EQ(feed(&h, "HTTP/1.1 200 OK\n"), 0);
        CHECK_EQ(feed(&h, bad[i]), -EPROTO);
        sl__headers_fini(&h);
    }
}

TEST(headers_take_a_length_past_counting_for_a_huge_one)
{
    sl__headers h = { 0 };

    CHECK_EQ(feed(&h, "HTTP/1.1 200 OK\nContent-Length: 5\n"), 0);
    CHECK_EQ(feed(&h, "Content-Length: 5\n"), 0);
    CHECK_EQ(feed(&h, "HTTP/1.1 200 OK\n"
                      "Content-Length: 99999999999999999999999\n"),
             0);
    CHECK(h.length == UINT64_MAX);
    sl__headers_fini(&h);
}

TEST(headers_without_end_are_cut_off)
{
    sl__headers h = { 0 };
    const char *why = NULL;
    char line[1024];
    int lines = 0, rc = 0;

    memset(line, 'a', sizeof line);
    CHECK_EQ(feed(&h, "HTTP/1.1 100 Continue\n\n"), 0);
    while (rc == 0 && lines++ < 10000)
        rc = sl__headers_add(&h, line, sizeof line, &why);
    CHECK_EQ(rc, -EPROTO);
    CHECK_NEAR(lines, 256, 1);
    sl__headers_fini(&h);
}

TEST(headers_that_make_no_sense_do_no_harm)
{
    sl__headers h = { 0 };

    CHECK_EQ(feed(&h, "HTTP/1.1 200 OK\n:\n: x\nno colon\n Content-Length: 3\n"
                      "X:\n\n"),
             0);
    CHECK(h.complete && !h.has_length);
    sl__headers_fini(&h);
    CHECK_EQ(feed(&h, "HTTP/1.1 2x0 OK\n"), -EPROTO);
    sl__headers_fini(&h);
    CHECK_EQ(feed(&h, "HTTP/1.1\n"), -EPROTO);
    sl__headers_fini(&h);
}

TEST(headers_notice_encodings_nobody_asked_for)
{
    sl__headers h = { 0 };

    CHECK_EQ(feed(&h, "HTTP/1.1 200 OK\nContent-Encoding: identity\n"), 0);
    CHECK_EQ(feed(&h, "Content-Encoding: \n"), 0);
    CHECK(h.encoding == NULL);
    CHECK_EQ(feed(&h, "Content-Encoding: gzip\n"), 0);
    CHECK_STR(h.encoding, "gzip");
    CHECK_EQ(feed(&h, "Transfer-Encoding: gzip, chunked\n"), 0);
    CHECK(h.is_strange);
    sl__headers_fini(&h);
}

TEST(retry_after_is_seconds_or_a_date)
{
    CHECK_EQ(sl__retry_after("0", NULL), 0);
    CHECK_EQ(sl__retry_after("120", NULL), SL_S(120));
    CHECK_EQ(sl__retry_after("1.5", NULL), SL_S(2));
    CHECK_EQ(sl__retry_after("1.5s", NULL), -1);
    CHECK_EQ(sl__retry_after(".5", NULL), -1);
    CHECK_EQ(sl__retry_after("Sun, 06 Nov 1994 08:49:37 GMT",
                             "Sun, 06 Nov 1994 08:49:30 GMT"),
             SL_S(7));
    CHECK_EQ(sl__retry_after("Sun, 06 Nov 1994 08:49:37 GMT",
                             "Sun, 06 Nov 1994 08:49:44 GMT"),
             0);
    CHECK_EQ(sl__retry_after(NULL, NULL), -1);
    CHECK_EQ(sl__retry_after("", NULL), -1);
    CHECK_EQ(sl__retry_after("-5", NULL), -1);
    CHECK_EQ(sl__retry_after("soon", NULL), -1);
    CHECK(sl__retry_after("99999999999999999999999", NULL) > SL_S(3600));
    CHECK(sl__retry_after("99999999999999999999999", NULL) < SL_FOREVER / 2);
}
