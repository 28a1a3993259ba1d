/* The config file is read where it is expected, and each mistake in it is
 * found at once. */
#include "cli/config.h"
#include "cli/config_show.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/test.h"

static struct options options;
static options_error error;

static const char *write_file(const char *name, const char *text)
{
    static char path[512];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", test_folder(), name);
    file = fopen(path, "w");
    CHECK(file != NULL);
    CHECK(fputs(text, file) >= 0);
    CHECK_EQ(fclose(file), 0);
    return path;
}

static void start(char *command)
{
    char *argv[] = { "starling", command, NULL };

    options_fini(&options);
    CHECK_EQ(options_parse(2, argv, &options, &error), 0);
}

static int read_text(const char *text)
{
    return config_read_file(write_file("c.ini", text), &options, &error);
}

TEST(config_sets_key_folders_and_defaults)
{
    start("apod");
    CHECK_EQ(read_text("; mine\n"
                       "api_key = 0123456789abcdef\n"
                       "images_dir = originals   ; in the run's folder\n"
                       "processed-dir = /srv/marked\n"
                       "\n"
                       "  workers = 2\n"
                       "quiet = yes\n"
                       "max_bytes=1G"),
             0);
    CHECK_STR(options.api_key, "0123456789abcdef");
    CHECK_STR(options.images_dir, "originals");
    CHECK_STR(options.processed_dir, "/srv/marked");
    CHECK_EQ(options.workers, 2);
    CHECK_EQ(options.max_bytes, 1 << 30);
    CHECK(options.quiet);
    CHECK_EQ(options_origin(&options, "workers"), ORIGIN_CONFIG);
    CHECK(strstr(options_place(&options, "workers"), "/c.ini:6") != NULL);
    options_fini(&options);
}

TEST(config_sections_are_for_one_command)
{
    static const char text[] = "[stars]\nworkers = 3\n[starling]\nretries = 1\n"
                               "[apod]\nworkers = 5\n";

    start("stars");
    CHECK_EQ(read_text(text), 0);
    CHECK_EQ(options.workers, 3);
    CHECK_EQ(options.retries, 1);
    start("apod");
    CHECK_EQ(read_text(text), 0);
    CHECK_EQ(options.workers, 5);
    options_fini(&options);
}

static void check_mistake(const char *text, const char *words)
{
    const char *told;

    start("apod");
    CHECK_EQ(read_text(text), -EINVAL);
    told = strstr(error.text, "/c.ini");
    CHECK(told != NULL);
    CHECK_STR(told, words);
    options_fini(&options);
}

TEST(config_mistakes_are_told_with_file_and_line)
{
    check_mistake("retries = 1\n\nwokers = 2\n",
                  "/c.ini:3: unknown setting 'wokers'; did you mean "
                  "'workers'?");
    check_mistake("workers = 0\n",
                  "/c.ini:1: workers: '0' is not a number from 1 to 1024");
    check_mistake("workers = 1\nwhat is this\n",
                  "/c.ini:2: expected 'name = value'");
    check_mistake("[starz]\nworkers = 1\n",
                  "/c.ini:2: unknown section 'starz'");
    check_mistake("help = yes\n", "/c.ini:1: 'help' cannot be set here");
    check_mistake("images_dir =\n",
                  "/c.ini:1: images_dir: '' is not the name of a file or "
                  "folder");
    /* An indented line is a setting, too, not a second half. */
    check_mistake("out = a\n   b\n", "/c.ini:2: expected 'name = value'");
}

TEST(config_lines_that_are_too_long_are_refused)
{
    char text[1000] = "out = ";

    memset(text + 6, 'x', sizeof text - 7);
    check_mistake(text, "/c.ini:1: the line is too long");
}

TEST(config_files_must_be_files)
{
    char path[512];

    start("apod");
    snprintf(path, sizeof path, "%s/none.ini", test_folder());
    CHECK_EQ(config_read_file(path, &options, &error), -ENOENT);
    CHECK(strstr(error.text, "none.ini: No such file") != NULL);
    CHECK_EQ(config_read_file(test_folder(), &options, &error), -EISDIR);
    snprintf(path, sizeof path, "%s/fifo", test_folder());
    CHECK_EQ(mkfifo(path, 0600), 0);
    CHECK_EQ(config_read_file(path, &options, &error), -EINVAL);
    options_fini(&options);
}

/* Lay a file down as FOLDER/starling/config.ini below the test's folder. */
static void write_usual(const char *folder, const char *text)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s", test_folder(), folder);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/%s/starling", test_folder(), folder);
    CHECK_EQ(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/starling/config.ini", folder);
    write_file(path, text);
}

TEST(config_is_looked_for_in_the_usual_places)
{
    char xdg[512];

    unsetenv("NASA_API_KEY");
    snprintf(xdg, sizeof xdg, "%s/xdg", test_folder());
    CHECK_EQ(setenv("HOME", test_folder(), 1), 0);
    CHECK_EQ(setenv("XDG_CONFIG_HOME", xdg, 1), 0);
    start("stars");
    CHECK_EQ(config_load(&options, &error), 0); /* neither is there */
    CHECK_EQ(options.workers, 0);

    write_usual(".config", "workers = 2\n");
    CHECK_EQ(config_load(&options, &error), 0);
    CHECK_EQ(options.workers, 2);

    write_usual("xdg", "workers = 3\n");
    CHECK_EQ(config_load(&options, &error), 0);
    CHECK_EQ(options.workers, 3);
    options_fini(&options);
}

TEST(config_needs_no_home)
{
    unsetenv("HOME");
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("NASA_API_KEY");
    start("apod");
    CHECK_EQ(config_load(&options, &error), 0);
    CHECK_STR(options.api_key, "DEMO_KEY");
    options_fini(&options);
}

TEST(config_is_not_looked_for_in_a_home_of_somebody_else)
{
    CHECK_EQ(setenv("HOME", test_folder(), 1), 0);
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("NASA_API_KEY");
    write_usual(".config", "workers = 2\n");
    CHECK_EQ(chmod(test_folder(), 0), 0);
    if (geteuid() == 0)
        CHECK_EQ(setuid(65534), 0);
    start("stars");
    CHECK_EQ(config_load(&options, &error), 0);
    CHECK_EQ(options.workers, 0);
    options_fini(&options);
    chmod(test_folder(), 0700); /* to be removed, unless root does it */
}

TEST(config_named_by_the_flag_must_exist)
{
    char *argv[] = { "starling", "apod", "--config", "/nonexistent/c.ini" };

    CHECK_EQ(options_parse(4, argv, &options, &error), 0);
    CHECK_EQ(config_load(&options, &error), -ENOENT);
    CHECK_STR(error.text, "cannot read the config file /nonexistent/c.ini: "
                          "No such file or directory");
    options_fini(&options);
}

TEST(config_key_gives_way_to_the_environment_and_that_to_the_flag)
{
    char *argv[] = { "starling",  "apod", "--config", NULL,
                     "--api-key", "flag", NULL };

    argv[3] = (char *)write_file("k.ini", "api_key = file\n");
    CHECK_EQ(setenv("NASA_API_KEY", "", 1), 0); /* as if it were not set */
    CHECK_EQ(options_parse(4, argv, &options, &error), 0);
    CHECK_EQ(config_load(&options, &error), 0);
    CHECK_STR(options.api_key, "file");
    options_fini(&options);

    CHECK_EQ(setenv("NASA_API_KEY", "environment", 1), 0);
    CHECK_EQ(options_parse(4, argv, &options, &error), 0);
    CHECK_EQ(config_load(&options, &error), 0);
    CHECK_STR(options.api_key, "environment");
    options_fini(&options);

    CHECK_EQ(options_parse(6, argv, &options, &error), 0);
    CHECK_EQ(config_load(&options, &error), 0);
    CHECK_STR(options.api_key, "flag");
    options_fini(&options);
}

TEST(config_with_the_placeholder_key_says_where_it_stands)
{
    start("apod");
    CHECK_EQ(read_text("\napi_key = YOUR_NASA_API_KEY_HERE\n"), 0);
    CHECK_EQ(options_check(&options, &error), -EINVAL);
    CHECK(strstr(error.text, "/c.ini:2: the API key is still the placeholder "
                             "YOUR_NASA_API_KEY_HERE") != NULL);
    options_fini(&options);
}

static char *shown(int argc, char **argv, const char *config)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);

    options_fini(&options);
    CHECK_EQ(options_parse(argc, argv, &options, &error), 0);
    CHECK_EQ(config_read_file(config, &options, &error), 0);
    config_show(file, &options);
    CHECK_EQ(fclose(file), 0);
    return text;
}

TEST(every_setting_is_shown_with_where_it_comes_from_and_no_secret)
{
    char *argv[] = { "starling",    "config", "show", "stars",
                     "--downloads", "3",      NULL };
    const char *config = write_file("c.ini", "api_key = VERYSECRET\n"
                                             "proxy = http://u:pw@h:1\n"
                                             "[stars]\nworkers = 2\n"
                                             "[apod]\nretries = 9\n");
    char *text = shown(6, argv, config), *again;

    CHECK(strstr(text, "downloads = 3") != NULL);
    CHECK(strstr(text, "; command line\n") != NULL);
    CHECK(strstr(text, "c.ini:4\n") != NULL);
    CHECK(strstr(text, "retries = 4") != NULL);
    CHECK(strstr(text, "VERYSECRET") == NULL && strstr(text, "pw@") == NULL);
    CHECK(strstr(text, "\n; memory is not set\n") != NULL);
    /* What is shown is a file that says the same. */
    config = write_file("again.ini", text);
    argv[4] = NULL;
    again = shown(4, argv, config);
    CHECK_STR(options_text(&options, "downloads"), "3");
    CHECK_EQ(options.workers, 2);
    free(text);
    free(again);
    options_fini(&options);
}
