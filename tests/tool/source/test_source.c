/* Promises of the sources: answers of the service, folders, lists. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/apod.h"
#include "source/days.h"
#include "source/inputs.h"
#include "support/test.h"

static char error[APOD_ERROR_MAX];

static int parse(const char *text, apod_list *list)
{
    return apod_parse(text, strlen(text), list, error);
}

TEST(the_best_picture_of_a_day_is_taken)
{
    apod_list list;

    CHECK_EQ(parse("[{\"date\":\"2024-01-01\",\"title\":\"T\",\"url\":\"http://"
                   "a/s.jpg\",\"hdurl\":\"http://a/l.jpg\",\"media_type\":"
                   "\"image\"},{\"url\":\"http://a/v\",\"media_type\":"
                   "\"video\"},{\"media_type\":\"image\",\"hdurl\":\"\"},"
                   "{\"media_type\":\"other\"},{\"url\":\"http://a/o.jpg\"}]",
                   &list),
             0);
    CHECK_EQ(list.count, 5);
    CHECK_STR(list.days[0].url, "http://a/l.jpg");
    CHECK_STR(list.days[0].title, "T");
    CHECK(list.days[1].url == NULL);
    CHECK_STR(list.days[1].lack, "video");
    CHECK_STR(list.days[2].lack, "no picture address");
    CHECK_STR(list.days[3].lack, "no picture");
    CHECK_STR(list.days[4].url, "http://a/o.jpg");
    apod_list_fini(&list);
}

TEST(a_video_has_a_picture_if_its_thumbnail_was_asked_for)
{
    apod_query query = { .base_url = "http://x",
                         .api_key = "k",
                         .date = "2024-01-01",
                         .thumbs = true };
    apod_list list;
    char url[200];

    CHECK_EQ(apod_url(&query, url, sizeof url), 0);
    CHECK_STR(url, "http://x/planetary/apod?api_key=k&date=2024-01-01"
                   "&thumbs=true");
    CHECK_EQ(parse("[{\"media_type\":\"video\",\"url\":\"http://v/1\","
                   "\"thumbnail_url\":\"http://t/1.jpg\"},"
                   "{\"media_type\":\"video\",\"thumbnail_url\":\"\"}]",
                   &list),
             0);
    CHECK_STR(list.days[0].url, "http://t/1.jpg");
    CHECK(list.days[0].lack == NULL);
    CHECK(list.days[1].url == NULL);
    apod_list_fini(&list);
}

TEST(days_are_counted_across_months_years_and_leap_days)
{
    char text[DAYS_TEXT_SIZE];

    CHECK_EQ(days_of("1970-01-01"), 0);
    CHECK_EQ(days_of("2024-03-01") - days_of("2024-02-28"), 2);
    CHECK_EQ(days_of("2100-03-01") - days_of("2100-02-28"), 1);
    for (int32_t day = days_of("1995-06-16"); day < 40000; day++) {
        days_text(day, text);
        CHECK_EQ(days_of(text), day);
    }
}

/* 05:00 UTC is midnight there in winter, 04:00 in summer; the clocks change
 * at two in the morning. */
TEST(the_service_s_day_changes_at_midnight_in_the_east_of_the_usa)
{
    static const struct {
        time_t now;
        const char *day;
    } moments[] = {
        { 1704085199, "2023-12-31" }, /* 2024-01-01 04:59:59 UTC */
        { 1704085200, "2024-01-01" }, /* 05:00:00 */
        { 1719806399, "2024-06-30" }, /* 2024-07-01 03:59:59 */
        { 1719806400, "2024-07-01" }, /* 04:00:00 */
        { 1710046799, "2024-03-09" }, /* the day before summer time: 04:59:59 */
        { 1710046800, "2024-03-10" }, /* its first day begins in winter time */
        { 1710129600, "2024-03-11" }, /* 2024-03-11 04:00:00, in summer time */
        { 1730606400, "2024-11-03" }, /* 2024-11-03 04:00:00: still summer */
        { 1730696399, "2024-11-03" }, /* 2024-11-04 04:59:59: winter again */
        { 1730696400, "2024-11-04" },
    };
    char text[DAYS_TEXT_SIZE];

    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        days_text(days_eastern(moments[i].now), text);
        CHECK_STR(text, moments[i].day);
    }
}

TEST(one_day_alone_is_a_list_of_one)
{
    apod_list list;

    CHECK_EQ(parse("{\"media_type\":\"image\",\"url\":\"http://a/b\"}", &list),
             0);
    CHECK_EQ(list.count, 1);
    apod_list_fini(&list);
}

TEST(what_is_no_answer_is_named)
{
    apod_list list;

    CHECK_EQ(parse("<html>", &list), -EPROTO);
    CHECK(strstr(error, "not JSON") != NULL);
    CHECK_EQ(parse("{\"a\":1}", &list), -EPROTO);
    CHECK_EQ(parse("", &list), -EPROTO);
    CHECK_EQ(parse("[1, \"x\", null, [[]]]", &list), 0);
    CHECK_EQ(list.count, 4);
    CHECK(list.days[2].url == NULL);
    apod_list_fini(&list);
}

TEST(the_service_s_own_words_are_found)
{
    static const char gateway[] =
        "{\"error\":{\"code\":\"API_KEY_INVALID\",\"message\":\"No good.\"}}";
    static const char service[] = "{\"code\":400,\"msg\":\"Too many.\"}";
    char words[APOD_ERROR_MAX];

    apod_error_words(gateway, strlen(gateway), words);
    CHECK_STR(words, "No good.");
    apod_error_words(service, strlen(service), words);
    CHECK_STR(words, "Too many.");
    apod_error_words("oops", 4, words);
    CHECK_STR(words, "");
}

TEST(a_key_cannot_smuggle_parameters)
{
    apod_query query = { .base_url = "http://x",
                         .api_key = "a&count=100",
                         .count = 3 };
    char url[200];

    CHECK_EQ(apod_url(&query, url, sizeof url), 0);
    CHECK_STR(url, "http://x/planetary/apod?api_key=a%26count%3D100&count=3");
    CHECK_EQ(apod_url(&query, url, 20), -ENAMETOOLONG);
}

static char seen[4096];

static int note(void *context, const input *input)
{
    (void)context;
    snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "%s%s%s\n",
             strrchr(input->where, '/') ? strrchr(input->where, '/') + 1
                                        : input->where,
             input->problem ? ": " : "", input->problem ? input->problem : "");
    return 0;
}

static void touch(const char *name)
{
    int fd = open(name, O_CREAT | O_WRONLY, 0600);

    CHECK(fd >= 0);
    close(fd);
}

TEST(a_folder_becomes_its_pictures_in_order_and_loops_end)
{
    inputs_options none = { 0 };

    CHECK_EQ(chdir(test_folder()), 0);
    mkdir("sub", 0700);
    mkdir(".hidden", 0700);
    touch("b.jpg");
    touch("a.PNG");
    touch("notes.txt");
    touch("notes.txt.gz");
    touch("sub/c.fits");
    touch("sub/d.FITS.gz");
    touch("sub/e.fit.bz2");
    touch("sub/f.fits.zst");
    touch(".hidden/d.jpg");
    mkfifo("e.jpg", 0600);
    CHECK_EQ(symlink("..", "sub/loop.jpg"), 0);
    CHECK_EQ(symlink("b.jpg", "z.jpg"), 0);
    CHECK_EQ(inputs_expand(".", &none, note, NULL), 0);
    CHECK_STR(seen, "a.PNG\nb.jpg\ne.jpg: a FIFO, not a picture file\n"
                    "c.fits\nd.FITS.gz\ne.fit.bz2\nf.fits.zst\nz.jpg\n");
}

TEST(the_run_s_own_folder_is_no_input)
{
    inputs_options options = { 0 };
    struct stat info;

    CHECK_EQ(chdir(test_folder()), 0);
    mkdir("run", 0700);
    touch("run/x.jpg");
    touch("y.jpg");
    CHECK_EQ(stat("run", &info), 0);
    options.skip[options.skip_count++] =
        (struct inputs_skip){ info.st_dev, info.st_ino };
    CHECK_EQ(inputs_expand(".", &options, note, NULL), 0);
    CHECK_STR(seen, "y.jpg\n");
}

TEST(what_is_typed_and_missing_is_a_problem_by_name)
{
    inputs_options none = { 0 };

    CHECK_EQ(inputs_expand("/nowhere/x.jpg", &none, note, NULL), 0);
    CHECK_EQ(inputs_expand("HTTP://a/b.jpg", &none, note, NULL), 0);
    CHECK_EQ(inputs_expand("/dev/null", &none, note, NULL), 0);
    CHECK_EQ(inputs_expand("ftp://a/c.jpg", &none, note, NULL), 0);
    CHECK_STR(seen, "x.jpg: there is no such file\nb.jpg\n"
                    "null: a device, not a picture file\n"
                    "c.jpg: only http and https URLs are fetched, and there is "
                    "no such file\n");
}

TEST(a_file_url_stands_for_its_path_and_no_pattern)
{
    inputs_options none = { 0 };
    char url[PATH_MAX + 64];
    const char *folder = test_folder();

    CHECK_EQ(chdir(folder), 0);
    touch("a b.jpg");
    touch("c*.jpg");
    touch("cd.jpg");
    snprintf(url, sizeof url, "file://%s/a%%20b.jpg?x#y", folder);
    CHECK(inputs_missing(url) == NULL);
    CHECK_EQ(inputs_expand(url, &none, note, NULL), 0);
    snprintf(url, sizeof url, "FILE://localhost%s/c%%2a.jpg", folder);
    CHECK_EQ(inputs_expand(url, &none, note, NULL), 0);
    snprintf(url, sizeof url, "file:%s/c*.jpg", folder);
    CHECK_EQ(inputs_expand(url, &none, note, NULL), 0);
    snprintf(url, sizeof url, "file://%s/c%%3F.jpg", folder);
    CHECK_STR(inputs_missing(url), "there is no such file");
    CHECK_STR(inputs_missing("file://h/a.jpg"),
              "a file of another machine; those of this one are "
              "file:///PATH");
    CHECK_STR(inputs_missing("file:///a%00b.jpg"),
              "a % in a file: URL begins the two digits of a byte; write the "
              "path, or %25 for %");
    CHECK_STR(inputs_missing("file:///a%2"), inputs_missing("file:///%zz"));
    CHECK_STR(inputs_missing("file:a.jpg"), "there is no such file");
    CHECK_STR(seen, "a b.jpg\nc*.jpg\nc*.jpg\n");
}

TEST(what_cannot_be_there_is_known_without_looking_into_folders)
{
    CHECK_EQ(chdir(test_folder()), 0);
    touch("[x].jpg");
    CHECK(inputs_missing(".") == NULL);
    CHECK(inputs_missing("[x].jpg") == NULL);
    CHECK(inputs_missing("**/z*") == NULL);
    CHECK(inputs_missing("https://h/z.jpg") == NULL);
    CHECK_STR(inputs_missing("z.jpg"), "there is no such file");
    CHECK_STR(inputs_missing("[x].jpg/z"), "Not a directory");
}

TEST(a_pattern_stands_for_the_files_that_fit)
{
    inputs_options none = { 0 };

    CHECK_EQ(chdir(test_folder()), 0);
    mkdir("p", 0700);
    mkdir("p/q", 0700);
    touch("p/a1.jpg");
    touch("p/b1.jpg");
    touch("p/q/a2.jpg");
    touch("p/q/a3.txt");
    touch("p/[x].jpg");
    CHECK_EQ(inputs_expand("p/a?.jpg", &none, note, NULL), 0);
    CHECK_EQ(inputs_expand("p/[x].jpg", &none, note, NULL), 0);
    CHECK_EQ(inputs_expand("p/**/a*", &none, note, NULL), 0);
    CHECK_EQ(inputs_expand("**/a2.*", &none, note, NULL), 0);
    CHECK_EQ(inputs_expand("p/z*", &none, note, NULL), 0);
    CHECK_STR(seen, "a1.jpg\n[x].jpg\na1.jpg\na2.jpg\na2.jpg\n"
                    "z*: no file fits the pattern p/z*\n");
}

TEST(a_pattern_may_stand_for_folders_on_the_way)
{
    inputs_options none = { 0 };

    CHECK_EQ(chdir(test_folder()), 0);
    mkdir("p1", 0700);
    mkdir("p2", 0700);
    mkdir("p2/.h", 0700);
    touch("p1/a.jpg");
    touch("p2/a.jpg");
    touch("p2/b*.jpg");
    touch("p2/.h/c.jpg");
    touch("p3");
    CHECK_EQ(symlink("nowhere", "p2/d.jpg"), 0);
    CHECK_EQ(symlink("somebody@somewhere.123", "p2/.#a.jpg"), 0);
    CHECK_EQ(inputs_expand("p?//a.jp[g]", &none, note, NULL), 0);
    CHECK_EQ(inputs_expand("p*/", &none, note, NULL), 0);
    CHECK_EQ(inputs_expand("p2/b\\*.*", &none, note, NULL), 0);
    CHECK_EQ(inputs_expand("p2/*/c.jpg", &none, note, NULL), 0);
    CHECK_EQ(inputs_expand("p2/.*/c.*", &none, note, NULL), 0);
    CHECK_EQ(inputs_expand("p2/d*", &none, note, NULL), 0);
    CHECK_STR(seen, "a.jpg\na.jpg\na.jpg\na.jpg\nb*.jpg\n"
                    "d.jpg: a link to a file that is not there\nb*.jpg\n"
                    "c.jpg: no file fits the pattern p2/*/c.jpg\nc.jpg\n"
                    "d.jpg: a link to a file that is not there\n");
}
