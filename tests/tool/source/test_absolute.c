/* Promises about the one path of a file. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/absolute.h"
#include "support/test.h"

static absolute memo;
static char root[4096];

static void begin(void)
{
    CHECK_EQ(chdir(test_folder()), 0);
    CHECK(getcwd(root, sizeof root) != NULL);
    CHECK_EQ(mkdir("sub", 0755), 0);
    CHECK_EQ(symlink("sub", "way"), 0);
}

static void check_path(const char *name, const char *expected)
{
    char whole[8192];

    snprintf(whole, sizeof whole, "%s/%s", root, expected);
    CHECK_STR(absolute_path(&memo, name), whole);
}

TEST(every_way_to_a_file_is_one_path)
{
    char whole[8192];

    begin();
    check_path("a.png", "a.png");
    check_path("./a.png", "a.png");
    check_path(".//a.png", "a.png");
    check_path("sub/../a.png", "a.png");
    check_path("way/a.png", "sub/a.png");
    check_path("sub//a.png", "sub/a.png");
    check_path("sub/b.png", "sub/b.png");
    snprintf(whole, sizeof whole, "%s/sub/a.png", root);
    check_path(whole, "sub/a.png");
    CHECK_STR(absolute_path(&memo, "/a.png"), "/a.png");
    CHECK_STR(absolute_path(&memo, "//a.png"), "/a.png");
    absolute_fini(&memo);
}

TEST(a_link_to_a_file_is_a_file_of_its_own)
{
    begin();
    CHECK_EQ(symlink("a.png", "link.png"), 0);
    check_path("link.png", "link.png");
    absolute_fini(&memo);
}

TEST(a_folder_that_is_not_there_has_the_path_that_it_would_have)
{
    begin();
    check_path("none/a.png", "none/a.png");
    check_path("./none/a.png", "none/a.png");
    CHECK_EQ(mkdir("none", 0755), 0);
    check_path("none/b.png", "none/b.png");
    absolute_fini(&memo);
}

TEST(without_a_current_folder_there_is_no_path)
{
    char gone[4200];

    begin();
    snprintf(gone, sizeof gone, "%s/sub", root);
    CHECK_EQ(chdir(gone), 0);
    CHECK_EQ(rmdir(gone), 0);
    CHECK(absolute_path(&memo, "a.png") == NULL);
    CHECK_STR(absolute_path(&memo, "/a.png"), "/a.png");
    absolute_fini(&memo);
}
