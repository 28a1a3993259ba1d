/* Requests arrive in any pieces and from anybody. */
#include "origin/request.h"

#include <stdlib.h>

#include "origin/query.h"
#include "support/test.h"

static origin_request *feed(const char *text, size_t piece)
{
    static origin_request request;
    size_t size = strlen(text), used = 0;

    origin_request_init(&request);
    while (used < size && !request.complete && request.refusal == 0) {
        size_t n = size - used < piece ? size - used : piece;

        used += origin_request_feed(&request, text + used, n);
    }
    return &request;
}

TEST(request_is_read_in_pieces_of_any_size)
{
    static const char text[] = "GET /image/a%20b.jpg?x=1&y=2 HTTP/1.1\r\n"
                               "Host: h\r\nRange: bytes=5-9\r\n\r\n";

    for (size_t piece = 1; piece <= sizeof text; piece++) {
        origin_request *request = feed(text, piece);

        CHECK(request->complete);
        CHECK_EQ(request->refusal, 0);
        CHECK_STR(request->path, "/image/a b.jpg");
        CHECK_STR(request->query, "x=1&y=2");
        CHECK(request->keep_alive);
        CHECK(!request->head_only);
        CHECK(request->has_range);
        CHECK_EQ(request->range_first, 5);
        CHECK_EQ(request->range_last, 9);
    }
}

TEST(request_leaves_the_next_one_alone)
{
    static const char two[] = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
                              "HEAD /b HTTP/1.1\r\nHost: h\r\n\r\n";
    origin_request request;
    size_t used;

    origin_request_init(&request);
    used = origin_request_feed(&request, two, sizeof two - 1);
    CHECK_STR(request.path, "/a");
    CHECK_EQ(used, strlen("GET /a HTTP/1.1\r\nHost: h\r\n\r\n"));
    origin_request_init(&request);
    origin_request_feed(&request, two + used, sizeof two - 1 - used);
    CHECK(request.complete);
    CHECK(request.head_only);
    CHECK_STR(request.path, "/b");
}

TEST(request_of_http_1_0_or_with_close_is_the_last)
{
    CHECK(!feed("GET / HTTP/1.0\r\n\r\n", 99)->keep_alive);
    CHECK(!feed("GET / HTTP/1.1\r\nConnection: close\r\n\r\n", 99)->keep_alive);
}

TEST(request_understands_open_and_last_bytes_ranges_and_ignores_others)
{
    origin_request *request =
        feed("GET / HTTP/1.1\r\nRange: bytes=7-\r\n\r\n", 99);

    CHECK(request->has_range);
    CHECK_EQ(request->range_first, 7);
    CHECK(request->range_last == UINT64_MAX);
    request = feed("GET / HTTP/1.1\r\nRange: bytes=-20\r\n\r\n", 99);
    CHECK(request->has_range);
    CHECK(request->range_first == UINT64_MAX);
    CHECK_EQ(request->range_last, 20);
    CHECK(
        !feed("GET / HTTP/1.1\r\nRange: bytes=1-2,4-5\r\n\r\n", 99)->has_range);
    CHECK(!feed("GET / HTTP/1.1\r\nRange: bytes=9-2\r\n\r\n", 99)->has_range);
    CHECK(!feed("GET / HTTP/1.1\r\nRange: lines=1-2\r\n\r\n", 99)->has_range);
}

TEST(request_that_breaks_the_rules_is_refused)
{
    CHECK_EQ(feed("\x16\x03\x01\x02 hello\r\n\r\n", 99)->refusal, 400);
    CHECK_EQ(feed("POST /a HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 99)->refusal,
             405);
    CHECK_EQ(feed("GET /a%zz HTTP/1.1\r\n\r\n", 99)->refusal, 400);
    CHECK_EQ(feed("GET /a%00b HTTP/1.1\r\n\r\n", 99)->refusal, 400);
}

TEST(request_of_any_length_needs_no_more_memory)
{
    static char text[200000];
    origin_request request;

    memset(text, 'a', sizeof text);
    memcpy(text, "GET /", 5);
    text[sizeof text - 1] = '\0';
    CHECK_EQ(feed(text, 1000)->refusal, 414);

    memcpy(text, "GET / HTTP/1.1\r\nX: ", 19);
    CHECK_EQ(feed(text, 1000)->refusal, 431);

    origin_request_init(&request);
    memcpy(text, "GET / HTTP/1.1\r\nContent-Length: 150000\r\n\r\n", 42);
    CHECK_EQ(feed(text, 1000)->refusal, 413);
}

TEST(query_gives_decoded_values_by_name)
{
    char text[8];

    CHECK_EQ(origin_query_text("a=1&bc=x+%26y&d", "bc", text, sizeof text), 1);
    CHECK_STR(text, "x &y");
    CHECK_EQ(origin_query_text("a=1&bc=2", "b", text, sizeof text), 0);
    CHECK_EQ(origin_query_text("a=1&d", "d", text, sizeof text), 1);
    CHECK_STR(text, "");
    CHECK(origin_query_text("a=%4", "a", text, sizeof text) < 0);
    CHECK(origin_query_text("a=123456789", "a", text, sizeof text) < 0);
}

TEST(query_numbers_are_whole_and_not_negative)
{
    int64_t number;

    CHECK_EQ(origin_query_number("n=42", "n", 7, &number), 1);
    CHECK_EQ(number, 42);
    CHECK_EQ(origin_query_number("", "n", 7, &number), 0);
    CHECK_EQ(number, 7);
    CHECK(origin_query_number("n=-1", "n", 7, &number) < 0);
    CHECK(origin_query_number("n=4x", "n", 7, &number) < 0);
    CHECK(origin_query_number("n=", "n", 7, &number) < 0);
    CHECK(origin_query_number("n=99999999999999999999", "n", 7, &number) < 0);
}
