/* A body whose connection breaks, and how the rest of it is asked for. */
#include "support/test.h"

#include <errno.h>
#include <stdlib.h>

#include <starling/error.h>

#include "get.h"
#include "support/http_server.h"

/* A file of a megabyte over a line that breaks after each 300 kB. The path says
 * what is wrong with the server. */
enum { BIG = 1000000, PIECE = 300000 };

static char big_byte(size_t at)
{
    return (char)(at * 7 + at / 1000);
}

static bool send_range(http_request *request, size_t from, size_t to)
{
    char *bytes = malloc(to - from);
    bool sent;

    for (size_t i = from; i < to; i++)
        bytes[i - from] = big_byte(i);
    sent = http_send(request, bytes, to - from);
    free(bytes);
    return sent;
}

static bool break_off(http_request *request)
{
    const char *range = strstr(request->head, "Range: bytes=");
    size_t from = range != NULL ? (size_t)atol(range + 13) : 0;
    size_t to = from + PIECE < BIG ? from + PIECE : BIG, shift = 0, cut = 0;
    size_t whole = BIG;
    const char *tag = "\"v1\"";

    if (strcmp(request->path, "/weak") == 0)
        tag = "W/\"v1\"";
    if (strcmp(request->path, "/shifted") == 0)
        shift = from > 0;
    if (strcmp(request->path, "/stuck") == 0 && from > 0)
        cut = PIECE;
    if (strcmp(request->path, "/other") == 0 && from > 0)
        tag = "\"v2\""; /* and does not care what If-Range says */
    if (strcmp(request->path, "/shrunk") == 0 && from > 0)
        return http_answer(request, 416, "", "", 0);
    if (strcmp(request->path, "/grown") == 0 && from > 0)
        whole++;
    if (strcmp(request->path, "/short") == 0 && from > 0)
        to = BIG - 1;
    if (from > 0)
        CHECK(strstr(request->head, "If-Range: \"v1\"\r\n") != NULL);
    if (from > 0 && strcmp(request->path, "/changed") == 0) {
        http_say(request,
                 "HTTP/1.1 200 OK\r\nETag: \"v2\"\r\n"
                 "Content-Length: %d\r\n\r\n",
                 BIG);
        send_range(request, 0, BIG);
        return true;
    }
    if (from == 0)
        http_say(request,
                 "HTTP/1.1 200 OK\r\nETag: %s\r\nContent-Length: %d\r\n\r\n",
                 tag, BIG);
    else
        http_say(request,
                 "HTTP/1.1 206 Part\r\nETag: %s\r\nContent-Length: %zu\r\n"
                 "Content-Range: bytes %zu-%d/%zu\r\n\r\n",
                 tag, to == BIG - 1 ? to - from : BIG - from, from + shift,
                 BIG - 1, whole);
    send_range(request, from, to - cut);
    return to >= BIG - 1;
}

static void check_big(const fetch *f)
{
    const char *bytes = f->response.body.data;
    size_t wrong = 0;

    CHECK_EQ(f->rc, 0);
    CHECK_EQ(f->response.status, 200);
    CHECK_EQ(f->response.body.size, BIG);
    CHECK(f->response.proven);
    for (size_t i = 0; i < BIG; i++)
        wrong += bytes[i] != big_byte(i);
    CHECK_EQ(wrong, 0);
}

TEST(get_asks_for_the_rest_when_the_connection_breaks)
{
    fetch f = { .options.max_resumes = 5, .skips_pauses = true };

    get_with(&f, break_off, "/");
    check_big(&f);
    CHECK_EQ(http_server_requests(f.server), 4);
    finish(&f);
}

TEST(get_begins_anew_when_the_file_has_changed_meanwhile)
{
    fetch f = { .options.max_resumes = 5, .skips_pauses = true };

    get_with(&f, break_off, "/changed");
    check_big(&f);
    CHECK_EQ(http_server_requests(f.server), 2);
    CHECK_STR(f.response.etag, "\"v2\"");
    finish(&f);
}

TEST(get_asks_for_a_rest_only_where_that_is_sound)
{
    static const struct {
        const char *path;
        int resumes, rc, requests;
    } table[] = {
        { "/", 0, SL_EINCOMPLETE, 1 },     /* not wanted */
        { "/", 2, SL_EINCOMPLETE, 3 },     /* not often enough */
        { "/weak", 5, SL_EINCOMPLETE, 1 }, /* perhaps other bytes */
        { "/shifted", 5, -EBADMSG, 2 },    /* not what was asked for */
        { "/other", 5, -EBADMSG, 2 },      /* of what it has become */
        { "/shrunk", 5, -EBADMSG, 2 },     { "/grown", 5, -EBADMSG, 2 },
        { "/short", 5, -EBADMSG, 2 },      /* by its length, not by its range */
        { "/stuck", 5, SL_EINCOMPLETE, 2 } /* nothing comes */
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        fetch f = { .options.max_resumes = table[i].resumes,
                    .skips_pauses = true };

        get_with(&f, break_off, table[i].path);
        CHECK_EQ(f.rc, table[i].rc);
        CHECK_EQ(http_server_requests(f.server), table[i].requests);
        CHECK(f.response.body.data == NULL);
        finish(&f);
    }
}

/* Two servers behind one name, with two versions: each question reaches the
 * other one. What has begun anew is of the new version, and its rest must be.
 */
static bool take_turns(http_request *request)
{
    static const char *const tags[] = { "\"v1\"", "\"v2\"" };
    static int turn; /* of one thread at a time: each question waits */
    const char *tag = tags[turn++ % 2];
    const char *range = strstr(request->head, "Range: bytes=");
    char wanted[40];

    snprintf(wanted, sizeof wanted, "If-Range: %s\r\n", tag);
    if (range != NULL && strstr(request->head, wanted) != NULL)
        http_say(request,
                 "HTTP/1.1 206 Part\r\nETag: %s\r\nContent-Length: %ld\r\n"
                 "Content-Range: bytes %ld-%d/%d\r\n\r\n",
                 tag, BIG - atol(range + 13), atol(range + 13), BIG - 1, BIG);
    else
        http_say(request,
                 "HTTP/1.1 200 OK\r\nETag: %s\r\nContent-Length: %d\r\n\r\n",
                 tag, BIG);
    send_range(request, 0, PIECE);
    return false;
}

TEST(get_mixes_no_two_versions_that_take_turns)
{
    fetch f = { .options.max_resumes = 5, .skips_pauses = true };

    get_with(&f, take_turns, "/");
    CHECK_EQ(f.rc, SL_EINCOMPLETE);
    CHECK_EQ(http_server_requests(f.server), 6); /* never a part of another */
    CHECK_STR(f.response.etag, "\"v2\"");
    finish(&f);
}
