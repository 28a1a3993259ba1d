/* A slip of the keyboard is recognised, another word is not. */
#include "cli/nearest.h"

#include <stddef.h>

#include "support/test.h"

static const char *nearest(const char *word)
{
    static const char *const names[] = { "count",   "date",    "start-date",
                                         "workers", "retries", "out" };

    return nearest_name(word, names, sizeof names / sizeof names[0]);
}

TEST(nearest_recognises_slips)
{
    CHECK_STR(nearest("cuont"), "count");
    CHECK_STR(nearest("cout"), "count");
    CHECK_STR(nearest("worker"), "workers");
    CHECK_STR(nearest("wrokesr"), "workers");
    CHECK_STR(nearest("startdate"), "start-date");
    CHECK_STR(nearest("ot"), "out");
}

TEST(nearest_keeps_quiet_about_other_words)
{
    CHECK(nearest("colour") == NULL);
    CHECK(nearest("x") == NULL);
    CHECK(nearest("") == NULL);
    CHECK(nearest("frobnicate-the-widgets-with-great-care-please") == NULL);
}
