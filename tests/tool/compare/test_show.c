/* What is shown holds the figures, and no text that it should not obey. */
#include "rounds.h"

#include <jansson.h>
#include <stdlib.h>

#include "compare/show.h"

static const double seconds[] = { 4, 2, 2.5, 1.25, 1 };

static void keep_line(void *context, const char *text)
{
    char *all = context;

    strcat(strcat(all, text), "\n");
}

TEST(a_table_has_a_line_for_each_mode_and_ends_with_why)
{
    contest contest;
    char all[4096] = "", why[CONTEST_WHY_MAX];

    rounds_fill(&contest, 2, 2, seconds);
    contest.others = 0;
    show_table(&contest, keep_line, all);
    contest_why(&contest, why);
    CHECK(strstr(all, "stars: 2 pictures, 3.0 MB") != NULL);
    CHECK(strstr(all, "after 100 ms") != NULL);
    CHECK(strstr(all, "other programs") == NULL);
    for (int i = 0; i < CONTEST_MODES; i++)
        CHECK(strstr(all, contest_shapes[i].name) != NULL);
    CHECK(strstr(all, "   1.00 s    0.90 s   1.10 s     4.00x    0.50") !=
          NULL);
    strcat(why, "\n");
    CHECK_STR(all + strlen(all) - strlen(why), why);
    contest_fini(&contest);
}

TEST(a_machine_that_does_other_things_is_told_of)
{
    contest contest;
    char all[4096] = "";

    rounds_fill(&contest, 2, 2, seconds);
    contest.others = 0.31;
    show_table(&contest, keep_line, all);
    CHECK(strstr(all, "other programs took 31 % of the CPU") != NULL);
    contest_fini(&contest);
}

TEST(json_can_be_read_back)
{
    contest contest;
    char *text;
    json_t *object, *last;

    rounds_fill(&contest, 2, 2, seconds);
    contest.latency = -1;
    text = show_json(&contest);
    CHECK(text != NULL);
    object = json_loads(text, 0, NULL);
    CHECK(object != NULL);
    CHECK_EQ(json_integer_value(json_object_get(object, "schema")), 1);
    CHECK(json_is_null(json_object_get(object, "latency_s")));
    CHECK_EQ(json_array_size(json_object_get(object, "modes")), CONTEST_MODES);
    last = json_array_get(json_object_get(object, "modes"), CONTEST_MODES - 1);
    CHECK_STR(json_string_value(json_object_get(last, "mode")), "hybrid");
    CHECK_EQ(json_array_size(json_object_get(last, "rounds_s")), 3);
    CHECK(json_number_value(json_object_get(last, "speedup")) == 4);
    json_decref(object);
    free(text);
    contest_fini(&contest);
}

TEST(a_page_needs_nothing_else_and_escapes_what_was_typed)
{
    contest contest;
    char *text;
    size_t size;
    FILE *page = open_memstream(&text, &size);

    rounds_fill(&contest, 2, 2, seconds);
    show_page(&contest, "p{}", page);
    CHECK_EQ(fclose(page), 0);
    CHECK(strstr(text, "starling compare &lt;sky> &amp; co") != NULL);
    CHECK(strstr(text, "<script") == NULL);
    CHECK(strstr(text, "default-src 'none'") != NULL);
    CHECK(strstr(text, "http") == NULL || strstr(text, "http-equiv") != NULL);
    CHECK(strstr(text, "src=") == NULL && strstr(text, "href=") == NULL);
    CHECK(strstr(text, "hybrid: 4.0 times as fast") != NULL);
    free(text);
    contest_fini(&contest);
}
