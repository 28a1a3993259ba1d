/* URLs taken apart, followed and masked. */
#include "support/test.h"

#include <errno.h>

#include <starling/http.h>

#include "http/url.h"

static void check_parse(const char *text, const char *sent, const char *host,
                        int port)
{
    sl__url url;
    const char *why = "";

    if (sl__url_parse(text, &url, &why) != 0)
        test_fail(__FILE__, __LINE__, "%s: %s", text, why);
    CHECK_STR(url.text, sent);
    CHECK_STR(url.host, host);
    CHECK_EQ(url.port, port);
    sl__url_fini(&url);
}

TEST(url_is_written_anew_from_its_parts)
{
    check_parse("http://EXAMPLE.com", "http://example.com/", "example.com", 80);
    check_parse("HTTPS://Example.com./a?b#c", "https://example.com/a?b",
                "example.com", 443);
    check_parse("http://h:8080/a b\xc3\xbc", "http://h:8080/a%20b%c3%bc", "h",
                8080);
    check_parse("http://h/a/../../b", "http://h/b", "h", 80);
    check_parse("http://[::1]:81/x", "http://[::1]:81/x", "::1", 81);
}

TEST(url_with_a_number_for_a_host_becomes_the_address_it_means)
{
    check_parse("http://0x7f.1/", "http://127.0.0.1/", "127.0.0.1", 80);
    check_parse("http://2130706433/", "http://127.0.0.1/", "127.0.0.1", 80);
    check_parse("http://0177.0.0.1/", "http://127.0.0.1/", "127.0.0.1", 80);
}

TEST(url_keeps_userinfo_out_of_what_is_asked_for)
{
    sl__url url;
    const char *why;

    CHECK_EQ(sl__url_parse("http://me:p%40ss@h/x", &url, &why), 0);
    CHECK_STR(url.text, "http://h/x");
    CHECK_STR(url.user, "me");
    CHECK_STR(url.password, "p@ss");
    sl__url_fini(&url);
}

TEST(url_that_is_none_is_refused_with_a_reason)
{
    static const char *const bad[] = {
        "",
        "example.com/x",
        "/x",
        "ftp://h/x",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://",
        "http://a b/",
        "http://h:99999/",
        "http://h:0/",
        "http://h\r\nX: y/",
        "http://h/\x01",
        "http://[fe80::1%25eth0]/",
        "http://[::1/",
        "http://a\\b/",
        "http://./",
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        sl__url url;
        const char *why = NULL;

        if (sl__url_parse(bad[i], &url, &why) != -EINVAL)
            test_fail(__FILE__, __LINE__, "\"%s\" was accepted", bad[i]);
        CHECK(why != NULL);
    }
}

static void check_follow(const char *from, const char *location,
                         const char *sent)
{
    sl__url base, url;
    const char *why = "";

    CHECK_EQ(sl__url_parse(from, &base, &why), 0);
    if (sl__url_follow(&base, location, &url, &why) != 0)
        test_fail(__FILE__, __LINE__, "%s: %s", location, why);
    CHECK_STR(url.text, sent);
    CHECK(url.user == NULL);
    sl__url_fini(&url);
    sl__url_fini(&base);
}

TEST(redirect_is_resolved_against_where_it_came_from)
{
    check_follow("http://a.b/c/d?x", "../e f", "http://a.b/e%20f");
    check_follow("http://a.b/c/d?x", "?z", "http://a.b/c/d?z");
    check_follow("http://a.b/c", "//x.y/z", "http://x.y/z");
    check_follow("http://a.b/c", "https://x.y/z#f", "https://x.y/z");
    check_follow("https://a.b/c", "/d", "https://a.b/d");
}

TEST(redirect_to_another_scheme_or_out_of_https_is_refused)
{
    static const char *const bad[] = {
        "http://a.b/c",      "HTTP://a.b/",         "ftp://a.b/c",
        "file:///etc/hosts", "javascript:alert(1)", "https://",
        "https://a\r\nb/",   "gopher://a/",
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        sl__url base, url;
        const char *why = NULL;

        CHECK_EQ(sl__url_parse("https://a.b/", &base, &why), 0);
        if (sl__url_follow(&base, bad[i], &url, &why) != -EPROTO)
            test_fail(__FILE__, __LINE__, "\"%s\" was followed", bad[i]);
        if (strstr(bad[i], "(1)") != NULL)
            CHECK_STR(why, "only http and https are supported");
        sl__url_fini(&base);
    }
}

static void check_user(const char *location, const char *user)
{
    sl__url base, url;
    const char *why;

    CHECK_EQ(sl__url_parse("http://me:secret@a.b/", &base, &why), 0);
    CHECK_EQ(sl__url_follow(&base, location, &url, &why), 0);
    if (user == NULL)
        CHECK(url.user == NULL && url.password == NULL);
    else
        CHECK_STR(url.user, user);
    CHECK(strchr(url.text, '@') == NULL);
    sl__url_fini(&url);
    sl__url_fini(&base);
}

TEST(redirect_takes_credentials_to_no_other_origin)
{
    check_user("/x", "me");
    check_user("http://A.B:80/x", "me");
    check_user("http://you:x@a.b/x", "me");
    check_user("http://a.b:81/x", NULL);
    check_user("https://a.b/x", NULL);
    check_user("http://c.b/x", NULL);
    check_user("http://you:x@c.b/x", NULL);
}

static void check_mask(const char *url, const char *shown)
{
    char out[256];

    sl_http_mask_url(url, out, sizeof out);
    CHECK_STR(out, shown);
}

TEST(masked_url_shows_no_secret)
{
    check_mask("http://h/a?api_key=abc&count=3",
               "http://h/a?api_key=***&count=3");
    check_mask("http://h/a?API%5FKEY=abc", "http://h/a?API%5FKEY=***");
    check_mask("http://h/a?x=1;token=2#access_token=3",
               "http://h/a?x=1;token=***#access_token=***");
    check_mask("http://u:p@h/a@b", "http://h/a@b");
    check_mask("http://u:p@q@h/a", "http://h/a");
    check_mask("http://h/?u=http://x@y/", "http://h/?u=http://x@y/");
    check_mask("http://h/?X-Amz-Signature=a&X-Amz-Credential=b",
               "http://h/?X-Amz-Signature=***&X-Amz-Credential=***");
    check_mask("http://h/?key", "http://h/?key");
    check_mask("not a url?key=1", "not a url?key=***");
    check_mask("", "");
}

TEST(masked_url_is_one_harmless_line_that_fits)
{
    char out[8];

    check_mask("http://h/\x1b[2J\n\xc2\x9b?a=\r", "http://h/?[2J????a=?");
    sl_http_mask_url("http://example.com/", out, sizeof out);
    CHECK_STR(out, "http://");
    sl_http_mask_url("http://example.com/", out, 1);
    CHECK_STR(out, "");
}
