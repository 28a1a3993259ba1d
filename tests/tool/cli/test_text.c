/* What reaches a terminal steers nothing and tells no secret. */
#include "cli/text.h"

#include "support/test.h"

static const char *clean(const char *in, bool utf8)
{
    static char out[256];
    text_secrets secrets = { { "s3cr3t-key", NULL, "abc", NULL } };

    CHECK_EQ(text_clean(in, &secrets, utf8, out, sizeof out), strlen(out));
    return out;
}

TEST(text_without_anything_special_stays_as_it_is)
{
    CHECK_STR(clean("space_0.jpg: 404 Not Found", true),
              "space_0.jpg: 404 Not Found");
    CHECK_STR(clean("", true), "");
    CHECK_STR(clean("Zażółć 🔭", true), "Zażółć 🔭");
}

TEST(text_shows_control_characters_instead_of_obeying_them)
{
    CHECK_STR(clean("a\x1b[2Jb\r\n\tc\x7f", true),
              "a\\x1b[2Jb\\x0d\\x0a\\x09c\\x7f");
    CHECK_STR(clean("\xc2\x9b"
                    "31m",
                    true),
              "\\u{9b}31m");
    CHECK_STR(clean("gpj.\xe2\x80\xae"
                    "exe",
                    true),
              "gpj.\\u{202e}exe");
}

TEST(text_shows_broken_characters_byte_by_byte)
{
    CHECK_STR(clean("\xff\xc3", true), "\\xff\\xc3");
    CHECK_STR(clean("\xc0\x8a", true), "\\xc0\\x8a"); /* overlong newline */
    CHECK_STR(clean("\xed\xa0\x80", true), "\\xed\\xa0\\x80"); /* surrogate */
    CHECK_STR(clean("\xf4\x90\x80\x80", true), "\\xf4\\x90\\x80\\x80");
    CHECK_STR(clean("\xe2\x80", true), "\\xe2\\x80"); /* cut */
}

TEST(text_keeps_to_ascii_where_asked)
{
    CHECK_STR(clean("caf\xc3\xa9 \xf0\x9f\x94\xad", false),
              "caf\\u{e9} \\u{1f52d}");
}

TEST(text_hides_secrets_wherever_they_stand)
{
    CHECK_STR(clean("key s3cr3t-key, twice s3cr3t-key", true),
              "key ***, twice ***");
    CHECK_STR(clean("GET /apod?api_key=other&count=10", true),
              "GET /apod?api_key=***&count=10");
    CHECK_STR(clean("?API_KEY=other#top", true), "?API_KEY=***#top");
    CHECK_STR(clean("http://user:pw@host/a@b", true), "http://***@host/a@b");
    CHECK_STR(clean("http://us@er:p@host/", true), "http://***@host/");
    CHECK_STR(clean("http://host/?q=a@b", true), "http://host/?q=a@b");
    CHECK_STR(clean("abcdef", true), "abcdef"); /* too short to be one */
}

TEST(text_is_cut_between_characters)
{
    char out[8];

    CHECK_EQ(text_clean("1234567890", NULL, true, out, sizeof out), 7);
    CHECK_STR(out, "1234567");
    CHECK_EQ(text_clean("12345\xf0\x9f\x94\xad", NULL, true, out, sizeof out),
             5);
    CHECK_STR(out, "12345");
    CHECK_EQ(text_clean("1234\n5", NULL, true, out, sizeof out), 4);
    CHECK_STR(out, "1234");
    CHECK_EQ(text_clean("a", NULL, true, out, 1), 0);
    CHECK_STR(out, "");
}
