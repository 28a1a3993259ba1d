/* Who may fetch what, by RFC 9309 and its examples. */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "fetch/robots.h"

static bool allows(const char *file, const char *path)
{
    robots *robots = robots_parse(file, strlen(file), "starling/1.0 (x)");
    char url[400];
    bool answer;

    CHECK(robots != NULL);
    snprintf(url, sizeof url, "https://example.com%s", path);
    answer = robots_allows(robots, url);
    robots_free(robots);
    return answer;
}

TEST(robots_without_a_word_for_us_allow_everything)
{
    CHECK(allows("", "/a"));
    CHECK(allows("User-agent: other\nDisallow: /\n", "/a"));
    CHECK(allows("Disallow: /\n", "/a")); /* of no group */
    CHECK(allows("User-agent: *\nDisallow:\n", "/a"));
    CHECK(allows("<html>User-agent * Disallow /</html>", "/a"));
}

TEST(robots_of_everybody_hold_unless_a_group_names_us)
{
    static const char file[] = "User-Agent: *\nDisallow: /\n\n"
                               "User-agent: STARLING\nDisallow: /x # no\n";

    CHECK(allows(file, "/a"));
    CHECK(!allows(file, "/x/y"));
    CHECK(!allows("user-agent : *\r\ndisallow : /\r\n", "/a"));
    CHECK(!allows("\xef\xbb\xbfUser-agent: *\rDisallow: /\r", "/a"));
    /* A name that only begins like ours is somebody else's. */
    CHECK(allows("User-agent: starlings\nDisallow: /\n", "/a"));
    CHECK(allows("User-agent: star\nDisallow: /\n", "/a"));
    /* Ours with a version, and without a rule: nothing is forbidden. */
    CHECK(!allows("User-agent: starling/2\nDisallow: /\n", "/a"));
    CHECK(allows("User-agent: *\nDisallow: /\nUser-agent: starling\n", "/a"));
}

TEST(robots_groups_that_name_the_same_program_are_one)
{
    static const char file[] = "User-agent: other\nUser-agent: starling\n"
                               "Disallow: /a\n\nSitemap: /s\n"
                               "User-agent: *\nDisallow: /b\n"
                               "User-agent: starling\nDisallow: /c\n";

    CHECK(!allows(file, "/a"));
    CHECK(allows(file, "/b"));
    CHECK(!allows(file, "/c"));
}

TEST(robots_let_the_longest_rule_decide)
{
    static const char file[] = "User-agent: *\nDisallow: /a/\nAllow: /a/b\n"
                               "Disallow: /a/b/c.jpg\nDisallow: /same\n"
                               "Allow: /same\n";

    CHECK(!allows(file, "/a/x"));
    CHECK(allows(file, "/a/b/x"));
    CHECK(!allows(file, "/a/b/c.jpg"));
    CHECK(allows(file, "/same"));
    CHECK(allows(file, "/a"));
    CHECK(allows("User-agent: *\nDisallow: /\n", "/robots.txt"));
}

static bool blocks(const char *pattern, const char *path)
{
    char file[300];

    snprintf(file, sizeof file, "User-agent: *\nDisallow: %s\n", pattern);
    return !allows(file, path);
}

TEST(robots_patterns_have_stars_and_ends)
{
    CHECK(blocks("/*.gif$", "/a/b.gif"));
    CHECK(!blocks("/*.gif$", "/a/b.gif?x"));
    CHECK(blocks("/*.gif", "/a/b.gif?x"));
    CHECK(blocks("/a*b*c", "/axxbxxcxx"));
    CHECK(!blocks("/a*b*c", "/axxcxxb"));
    CHECK(blocks("/fish*", "/fish"));
    CHECK(blocks("*/x", "/a/x"));
    CHECK(blocks("/$", "/"));
    CHECK(!blocks("/$", "/a"));
    CHECK(blocks("/a$b", "/a$bc"));
    CHECK(blocks("/a?b=*", "/a?b=c"));
    CHECK(blocks("/", ""));
    CHECK(blocks("/*a*a*a*a*a*a*b", "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"));
    CHECK(!blocks("/*a*a*a*a*a*a*b", "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

TEST(robots_paths_are_compared_in_one_spelling)
{
    CHECK(blocks("/~joe/", "/%7Ejoe/x"));
    CHECK(blocks("/%7ejoe/", "/~joe/x"));
    CHECK(blocks("/a%3cd", "/a%3Cd"));
    CHECK(blocks("/\xe3\x83\x84", "/%E3%83%84"));
    CHECK(!blocks("/a%2fb", "/a/b")); /* a slash that is part of a name */
    CHECK(blocks("/a%2fb", "/a%2Fb"));
}

static bool tag_allows(const char *tag)
{
    const char *word;

    return robots_tag_allows(tag, "starling/1.0", &word);
}

TEST(robots_tags_are_obeyed_where_they_mean_us)
{
    const char *word;

    CHECK(tag_allows(NULL) && tag_allows("") && tag_allows("all, nofollow"));
    CHECK(!tag_allows("noai") && !tag_allows("NoImageAI"));
    CHECK(!tag_allows("nofollow , noindex"));
    CHECK(!tag_allows("none"));
    CHECK(tag_allows("otherbot: noai, noindex"));
    CHECK(!tag_allows("otherbot: noai\nnoindex"));
    CHECK(!tag_allows("otherbot: noai, starling: noindex"));
    CHECK(!tag_allows("Starling: noai"));
    CHECK(tag_allows("unavailable_after: 25 Jun 2010 15:00:00 PST"));
    CHECK(!tag_allows("max-snippet: 3, noai"));
    CHECK(!robots_tag_allows("noimageai", "x", &word));
    CHECK_STR(word, "noimageai");
}

TEST(robots_files_of_any_bytes_do_no_harm)
{
    unsigned random = 7;
    char bytes[2000];

    for (int round = 0; round < 300; round++) {
        robots *robots;

        for (size_t i = 0; i < sizeof bytes; i++) {
            static const char some[] = "User-agent:Disallow/*$%#\r\n \xff\t";

            random = random * 1103515245 + 12345;
            bytes[i] = some[(random >> 16) % sizeof some];
        }
        robots = robots_parse(bytes, sizeof bytes, "starling");
        (void)robots_allows(robots, "http://a/b%");
        robots_free(robots);
    }
}

TEST(robots_files_have_as_many_rules_as_fit_into_them)
{
    enum { COUNT = 20000 };
    char *file = malloc(ROBOTS_SIZE_MAX), path[40];
    size_t size = (size_t)sprintf(file, "User-agent: *\n");

    /* Sorted neither up nor down, and each one twice, once with a friend. */
    for (int i = 0; i < COUNT; i++)
        size += (size_t)sprintf(file + size, "Disallow: /%05d/\n",
                                (int)(i * 7919LL % COUNT));
    size += (size_t)sprintf(file + size, "Disallow: /00077/open\n"
                                         "Allow: /00077/open\n"
                                         "Allow: /*/free$\n");
    CHECK(size < ROBOTS_SIZE_MAX);
    for (int i = 0; i < COUNT; i += 1111) {
        snprintf(path, sizeof path, "/%05d/a", i);
        CHECK(!allows(file, path));
    }
    CHECK(!allows(file, "/19999/"));
    CHECK(allows(file, "/19999"));
    CHECK(allows(file, "/20000/a"));
    CHECK(allows(file, "/00077/open"));
    CHECK(!allows(file, "/00077/ope"));
    CHECK(allows(file, "/19999/free")); /* as long, and the later one */
    CHECK(!allows(file, "/19999/freedom"));
    free(file);
}

/* As many rules as there is room for, each of them costly. */
TEST(robots_files_that_are_made_to_take_long_do_not)
{
    enum { RULE = 15, COUNT = ROBOTS_SIZE_MAX / RULE };
    char *file = malloc(ROBOTS_SIZE_MAX + 100), url[1500];
    size_t size = (size_t)sprintf(file, "User-agent: *\n");
    robots *robots;

    for (int i = 0; i < COUNT - 2; i++)
        size += (size_t)sprintf(file + size, "Disallow:*a*b\n");
    robots = robots_parse(file, size, "starling");
    snprintf(url, sizeof url, "http://a/%01400d", 0);
    for (char *at = url + 9; *at != '\0'; at++)
        *at = 'a';
    CHECK(robots_allows(robots, url));
    robots_free(robots);
    free(file);
}
