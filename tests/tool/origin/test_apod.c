/* The service's answers, right ones and wrong ones: a client is written against
 * these words. */
#include "origin/apod.h"

#include <jansson.h>
#include <stdlib.h>

#include "support/test.h"

static const origin_day days[] = {
    { .date = "2025-03-02",
      .title = "Second & <b>",
      .explanation = "\"two\"",
      .copyright = "Somebody",
      .media_type = "image",
      .url = "/small/2.jpg",
      .hdurl = "/2.jpg" },
    { .date = "2025-03-01",
      .title = "First \xe2\x80\x94 day",
      .explanation = "one",
      .media_type = "image",
      .url = "/1.jpg",
      .hdurl = "/1.jpg" },
    { .date = "2025-03-03",
      .title = "Third",
      .explanation = "three",
      .media_type = "video",
      .url = "https://video.invalid/3",
      .thumbnail = "/3.jpg" },
};

static origin_apod service = { .days = days,
                               .day_count = 3,
                               .base_url = "http://127.0.0.1:8080" };

static json_t *ask(const char *query, int status)
{
    origin_apod_answer answer;
    json_t *json;

    CHECK_EQ(origin_apod_ask(&service, query, &answer), 0);
    CHECK_EQ(answer.status, status);
    json = json_loadb(answer.body, answer.size, 0, NULL);
    CHECK(json != NULL);
    free(answer.body);
    return json;
}

static const char *text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

TEST(apod_gives_count_days_in_the_order_of_the_list)
{
    json_t *list = ask("api_key=k&count=2", 200), *day;

    CHECK_EQ(json_array_size(list), 2);
    day = json_array_get(list, 0);
    CHECK_STR(text(day, "date"), "2025-03-02");
    CHECK_STR(text(day, "title"), "Second & <b>");
    CHECK_STR(text(day, "explanation"), "\"two\"");
    CHECK_STR(text(day, "copyright"), "Somebody");
    CHECK_STR(text(day, "media_type"), "image");
    CHECK_STR(text(day, "service_version"), "v1");
    CHECK_STR(text(day, "url"), "http://127.0.0.1:8080/small/2.jpg");
    CHECK_STR(text(day, "hdurl"), "http://127.0.0.1:8080/2.jpg");
    CHECK(json_object_get(json_array_get(list, 1), "copyright") == NULL);
    json_decref(list);

    list = ask("api_key=k&count=100", 200);
    CHECK_EQ(json_array_size(list), 3);
    json_decref(list);
}

TEST(apod_gives_one_day_or_the_newest)
{
    json_t *day = ask("api_key=k&date=2025-03-01", 200);

    CHECK(json_is_object(day));
    CHECK_STR(text(day, "title"), "First \xe2\x80\x94 day");
    json_decref(day);
    day = ask("api_key=k", 200);
    CHECK_STR(text(day, "date"), "2025-03-03");
    json_decref(day);
}

TEST(apod_gives_a_range_oldest_first)
{
    json_t *list =
        ask("api_key=k&start_date=2025-03-01&end_date=2025-03-02", 200);

    CHECK_EQ(json_array_size(list), 2);
    CHECK_STR(text(json_array_get(list, 0), "date"), "2025-03-01");
    json_decref(list);
    list = ask("api_key=k&start_date=2025-03-02", 200);
    CHECK_EQ(json_array_size(list), 2);
    CHECK_STR(text(json_array_get(list, 1), "date"), "2025-03-03");
    json_decref(list);
}

TEST(apod_tells_a_videos_thumbnail_when_asked)
{
    json_t *day = ask("api_key=k&date=2025-03-03&thumbs=true", 200);

    CHECK_STR(text(day, "media_type"), "video");
    CHECK_STR(text(day, "url"), "https://video.invalid/3");
    CHECK_STR(text(day, "thumbnail_url"), "http://127.0.0.1:8080/3.jpg");
    CHECK(json_object_get(day, "hdurl") == NULL);
    json_decref(day);
    day = ask("api_key=k&date=2025-03-03", 200);
    CHECK(json_object_get(day, "thumbnail_url") == NULL);
    json_decref(day);
}

static void expect_gate(const char *query, int status, const char *code)
{
    json_t *json = ask(query, status);
    json_t *error = json_object_get(json, "error");

    CHECK_STR(text(error, "code"), code);
    CHECK(text(error, "message") != NULL);
    json_decref(json);
}

TEST(apod_wants_a_key)
{
    expect_gate("count=1", 403, "API_KEY_MISSING");
    expect_gate("api_key=&count=1", 403, "API_KEY_MISSING");
    service.key = "sesame";
    expect_gate("api_key=other", 403, "API_KEY_INVALID");
    json_decref(ask("api_key=sesame", 200));
}

TEST(apod_grants_so_many_requests)
{
    origin_apod_answer answer;

    service.limit = 2;
    CHECK_EQ(origin_apod_ask(&service, "api_key=k", &answer), 0);
    CHECK_EQ(answer.limit, 2);
    CHECK_EQ(answer.remaining, 1);
    free(answer.body);
    json_decref(ask("api_key=k", 200));
    expect_gate("api_key=k", 429, "OVER_RATE_LIMIT");
}

static void expect_complaint(const char *query, int status)
{
    json_t *json = ask(query, status);

    CHECK_EQ(json_integer_value(json_object_get(json, "code")), status);
    CHECK(text(json, "msg") != NULL);
    CHECK_STR(text(json, "service_version"), "v1");
    json_decref(json);
}

TEST(apod_complains_about_nonsense)
{
    expect_complaint("api_key=k&count=0", 400);
    expect_complaint("api_key=k&count=101", 400);
    expect_complaint("api_key=k&count=-3", 400);
    expect_complaint("api_key=k&count=ten", 400);
    expect_complaint("api_key=k&date=2025-02-29", 400);
    expect_complaint("api_key=k&date=2025-3-1", 400);
    expect_complaint("api_key=k&date=yesterday", 400);
    expect_complaint("api_key=k&date=1990-01-01", 400);
    expect_complaint("api_key=k&date=2099-01-01", 400);
    expect_complaint("api_key=k&end_date=2025-03-01", 400);
    expect_complaint("api_key=k&count=3&date=2025-03-01", 400);
    expect_complaint("api_key=k&start_date=2025-03-03&end_date=2025-03-01",
                     400);
    expect_complaint("api_key=k&date=2020-02-29", 404);
}
