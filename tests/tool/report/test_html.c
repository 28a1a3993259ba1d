/* The page is safe whatever the texts, whole in itself, and bounded. */
#include "report/report.h"

#include <stdbool.h>

#include "rows.h"

static int count_of(const char *text, const char *needle)
{
    int count = 0;

    for (; (text = strstr(text, needle)) != NULL; text++)
        count++;
    return count;
}

static const char jpeg[] = "\xff\xd8\xff\xe0 a preview";

static report_item good_item(const char *name)
{
    return (report_item){ .state = "done",
                          .name = name,
                          .url = "http://h/a.jpg",
                          .stars = 15,
                          .true_stars = 20,
                          .width = 640,
                          .height = 480,
                          .marked = "detected_a.jpg",
                          .preview = jpeg,
                          .preview_size = sizeof jpeg - 1 };
}

TEST(a_page_shows_what_was_found_and_what_failed)
{
    const report_item items[] = {
        good_item("space_0.jpg"),
        { .state = "failed",
          .name = "space_1",
          .url = "http://h/b",
          .class_name = "truncated",
          .reason = "ends early" },
        { .state = "skipped", .name = "space_2", .reason = "a video" },
    };
    rows r = { items, 3, NULL, 0 };
    report_run run = rows_run(&r);
    char *page;

    run.planned = 3;
    run.done = run.failed = run.skipped = 1;
    run.stars = 123456;
    run.elapsed_s = 4.516;
    run.processed = "processed_images";
    run.command_line = "starling demo";
    page = rows_written(report_html, &run);
    CHECK(strstr(page, "space_0.jpg") != NULL);
    CHECK(strstr(page, "<b>15 stars</b><span>true count 20</span>") != NULL);
    CHECK(strstr(page, "href=\"./processed_images/detected_a.jpg\"") != NULL);
    CHECK(strstr(page, "data:image/jpeg;base64,/9j/4CBhIHByZXZpZXc=") != NULL);
    CHECK(strstr(page, "truncated") != NULL);
    CHECK(strstr(page, "ends early") != NULL);
    CHECK(strstr(page, "a video") != NULL);
    CHECK(strstr(page, "123\u202f456 stars in 1 picture") != NULL);
    CHECK(strstr(page, "4.52\u202fs") != NULL);
    CHECK(strstr(page, "starling demo") != NULL);
    free(page);
}

TEST(a_page_tells_why_a_picture_has_no_stars_and_of_truth_where_it_is_known)
{
    report_item item = good_item("space_0.jpg");
    rows r = { &item, 1, NULL, 0 };
    report_run run = rows_run(&r);
    char *page;

    run.planned = run.done = 1;
    item.stars = 0;
    item.sky.no_star_field = "letters & lines";
    page = rows_written(report_html, &run);
    CHECK(strstr(page, "no star field: letters &amp; lines") != NULL);
    CHECK(strstr(page, ">True<") == NULL);
    free(page);

    item.sky.no_star_field = "";
    run.has_truth = 1;
    page = rows_written(report_html, &run);
    CHECK(strstr(page, "no star field") == NULL);
    CHECK(strstr(page, ">True<") != NULL);
    free(page);
}

TEST(no_text_can_leave_its_place)
{
    static const char evil[] =
        "</title></script><script>alert(1)</script>\"'><img src=x onerror=y>";
    report_item item = good_item(evil);
    rows r = { &item, 1, NULL, 0 };
    report_run run = rows_run(&r);
    char *page;

    item.title = item.date = item.url = item.reason = item.class_name = evil;
    item.marked = evil;
    for (int state = 0; state < 3; state++) {
        item.state = state == 0 ? "done" : state == 1 ? "failed" : "skipped";
        run.done = run.failed = run.skipped = 1;
        run.command = run.command_line = run.version = evil;
        run.processed = run.started_at = run.finished_at = evil;
        page = rows_written(report_html, &run);
        CHECK_EQ(count_of(page, "<script"), 0);
        CHECK_EQ(count_of(page, "</script"), 0);
        CHECK_EQ(count_of(page, "onerror=y>"), 0);
        CHECK_EQ(count_of(page, "<img"), state == 0);
        CHECK_EQ(count_of(page, "</title>"), 1);
        free(page);
    }
}

TEST(only_web_addresses_become_links)
{
    const report_item items[] = {
        { .state = "failed", .name = "a", .url = "javascript:alert(1)" },
        { .state = "failed", .name = "b", .url = "https://h/x?a=1&b=\"2" },
        { .state = "failed", .name = "c", .url = "/home/me/c.jpg" },
    };
    rows r = { items, 3, NULL, 0 };
    report_run run = rows_run(&r);
    char *page = rows_written(report_html, &run);

    CHECK_EQ(count_of(page, "href=\"javascript"), 0);
    CHECK_EQ(count_of(page, "href=\"/home"), 0);
    CHECK_EQ(count_of(page, "href=\"https://h/x?a=1&amp;b=&quot;2\""), 1);
    free(page);
}

TEST(the_page_loads_nothing_from_elsewhere)
{
    report_item item = good_item("a.jpg");
    rows r = { &item, 1, NULL, 0 };
    report_run run = rows_run(&r);
    char *page;

    run.done = 1;
    page = rows_written(report_html, &run);
    CHECK_EQ(count_of(page, "<link"), 0);
    CHECK_EQ(count_of(page, "@import"), 0);
    CHECK_EQ(count_of(page, "url("), 0);
    CHECK_EQ(count_of(page, "src=\"http"), 0);
    CHECK(strstr(page, "default-src 'none'") != NULL);
    free(page);
}

TEST(a_preview_that_is_no_jpeg_is_not_embedded)
{
    report_item item = good_item("a.jpg");
    rows r = { &item, 1, NULL, 0 };
    report_run run = rows_run(&r);
    char *page;

    run.done = 1;
    item.preview = "<svg onload=alert(1)>";
    item.preview_size = 21;
    run.processed = "out put";
    page = rows_written(report_html, &run);
    CHECK_EQ(count_of(page, "base64"), 0);
    CHECK(strstr(page, "src=\"./out%20put/detected_a.jpg\"") != NULL);
    free(page);
}

TEST(previews_beyond_the_budget_are_links)
{
    enum { ITEMS = 600, SIZE = 64 << 10 };
    static report_item items[ITEMS];
    unsigned char *preview = calloc(1, SIZE);
    rows r = { items, ITEMS, NULL, 0 };
    report_run run = rows_run(&r);
    char *page;

    CHECK(preview != NULL);
    memcpy(preview, jpeg, 4);
    for (int i = 0; i < ITEMS; i++) {
        items[i] = good_item("a.jpg");
        items[i].preview = preview;
        items[i].preview_size = SIZE;
    }
    run.done = run.planned = ITEMS;
    page = rows_written(report_html, &run);
    CHECK_EQ(count_of(page, "base64,"), REPORT_EMBEDDED_MAX / SIZE);
    CHECK_EQ(count_of(page, "<img"), ITEMS);
    free(page);
    free(preview);
}

TEST(a_page_of_a_long_run_can_still_be_opened)
{
    enum { ITEMS = 20000 };
    static report_item items[ITEMS];
    rows r = { items, ITEMS, NULL, 0 };
    report_run run = rows_run(&r);
    char *page;

    for (int i = 0; i < ITEMS; i++)
        items[i] = good_item("a.jpg");
    run.done = run.planned = ITEMS;
    page = rows_written(report_html, &run);
    CHECK(strlen(page) < 8 << 20);
    CHECK_EQ(count_of(page, "15000 more are in <a href=\"items.csv\">"), 2);
    free(page);
}
