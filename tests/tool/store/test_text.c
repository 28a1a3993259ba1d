/* What must never reach a terminal, a log or the database. */
#include "store/text.h"

#include <stdbool.h>

#include "support/test.h"

static const char *escaped(const char *raw, enum text_charset charset)
{
    static char out[256];

    CHECK_EQ(text_escape(raw, charset, out, sizeof out), strlen(out));
    return out;
}

static const char *masked(const char *raw, const char *secret)
{
    static char out[256];

    text_mask(raw, secret, out, sizeof out);
    return out;
}

TEST(ordinary_words_stay_as_they_are)
{
    CHECK_STR(escaped("M 31 – Größe, 星", TEXT_UTF8), "M 31 – Größe, 星");
    CHECK_STR(masked("https://a.example/b?date=2024-01-01&hd=1#key", NULL),
              "https://a.example/b?date=2024-01-01&hd=1#key");
    CHECK_STR(masked("the key = none, monkey=1", NULL),
              "the key = none, monkey=1");
}

TEST(control_bytes_become_visible)
{
    CHECK_STR(escaped("a\x1b[2Jb\n\t\x7f", TEXT_UTF8),
              "a\\x1b[2Jb\\x0a\\x09\\x7f");
    CHECK_STR(escaped("\xc2\x9b", TEXT_UTF8), "\\u{9b}");
    CHECK_STR(escaped("\xe2\x80\xae"
                      "gpj.exe",
                      TEXT_UTF8),
              "\\u{202e}gpj.exe");
}

TEST(broken_utf8_becomes_visible)
{
    CHECK_STR(escaped("\xff\xc0\xaf\xe2\x82", TEXT_UTF8),
              "\\xff\\xc0\\xaf\\xe2\\x82");
    CHECK_STR(escaped("\xed\xa0\x80", TEXT_UTF8), "\\xed\\xa0\\x80");
    CHECK_STR(escaped("\xf4\x90\x80\x80", TEXT_UTF8), "\\xf4\\x90\\x80\\x80");
}

TEST(ascii_locales_get_ascii)
{
    CHECK_STR(escaped("Größe", TEXT_ASCII), "Gr\\u{f6}\\u{df}e");
}

TEST(a_text_that_is_too_long_is_cut_between_letters)
{
    char out[12];

    CHECK_EQ(text_escape("abcdefg\xc3\xb6\xc3\xb6\xc3\xb6", TEXT_UTF8, out,
                         sizeof out),
             10);
    CHECK_STR(out, "abcdefg...");
    CHECK_EQ(text_escape("abcdefghijk", TEXT_UTF8, out, sizeof out), 11);
    CHECK_STR(out, "abcdefghijk");
    text_mask("abcdefghijkl", NULL, out, sizeof out);
    CHECK_STR(out, "abcdefgh...");
}

TEST(secret_parameters_are_masked_whatever_their_spelling)
{
    CHECK_STR(masked("http://h/p?api_key=abc&count=2", NULL),
              "http://h/p?api_key=***&count=2");
    CHECK_STR(masked("x?API-KEY=abc#f", NULL), "x?API-KEY=***#f");
    CHECK_STR(masked("x?api%5Fkey=abc;b=1", NULL), "x?api%5Fkey=***;b=1");
    CHECK_STR(masked("x?X-Amz-Signature=abc", NULL), "x?X-Amz-Signature=***");
    CHECK_STR(masked("cannot get \"h?token=a b\": no", NULL),
              "cannot get \"h?token=*** b\": no");
}

TEST(user_and_password_of_a_url_are_masked)
{
    CHECK_STR(masked("https://me:pa@ss@host/p@q", NULL),
              "https://***@host/p@q");
    CHECK_STR(masked("from http://u@h/ to http://v@i/", NULL),
              "from http://***@h/ to http://***@i/");
}

TEST(the_secret_itself_is_masked_wherever_it_stands)
{
    CHECK_STR(
        masked("denied: sekret99 (http://h/sekret99/x?a=sekret99)", "sekret99"),
        "denied: *** (http://h/***/x?a=***)");
    CHECK(!text_mask("an a", "a", (char[16]){ 0 }, 16));
    CHECK(text_mask("k=sekret99", "sekret99", (char[16]){ 0 }, 16));
}

TEST(a_command_line_can_be_typed_again_without_its_key)
{
    char words[][16] = { "starling",      "apod",           "--api-key", "abc",
                         "--out",         "my run",         "it's",      "",
                         "--api-key=def", "http://h/?key=1" };
    char *argv[10];
    char out[256];

    for (int i = 0; i < 10; i++)
        argv[i] = words[i];
    text_command_line(10, argv, NULL, out, sizeof out);
    CHECK_STR(out, "starling apod --api-key '***' --out 'my run' 'it'\\''s' '' "
                   "'--api-key=***' 'http://h/?key=***'");
}
