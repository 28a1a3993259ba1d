/* The summary parses, and says what the rows say. */
#include "report/report.h"

#include <jansson.h>

#include "rows.h"

static json_t *parsed(const report_run *run)
{
    char *text = rows_written(report_summary_json, run);
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

    CHECK(root != NULL);
    free(text);
    return root;
}

static const char *string_of(json_t *item, const char *key)
{
    return json_string_value(json_object_get(item, key));
}

TEST(a_run_without_items_is_a_summary_too)
{
    rows r = { 0 };
    report_run run = rows_run(&r);
    json_t *root = parsed(&run);

    CHECK_EQ(json_integer_value(json_object_get(root, "schema")), 1);
    CHECK_EQ(json_array_size(json_object_get(root, "items")), 0);
    CHECK_EQ(json_object_size(root), 8);
    json_decref(root);
}

TEST(totals_and_items_are_those_of_the_run)
{
    const report_item items[] = {
        { .state = "done",
          .name = "space_0.jpg",
          .url = "http://h/a.jpg",
          .stars = 15,
          .true_stars = 17,
          .width = 640,
          .height = 480 },
        { .state = "failed",
          .name = "space_1",
          .url = "http://h/b.jpg",
          .class_name = "truncated",
          .reason = "ends before its pixels do",
          .stars = -1,
          .true_stars = -1,
          .width = -1,
          .height = -1 },
    };
    rows r = { items, 2, NULL, 0 };
    report_run run = rows_run(&r);
    json_t *root, *list, *first, *second;

    run.planned = 2;
    run.done = run.failed = 1;
    run.expected_failures = 1;
    run.elapsed_s = 4.5164;
    root = parsed(&run);
    CHECK_EQ(json_integer_value(json_object_get(root, "planned")), 2);
    CHECK_EQ(json_integer_value(json_object_get(root, "done")), 1);
    CHECK_EQ(json_integer_value(json_object_get(root, "failed")), 1);
    CHECK_EQ(json_integer_value(json_object_get(root, "skipped")), 0);
    CHECK_EQ(json_integer_value(json_object_get(root, "expected_failures")), 1);
    CHECK_NEAR(json_real_value(json_object_get(root, "elapsed_s")), 4.516,
               1e-9);
    list = json_object_get(root, "items");
    CHECK_EQ(json_array_size(list), 2);
    first = json_array_get(list, 0);
    CHECK_STR(string_of(first, "name"), "space_0.jpg");
    CHECK_STR(string_of(first, "state"), "done");
    CHECK(json_is_null(json_object_get(first, "class")));
    CHECK(json_is_null(json_object_get(first, "reason")));
    CHECK_EQ(json_integer_value(json_object_get(first, "stars")), 15);
    CHECK_EQ(json_integer_value(json_object_get(first, "true_stars")), 17);
    second = json_array_get(list, 1);
    CHECK_STR(string_of(second, "class"), "truncated");
    CHECK_STR(string_of(second, "url"), "http://h/b.jpg");
    CHECK(json_is_null(json_object_get(second, "stars")));
    CHECK(json_is_null(json_object_get(second, "width")));
    CHECK(json_object_get(second, "true_stars") == NULL);
    json_decref(root);
}

TEST(any_bytes_in_a_text_make_valid_json)
{
    const report_item items[] = { { .state = "failed",
                                    .name = "\"\\\x01\n</script>",
                                    .url = "http://h/\xff\xfe",
                                    .reason = "星" } };
    rows r = { items, 1, NULL, 0 };
    report_run run = rows_run(&r);
    json_t *root = parsed(&run);
    json_t *item = json_array_get(json_object_get(root, "items"), 0);

    CHECK_STR(string_of(item, "name"), "\"\\\x01\n</script>");
    CHECK_STR(string_of(item, "url"), "http://h/?"
                                      "?");
    CHECK_STR(string_of(item, "reason"), "星");
    json_decref(root);
}

TEST(both_lists_of_items_are_written_in_one_go)
{
    const report_item items[] = {
        { .state = "done", .name = "a,b.jpg", .url = "http://h/a", .bytes = 5 },
        { .state = "failed", .name = "c", .url = "=c", .class_name = "dns" },
    };
    rows r = { items, 2, NULL, 0 };
    report_run run = rows_run(&r);
    written csv = { .room = 1 << 20 }, json = { .room = 1 << 20 };
    char *alone = rows_written(report_summary_json, &run);

    CHECK_EQ(report_items(&run, &(report_out){ written_more, &csv },
                          &(report_out){ written_more, &json }),
             0);
    CHECK_STR(json.text, alone);
    CHECK(strstr(csv.text, "\n\"a,b.jpg\",http://h/a,done,,,,,0,0,0,5,") !=
          NULL);
    CHECK(strstr(csv.text, "\nc,'=c,failed,dns,") != NULL);
    csv.room = 0; /* the disk is full */
    CHECK_EQ(report_items(&run, &(report_out){ written_more, &csv },
                          &(report_out){ written_more, &json }),
             -ENOSPC);
    free(csv.text);
    free(json.text);
    free(alone);
}

static int fail_to_read(void *context, int64_t after, report_item *out)
{
    (void)context;
    (void)after;
    (void)out;
    return -EIO;
}

TEST(an_unreadable_row_is_an_error)
{
    rows r = { 0 };
    report_run run = rows_run(&r);
    written w = { .room = 1 << 20 };

    run.next_item = fail_to_read;
    CHECK_EQ(report_summary_json(&run, &(report_out){ written_more, &w }),
             -EIO);
    CHECK_EQ(report_html(&run, &(report_out){ written_more, &w }), -EIO);
    free(w.text);
}

TEST(what_a_picture_is_like_is_told)
{
    const report_item items[] = {
        { .state = "done",
          .name = "a.jpg",
          .sky = { "", 12.5, 2.25, 3.5, 6, NULL } },
        { .state = "done",
          .name = "b.jpg",
          .sky = { .no_star_field = "letters and lines" } },
        { .state = "done",
          .name = "c.fits",
          .sky = { .no_star_field = "",
                   .no_ra_dec = "it has no world coordinates" } },
        { .state = "done", .name = "thumbs.jpg" },
    };
    rows r = { items, 4, NULL, 0 };
    report_run run = rows_run(&r);
    json_t *root = parsed(&run), *all = json_object_get(root, "items");
    json_t *third = json_object_get(json_array_get(all, 2), "sky");
    json_t *first = json_object_get(json_array_get(all, 0), "sky");
    json_t *second = json_object_get(json_array_get(all, 1), "sky");

    CHECK(json_is_true(json_object_get(first, "star_field")));
    CHECK_EQ(json_real_value(json_object_get(first, "noise")), 2.25);
    CHECK_EQ(json_real_value(json_object_get(first, "star_width")), 3.5);
    CHECK(json_is_false(json_object_get(second, "star_field")));
    CHECK_STR(string_of(second, "reason"), "letters and lines");
    CHECK(json_object_get(first, "no_ra_dec") == NULL);
    CHECK_STR(string_of(third, "no_ra_dec"), "it has no world coordinates");
    CHECK(json_object_get(json_array_get(all, 3), "sky") == NULL);
    json_decref(root);
}
