/* The command line says what it means, or is told in one line why not. */
#include "cli/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/test.h"

static struct options options;
static options_error error;

/* Parse the words after "starling", up to NULL. */
#define PARSE(...)                                                             \
    parse_words((const char *[]){ "starling", __VA_ARGS__, NULL })

static int parse_words(const char *words[])
{
    int count = 0, rc;

    while (words[count] != NULL)
        count++;
    options_fini(&options);
    rc = options_parse(count, (char **)words, &options, &error);
    return rc < 0 ? rc : options_check(&options, &error);
}

TEST(options_have_the_defaults_that_the_help_promises)
{
    CHECK_EQ(PARSE("apod"), 0);
    CHECK_EQ(options.command, COMMAND_APOD);
    CHECK_EQ(options.count, 10);
    CHECK_STR(options.api_key, "DEMO_KEY");
    CHECK_STR(options.out, "starling-run");
    CHECK_EQ(options.downloads, 64);
    CHECK_EQ(options.per_host, 0);
    CHECK_EQ(options.workers, 0);
    CHECK_EQ(options.timeout, SL_S(120));
    CHECK_EQ(options.retries, 4);
    CHECK_EQ(options.max_bytes, 256 << 20);
    CHECK_EQ(options.max_pixels, 100000000);
    CHECK_EQ(options.executor, EXECUTOR_PROCESS);
    CHECK_EQ(options.sync, SYNC_BATCH);
    CHECK(options.base_url == NULL && options.proxy == NULL);
    CHECK(!options.fresh && !options.json && !options.allow_private);
    options_fini(&options);
}

TEST(options_take_values_with_and_without_an_equals_sign)
{
    CHECK_EQ(PARSE("stars", "--workers=3", "a.jpg", "--executor", "thread",
                   "--json", "-", "--timeout", "1.5", "--", "--odd.jpg"),
             0);
    CHECK_EQ(options.workers, 3);
    CHECK_EQ(options.executor, EXECUTOR_THREAD);
    CHECK_EQ(options.timeout, SL_MS(1500));
    CHECK(options.json);
    CHECK_EQ(options.input_count, 3);
    CHECK_STR(options.inputs[0], "a.jpg");
    CHECK_STR(options.inputs[1], "-");
    CHECK_STR(options.inputs[2], "--odd.jpg");
    CHECK_EQ(PARSE("stars", "--out=--odd", "a"), 0);
    CHECK_STR(options.out, "--odd");
    options_fini(&options);
}

TEST(options_let_the_last_of_several_values_count)
{
    CHECK_EQ(PARSE("apod", "--count", "3", "--count=4"), 0);
    CHECK_EQ(options.count, 4);
    options_fini(&options);
}

static void check_refused(int rc, const char *text)
{
    CHECK_EQ(rc, -EINVAL);
    CHECK_STR(error.text, text);
    options_fini(&options);
}

TEST(options_suggest_what_an_unknown_one_may_have_meant)
{
    check_refused(PARSE("apod", "--cuont", "5"),
                  "unknown option '--cuont'; did you mean '--count'?");
    check_refused(PARSE("stars", "--xyzzy"),
                  "unknown option '--xyzzy'; try --help");
    check_refused(PARSE("stars", "-x"), "unknown option '-x'; try --help");
    check_refused(PARSE("star", "a"),
                  "unknown command 'star'; did you mean 'stars'?");
    check_refused(PARSE("bake"), "unknown command 'bake'; try --help");
    check_refused(PARSE("/"), "say what to do with it: starling stars /, or "
                              "thumbs, or edges");
    check_refused(PARSE("https://me:secret@host/a.jpg"),
                  "say what to do with it: starling stars URL, or thumbs, or "
                  "edges");
    check_refused(PARSE("stars", "--per_host", "3"),
                  "unknown option '--per_host'; did you mean '--per-host'?");
}

TEST(options_say_which_command_has_the_option)
{
    check_refused(PARSE("stars", "--count", "3", "a"),
                  "'--count' is an option of 'apod', not of 'stars'");
    check_refused(PARSE("edges", "--widths", "3", "a"),
                  "'--widths' is an option of 'thumbs', 'run', 'compare', not "
                  "of 'edges'");
    check_refused(PARSE("apod", "--images-dir", "x"),
                  "'images-dir' is set in the config file, not by an option");
}

TEST(options_say_what_a_value_should_have_been)
{
    check_refused(PARSE("apod", "--count", "0"),
                  "--count: '0' is not a number from 1 to 100");
    check_refused(PARSE("apod", "--workers", "10000"),
                  "--workers: '10000' is not a number from 1 to 1024");
    check_refused(PARSE("apod", "--memory", "lots"),
                  "--memory: 'lots' is not a size from 1M to 1T, such as 64K, "
                  "256M or 1.5G");
    check_refused(PARSE("apod", "--timeout", "0"),
                  "--timeout: '0' is not a time from 0.001s to 86400s, such "
                  "as 120, 90s or 2m");
    check_refused(PARSE("apod", "--executor", "threads"),
                  "--executor: 'threads' is not one of process|thread|inline");
    check_refused(
        PARSE("apod", "--date", "2023-02-29"),
        "--date: '2023-02-29' is not a day such as 2024-05-31, or today");
    check_refused(PARSE("apod", "--out", ""),
                  "--out: '' is not the name of a file or folder");
    check_refused(PARSE("apod", "--count"), "--count wants a value: --count N");
    check_refused(PARSE("apod", "--out", "--fresh"),
                  "--out wants a value: --out RUN");
    check_refused(PARSE("apod", "--fresh=yes"), "--fresh takes no value");
    check_refused(PARSE("stars", "a.png", ""), "an input is an empty word");
}

TEST(options_take_a_range_of_workers_only_where_it_means_something)
{
    CHECK_EQ(PARSE("compare", "--workers", "2..8", "a"), 0);
    CHECK_EQ(options.workers_from, 2);
    CHECK_EQ(options.workers, 8);
    options_fini(&options);
    CHECK_EQ(PARSE("compare", "--workers", "3", "a"), 0);
    CHECK_EQ(options.workers_from, 3);
    CHECK_EQ(options.workers, 3);
    options_fini(&options);
    check_refused(PARSE("stars", "--workers", "1..2", "a"),
                  "a range of --workers is for compare: name one number");
    check_refused(PARSE("compare", "--workers", "3..2"),
                  "--workers: '3..2' is not a range such as 1..4, the smaller "
                  "number first");
    check_refused(PARSE("compare", "--workers", "1.."),
                  "--workers: '1..' is not a number from 1 to 1024");
    check_refused(PARSE("compare", "--workers", "..4"),
                  "--workers: '..4' is not a number from 1 to 1024");
}

TEST(options_do_not_repeat_a_secret_in_an_error)
{
    check_refused(PARSE("apod", "--api-key", "my secret"),
                  "--api-key: the value is not plain text without blanks");
}

TEST(options_refuse_a_header_in_the_user_agent)
{
    check_refused(PARSE("apod", "--user-agent", "x\r\nCookie: y"),
                  "--user-agent: 'x\r\nCookie: y' is not plain text");
}

TEST(options_that_contradict_each_other_are_refused)
{
    check_refused(PARSE("apod", "--date", "2024-01-01", "--count", "5"),
                  "--count asks for random days: it does not go with --date, "
                  "--start-date or --end-date");
    check_refused(PARSE("apod", "--end-date", "2024-01-01"),
                  "--end-date wants a --start-date");
    check_refused(
        PARSE("apod", "--start-date", "2024-01-02", "--end-date", "2024-01-01"),
        "--start-date is after --end-date");
    check_refused(PARSE("apod", "--date", "1995-06-15"),
                  "the first picture of the day is of 1995-06-16");
    check_refused(PARSE("apod", "--fresh", "--resume"),
                  "--fresh clears what --resume would go on with: choose one "
                  "of them");
    check_refused(PARSE("apod", "--base-url", "ftp://host"),
                  "--base-url wants a URL that begins with http:// or "
                  "https://");
    check_refused(PARSE("apod", "a.jpg"),
                  "unexpected 'a.jpg': 'apod' takes options only");
    check_refused(PARSE("stars"), "no input: name pictures, folders or URLs, "
                                  "or a list with --urls");
    CHECK_EQ(PARSE(NULL), 0); /* no command: main shows the help */
    CHECK_EQ(PARSE("stars", "--urls", "list.txt"), 0);
    options_fini(&options);
}

TEST(options_refuse_the_placeholder_key_except_for_another_server)
{
    CHECK_EQ(PARSE("apod", "--api-key", "YOUR_NASA_API_KEY_HERE"), -EINVAL);
    CHECK(strstr(error.text, "still the placeholder") != NULL);
    CHECK_EQ(PARSE("apod", "--api-key", "YOUR_NASA_API_KEY_HERE", "--base-url",
                   "http://127.0.0.1:8000"),
             0);
    CHECK_EQ(PARSE("demo"), 0);
    options_fini(&options);
}

TEST(options_from_a_weaker_origin_lose)
{
    CHECK_EQ(PARSE("apod", "--workers", "2"), 0);
    CHECK_EQ(
        options_set(&options, "workers", "7", ORIGIN_CONFIG, "f:1", &error), 0);
    CHECK_EQ(options.workers, 2);
    CHECK_EQ(options_set(&options, "api_key", "kkkk", ORIGIN_ENVIRONMENT,
                         "NASA_API_KEY", &error),
             0);
    CHECK_EQ(
        options_set(&options, "api_key", "cccc", ORIGIN_CONFIG, "f:2", &error),
        0);
    CHECK_STR(options.api_key, "kkkk");
    CHECK_EQ(options_origin(&options, "api-key"), ORIGIN_ENVIRONMENT);
    CHECK_STR(options_place(&options, "api-key"), "NASA_API_KEY");
    CHECK_EQ(options_origin(&options, "workers"), ORIGIN_FLAG);
    CHECK(options_place(&options, "workers") == NULL);
    CHECK_EQ(options_origin(&options, "retries"), ORIGIN_DEFAULT);
    options_fini(&options);
}

TEST(options_that_lose_must_be_right_all_the_same)
{
    CHECK_EQ(PARSE("apod", "--workers", "2"), 0);
    check_refused(
        options_set(&options, "workers", "many", ORIGIN_CONFIG, "f:1", &error),
        "f:1: workers: 'many' is not a number from 1 to 1024");
}

TEST(options_ask_for_help_before_anything_else)
{
    CHECK_EQ(PARSE("--help"), 0);
    CHECK(options.help && options.command == COMMAND_NONE);
    CHECK_EQ(PARSE("demo", "-h"), 0);
    CHECK(options.help && options.command == COMMAND_DEMO);
    CHECK_EQ(PARSE("help", "demo"), 0);
    CHECK(options.help && options.command == COMMAND_DEMO);
    CHECK_EQ(PARSE("stars", "help"), 0); /* a file may be called so */
    CHECK(!options.help && options.input_count == 1);
    CHECK_EQ(PARSE("--version"), 0);
    CHECK(options.version);
    options_fini(&options);
}

TEST(options_read_parts_of_pictures_and_numbers_with_a_point)
{
    CHECK_EQ(PARSE("stars", "a.jpg", "--region", "640x480+100+20", "--mask",
                   "5x6+0+0,7x8+1+2", "--threshold", "4.5", "--star-width",
                   "3.25"),
             0);
    CHECK_EQ(options.region.count, 1);
    CHECK_EQ(options.region.areas[0].width, 640);
    CHECK_EQ(options.region.areas[0].y, 20);
    CHECK_EQ(options.mask.count, 2);
    CHECK_EQ(options.mask.areas[1].height, 8);
    CHECK_EQ(options.mask.areas[1].x, 1);
    CHECK_NEAR(options.threshold, 4.5, 1e-12);
    CHECK_NEAR(options.star_width, 3.25, 1e-12);
    CHECK_EQ(PARSE("stars", "a.jpg", "--region", "5x5+0+0,6x6+0+0"), -EINVAL);
    CHECK_EQ(PARSE("stars", "a.jpg", "--region", "5x5"), -EINVAL);
    CHECK_EQ(PARSE("stars", "a.jpg", "--region", "0x5+1+1"), -EINVAL);
    CHECK_EQ(PARSE("stars", "a.jpg", "--mask", "5x5+0+0,"), -EINVAL);
    CHECK_EQ(PARSE("stars", "a.jpg", "--mask", "5x5+99999+0"), -EINVAL);
    CHECK_EQ(PARSE("stars", "a.jpg", "--threshold", "1e3"), -EINVAL);
    CHECK_EQ(PARSE("stars", "a.jpg", "--threshold", "."), -EINVAL);
    CHECK_EQ(PARSE("stars", "a.jpg", "--star-width", "0.5"), -EINVAL);
    options_fini(&options);
}

TEST(options_of_one_name_are_those_of_the_command)
{
    CHECK_EQ(PARSE("edges", "a.jpg", "--threshold", "0"), 0);
    CHECK_EQ(options.edge_threshold, 0);
    CHECK_NEAR(options.threshold, 0, 0);
    /* A config file is read after the command line, and is weaker. */
    CHECK_EQ(options_set(&options, "edge_threshold", "50", ORIGIN_CONFIG, "f:1",
                         &error),
             0);
    CHECK_EQ(options.edge_threshold, 0);
    CHECK_EQ(
        options_set(&options, "threshold", "7.5", ORIGIN_CONFIG, "f:2", &error),
        0);
    CHECK_NEAR(options.threshold, 7.5, 0);
    options_fini(&options);
    check_refused(PARSE("edges", "a.jpg", "--threshold", "2.5"),
                  "--threshold: '2.5' is not a number from 0 to 765");
    check_refused(PARSE("stars", "a.jpg", "--threshold", "0.5"),
                  "--threshold: '0.5' is not a number from 1 to 1000, such as "
                  "2 or 3.5");
    CHECK_EQ(PARSE("run", "a.jpg", "--op", "edges", "--threshold", "2.5",
                   "--edge-threshold", "700"),
             0);
    CHECK_NEAR(options.threshold, 2.5, 0);
    CHECK_EQ(options.edge_threshold, 700);
    options_fini(&options);
}

TEST(options_tell_of_a_command_that_config_show_does_not_know)
{
    check_refused(PARSE("config", "show", "starz"),
                  "unknown command 'starz'; did you mean 'stars'?");
    options_fini(&options);
}

TEST(options_know_where_home_is_where_no_shell_does)
{
    setenv("HOME", "/home/me", 1);
    CHECK_EQ(PARSE("stars", "a", "--netrc=~/.netrc", "--out", "~/a"), 0);
    CHECK_STR(options.netrc, "/home/me/.netrc");
    CHECK_STR(options.out, "/home/me/a");
    CHECK_EQ(options_set(&options, "ca_file", "~/ca.pem", ORIGIN_CONFIG, "f:1",
                         &error),
             0);
    CHECK_STR(options.ca_file, "/home/me/ca.pem");
    CHECK_EQ(
        options_set(&options, "client_cert", "~", ORIGIN_CONFIG, "f:2", &error),
        0);
    CHECK_STR(options.client_cert, "~");
    CHECK_EQ(options_set(&options, "user_agent", "~/x", ORIGIN_CONFIG, "f:3",
                         &error),
             0);
    CHECK_STR(options.user_agent, "~/x");
    unsetenv("HOME");
    CHECK_EQ(options_set(&options, "log", "~/x", ORIGIN_CONFIG, "f:4", &error),
             0);
    CHECK_STR(options.log, "~/x");
    options_fini(&options);
}
