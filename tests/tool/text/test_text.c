/* What reaches a terminal steers nothing and tells no secret. */
#include "text/host.h"
#include "text/json.h"
#include "text/text.h"

#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

static const char *clean(const char *in, enum text_charset charset)
{
    static char out[256];
    text_secrets secrets = { { "s3cr3t-key", NULL, "abc", NULL } };

    CHECK_EQ(text_clean(in, &secrets, charset, out, sizeof out), strlen(out));
    return out;
}

TEST(text_without_anything_special_stays_as_it_is)
{
    CHECK_STR(clean("space_0.jpg: 404 Not Found", TEXT_UTF8),
              "space_0.jpg: 404 Not Found");
    CHECK_STR(clean("", TEXT_UTF8), "");
    CHECK_STR(clean("Zażółć 🔭", TEXT_UTF8), "Zażółć 🔭");
}

TEST(text_shows_control_characters_instead_of_obeying_them)
{
    CHECK_STR(clean("a\x1b[2Jb\r\n\tc\x7f", TEXT_UTF8),
              "a\\x1b[2Jb\\x0d\\x0a\\x09c\\x7f");
    CHECK_STR(clean("\xc2\x9b"
                    "31m",
                    TEXT_UTF8),
              "\\u{9b}31m");
    CHECK_STR(clean("gpj.\xe2\x80\xae"
                    "exe",
                    TEXT_UTF8),
              "gpj.\\u{202e}exe");
}

TEST(text_shows_broken_characters_byte_by_byte)
{
    CHECK_STR(clean("\xff\xc3", TEXT_UTF8), "\\xff\\xc3");
    CHECK_STR(clean("\xc0\x8a", TEXT_UTF8),
              "\\xc0\\x8a"); /* overlong newline */
    CHECK_STR(clean("\xed\xa0\x80", TEXT_UTF8),
              "\\xed\\xa0\\x80"); /* surrogate */
    CHECK_STR(clean("\xf4\x90\x80\x80", TEXT_UTF8), "\\xf4\\x90\\x80\\x80");
    CHECK_STR(clean("\xe2\x80", TEXT_UTF8), "\\xe2\\x80"); /* cut */
}

TEST(text_keeps_to_ascii_where_asked)
{
    CHECK_STR(clean("caf\xc3\xa9 \xf0\x9f\x94\xad", TEXT_ASCII),
              "caf\\u{e9} \\u{1f52d}");
}

TEST(text_hides_secrets_wherever_they_stand)
{
    CHECK_STR(clean("key s3cr3t-key, twice s3cr3t-key", TEXT_UTF8),
              "key ***, twice ***");
    CHECK_STR(clean("GET /apod?api_key=other&count=10", TEXT_UTF8),
              "GET /apod?api_key=***&count=10");
    CHECK_STR(clean("?API_KEY=other#top", TEXT_UTF8), "?API_KEY=***#top");
    CHECK_STR(clean("http://user:pw@host/a@b", TEXT_UTF8),
              "http://***@host/a@b");
    CHECK_STR(clean("http://us@er:p@host/", TEXT_UTF8), "http://***@host/");
    CHECK_STR(clean("http://host/?q=a@b", TEXT_UTF8), "http://host/?q=a@b");
    CHECK_STR(clean("abcdef", TEXT_UTF8), "abcdef"); /* too short to be one */
    CHECK_STR(clean("denied: s3cr3t-key (http://h/s3cr3t-key/x)", TEXT_UTF8),
              "denied: *** (http://h/***/x)");
    CHECK_STR(clean("from http://u@h/ to http://v@i/", TEXT_UTF8),
              "from http://***@h/ to http://***@i/");
}

TEST(text_hides_secret_parameters_whatever_their_spelling)
{
    CHECK_STR(clean("x?API-KEY=abc#f", TEXT_UTF8), "x?API-KEY=***#f");
    CHECK_STR(clean("x?api%5Fkey=abc;b=1", TEXT_UTF8), "x?api%5Fkey=***;b=1");
    CHECK_STR(clean("x?X-Amz-Signature=a,c", TEXT_UTF8),
              "x?X-Amz-Signature=***");
    CHECK_STR(clean("cannot get \"h?token=a b\": no", TEXT_UTF8),
              "cannot get \"h?token=*** b\": no");
    CHECK_STR(clean("?token=a\x1b[2J&b", TEXT_UTF8), "?token=***&b");
    CHECK_STR(clean("the key = none, monkey=1", TEXT_UTF8),
              "the key = none, monkey=1");
    CHECK_STR(clean("https://a.example/b?date=2024-01-01&hd=1#key", TEXT_UTF8),
              "https://a.example/b?date=2024-01-01&hd=1#key");
}

TEST(text_that_is_too_long_is_cut_between_letters)
{
    char out[12];

    CHECK_EQ(text_clean("abcdefg\xc3\xb6\xc3\xb6\xc3\xb6", NULL, TEXT_UTF8, out,
                        sizeof out),
             10);
    CHECK_STR(out, "abcdefg...");
    CHECK_EQ(text_clean("abcdefghijk", NULL, TEXT_UTF8, out, sizeof out), 11);
    CHECK_STR(out, "abcdefghijk");
    text_clean("abcdefghij\n", NULL, TEXT_UTF8, out, sizeof out);
    CHECK_STR(out, "abcdefgh...");
    text_clean("abcdefghi?key=1", NULL, TEXT_UTF8, out, sizeof out);
    CHECK_STR(out, "abcdefgh...");
}

TEST(text_of_a_command_line_can_be_typed_again_without_its_key)
{
    char words[][16] = { "/bin/x",        "apod",           "--api-key", "abc",
                         "--out",         "my run",         "it's",      "",
                         "--api-key=def", "http://h/?key=1" };
    char *argv[10];
    char out[256];

    for (int i = 0; i < 10; i++)
        argv[i] = words[i];
    text_command_line("starling", 10, argv, NULL, out, sizeof out);
    CHECK_STR(out, "starling apod --api-key '***' --out 'my run' 'it'\\''s' '' "
                   "'--api-key=***' 'http://h/?key=***'");
}

TEST(text_calls_a_server_the_same_however_its_urls_are_written)
{
    char out[TEXT_HOST_SIZE], url[400];

    CHECK_STR(text_host("http://Example.COM/a?b#c", out), "example.com");
    CHECK_STR(text_host("http://example.com:80", out), "example.com");
    CHECK_STR(text_host("HTTPS://example.com:443/", out), "example.com");
    CHECK_STR(text_host("https://example.com:80/", out), "example.com:80");
    CHECK_STR(text_host("http://me:pw@[::1]:8080/x", out), "[::1]:8080");
    CHECK_STR(text_host("http://a\x1b.b/", out), "a?.b");
    CHECK(text_host("pictures/a.jpg", out) == NULL);
    CHECK(text_host("a?u=http://x/", out) == NULL);
    snprintf(url, sizeof url, "http://%0300d/", 1);
    CHECK_EQ(strlen(text_host(url, out)), TEXT_HOST_SIZE - 1);
}

static void check_json(const char *text)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    char *made = text_json(value, JSON_COMPACT | JSON_ENCODE_ANY);

    CHECK_STR(made, text);
    free(made);
    json_decref(value);
}

TEST(numbers_in_json_have_the_digits_that_they_need)
{
    check_json("{\"a\":0.1,\"b\":[3.14503,1e-300],\"c\":7}");
    check_json("3.141592653589793");
    check_json("[0.30000000000000004]"); /* all 17 are needed */
    check_json("{\"a\":\"0.10000000000000001\"}");
}

TEST(what_was_measured_has_six_digits)
{
    json_t *value = text_json_measured((double)3.14503f);
    char *made = text_json(value, JSON_ENCODE_ANY);

    CHECK_STR(made, "3.14503");
    free(made);
    json_decref(value);
}
