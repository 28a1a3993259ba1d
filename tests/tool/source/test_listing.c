/* Promises of listings: all names, in order, in little memory. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/inputs.h"
#include "source/listing.h"
#include "support/test.h"

enum {
    MANY = 4001,    /* a prime: names are made in a mixed order */
    NAME_SIZE = 201 /* so that few are much */
};

static void touch(const char *name)
{
    int fd = open(name, O_CREAT | O_WRONLY, 0600);

    CHECK(fd >= 0);
    close(fd);
}

static void name_of(int i, char out[NAME_SIZE])
{
    snprintf(out, NAME_SIZE, "%0*d_%05d.jpg", NAME_SIZE - 11, 0, i);
}

static void make_many(const char *folder)
{
    char path[NAME_SIZE + 16], name[NAME_SIZE];

    CHECK_EQ(mkdir(folder, 0700), 0);
    touch("one");
    for (int i = 0; i < MANY; i++) {
        name_of((int)((long)i * 7919 % MANY), name);
        snprintf(path, sizeof path, "%s/%s", folder, name);
        CHECK_EQ(link("one", path), 0); /* takes a tenth of making a file */
    }
}

static int nameless_file(void)
{
    FILE *file = tmpfile();

    CHECK(file != NULL);
    return dup(fileno(file));
}

static void check_all(listing *listing)
{
    const char *name;
    char expected[NAME_SIZE];

    for (int i = 0; i < MANY; i++) {
        name_of(i, expected);
        CHECK_EQ(listing_next(listing, &name), 1);
        CHECK_STR(name, expected);
    }
    CHECK_EQ(listing_next(listing, &name), 0);
    CHECK_EQ(listing_next(listing, &name), 0);
}

TEST(many_names_come_in_order_and_memory_holds_few_of_them)
{
    listing_spool spool = { .fd = nameless_file() };
    struct mallinfo2 before = mallinfo2(), during;
    listing *listing;

    CHECK_EQ(chdir(test_folder()), 0);
    make_many("many");
    CHECK_EQ(listing_open("many", &spool, &listing), 0);
    during = mallinfo2();
    CHECK(spool.end > (off_t)2 * LISTING_MEMORY);
    CHECK(during.uordblks + during.hblkhd <
          before.uordblks + before.hblkhd + LISTING_MEMORY);
    check_all(listing);
    listing_close(listing);
    CHECK_EQ(spool.end, 0);
    close(spool.fd);
}

TEST(a_spool_without_room_is_done_without)
{
    listing_spool spool = { .fd = open("/dev/full", O_RDWR) };
    listing *listing;

    CHECK(spool.fd > 0);
    CHECK_EQ(chdir(test_folder()), 0);
    make_many("many");
    CHECK_EQ(listing_open("many", &spool, &listing), 0);
    CHECK_EQ(spool.end, 0);
    check_all(listing);
    listing_close(listing);
    close(spool.fd);
}

TEST(a_folder_inside_of_another_takes_the_spool_s_end)
{
    listing_spool spool = { .fd = nameless_file() };
    listing *outer, *inner;
    const char *name;
    char expected[NAME_SIZE];
    off_t end;

    CHECK_EQ(chdir(test_folder()), 0);
    make_many("many");
    CHECK_EQ(listing_open("many", &spool, &outer), 0);
    end = spool.end;
    for (int i = 0; i < 2000; i++)
        CHECK_EQ(listing_next(outer, &name), 1);
    CHECK_EQ(listing_open("many", &spool, &inner), 0);
    check_all(inner);
    listing_close(inner);
    CHECK_EQ(spool.end, end);
    CHECK_EQ(listing_next(outer, &name), 1);
    name_of(2000, expected);
    CHECK_STR(name, expected);
    listing_close(outer);
    close(spool.fd);
}

TEST(an_empty_folder_and_one_that_is_none)
{
    listing_spool spool = { 0 };
    listing *listing;
    const char *name;

    CHECK_EQ(chdir(test_folder()), 0);
    CHECK_EQ(mkdir("empty", 0700), 0);
    CHECK_EQ(listing_open("empty", &spool, &listing), 0);
    CHECK_EQ(listing_next(listing, &name), 0);
    listing_close(listing);
    touch("file");
    CHECK_EQ(listing_open("file", &spool, &listing), -ENOTDIR);
    CHECK_EQ(listing_open("nothing", &spool, &listing), -ENOENT);
}

static int count(void *context, const input *input)
{
    int *left = context;

    CHECK(input->problem == NULL);
    return --*left == 0 ? -ECANCELED : 0;
}

TEST(inputs_of_a_folder_and_of_a_pattern_use_the_spool)
{
    inputs_options options = { .spool = nameless_file() };
    struct stat info;
    int left = -1;

    CHECK_EQ(chdir(test_folder()), 0);
    make_many("many");
    CHECK_EQ(inputs_expand("many", &options, count, &left), 0);
    CHECK_EQ(inputs_expand("m*/*_000?[0-9].jpg", &options, count, &left), 0);
    CHECK_EQ(left, -1 - MANY - 100);
    CHECK_EQ(fstat(options.spool, &info), 0);
    CHECK(info.st_size > LISTING_MEMORY);
    left = 10;
    CHECK_EQ(inputs_expand("many/*", &options, count, &left), -ECANCELED);
    close(options.spool);
}
