/* Answers like the public service: the same fields, the same errors.
 *
 * Two layers stand behind the public address, and they speak differently. The
 * gate in front, which checks keys and rates, says {"error":{"code","message"}}
 * with 403 and 429; the service itself says {"code","msg","service_version"}.
 * A client must understand both, so both are here.
 *
 * One thing is ours: `count` gives days in the order of the list instead of at
 * random, and not more than there are, so that a run can be repeated.
 */
#include "origin/apod.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "origin/query.h"

enum { COUNT_MAX = 100, LIMIT_DEFAULT = 1000, DATE_LENGTH = 10 };

static const char first_date[] = "1995-06-16";

typedef struct question {
    bool has_count, has_date, has_start, has_end, thumbs;
    int64_t count;
    char date[16], start[16], end[16];
} question;

/* Takes `json`, which may be NULL for want of memory. */
static int reply(origin_apod_answer *answer, int status, json_t *json)
{
    char *body = NULL;

    if (json != NULL)
        body = json_dumps(json, JSON_COMPACT | JSON_PRESERVE_ORDER);
    json_decref(json);
    if (body == NULL)
        return -ENOMEM;
    answer->status = status;
    answer->body = body;
    answer->size = strlen(body);
    return 0;
}

static int gate_error(origin_apod_answer *answer, int status, const char *code,
                      const char *message)
{
    return reply(
        answer, status,
        json_pack("{s:{s:s,s:s}}", "error", "code", code, "message", message));
}

static int service_error(origin_apod_answer *answer, int status,
                         const char *message)
{
    return reply(answer, status,
                 json_pack("{s:i,s:s,s:s}", "code", status, "msg", message,
                           "service_version", "v1"));
}

/* Check the key and the rate. Returns 1 to go on, 0 when answered. */
static int pass_gate(origin_apod *apod, const char *query,
                     origin_apod_answer *answer)
{
    uint32_t limit = apod->limit == 0 ? LIMIT_DEFAULT : apod->limit;
    char key[128];
    int rc = origin_query_text(query, "api_key", key, sizeof key);

    if (rc == 0 || (rc > 0 && key[0] == '\0'))
        return gate_error(answer, 403, "API_KEY_MISSING",
                          "No api_key was supplied.");
    if (rc < 0 || (apod->key != NULL && strcmp(key, apod->key) != 0))
        return gate_error(answer, 403, "API_KEY_INVALID",
                          "An invalid api_key was supplied.");
    answer->limit = limit;
    if (apod->used >= limit)
        return gate_error(
            answer, 429, "OVER_RATE_LIMIT",
            "You have exceeded your rate limit. Try again later.");
    apod->used++;
    answer->remaining = limit - apod->used;
    return 1;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool is_date(const char *text)
{
    static const int days[] = {
        31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    };
    int year, month, day, end = 0;

    if (strlen(text) != DATE_LENGTH ||
        strspn(text, "0123456789-") != DATE_LENGTH ||
        sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &end) != 3 ||
        end != DATE_LENGTH)
        return false;
    return month >= 1 && month <= 12 && day >= 1 &&
           day <= days[month - 1] + (month == 2 && is_leap(year));
}

/* Read one date parameter. Returns 1, 0 if absent, -EINVAL. */
static int read_date(const char *query, const char *name, char *date,
                     size_t room)
{
    int rc = origin_query_text(query, name, date, room);

    if (rc < 0 || (rc > 0 && !is_date(date)))
        return -EINVAL;
    return rc;
}

static const char *read_question(const char *query, question *question)
{
    char thumbs[8] = "";
    int count, date, start, end;

    count = origin_query_number(query, "count", 0, &question->count);
    if (count < 0 ||
        (count > 0 && (question->count < 1 || question->count > COUNT_MAX)))
        return "Count must be positive and cannot exceed 100";
    date = read_date(query, "date", question->date, sizeof question->date);
    start =
        read_date(query, "start_date", question->start, sizeof question->start);
    end = read_date(query, "end_date", question->end, sizeof question->end);
    if (date < 0 || start < 0 || end < 0)
        return "A date must exist and have the form YYYY-MM-DD";
    if (count + date + start > 1 || end > start)
        return "Bad Request: invalid field combination passed. Allowed are "
               "date, or start_date with end_date, or count; and thumbs";
    /* Anything but true means no: the public service does not complain. */
    if (origin_query_text(query, "thumbs", thumbs, sizeof thumbs) > 0)
        question->thumbs =
            strcmp(thumbs, "true") == 0 || strcmp(thumbs, "True") == 0;
    question->has_count = count > 0;
    question->has_date = date > 0;
    question->has_start = start > 0;
    question->has_end = end > 0;
    return NULL;
}

static int put_text(json_t *object, const char *name, const char *text)
{
    return text == NULL ? 0
                        : json_object_set_new(object, name, json_string(text));
}

static int put_url(const origin_apod *apod, json_t *object, const char *name,
                   const char *url)
{
    if (url == NULL || url[0] != '/')
        return put_text(object, name, url);
    return json_object_set_new(object, name,
                               json_sprintf("%s%s", apod->base_url, url));
}

/* NULL without memory. */
static json_t *describe(const origin_apod *apod, const origin_day *day,
                        bool thumbs)
{
    json_t *object = json_object();
    const char *thumbnail =
        thumbs && strcmp(day->media_type, "video") == 0 ? day->thumbnail : NULL;

    if (put_text(object, "copyright", day->copyright) == 0 &&
        put_text(object, "date", day->date) == 0 &&
        put_text(object, "explanation", day->explanation) == 0 &&
        put_url(apod, object, "hdurl", day->hdurl) == 0 &&
        put_text(object, "media_type", day->media_type) == 0 &&
        put_text(object, "service_version", "v1") == 0 &&
        put_url(apod, object, "thumbnail_url", thumbnail) == 0 &&
        put_text(object, "title", day->title) == 0 &&
        put_url(apod, object, "url", day->url) == 0)
        return object;
    json_decref(object);
    return NULL;
}

/* Takes `object`. */
static int append(json_t *array, json_t *object)
{
    return object == NULL ? -1 : json_array_append_new(array, object);
}

static int answer_list(const origin_apod *apod, const question *question,
                       origin_apod_answer *answer)
{
    json_t *list = json_array();
    size_t count = apod->day_count;

    if (count > (uint64_t)question->count)
        count = (size_t)question->count;
    for (size_t i = 0; i < count; i++) {
        if (append(list, describe(apod, &apod->days[i], question->thumbs)) <
            0) {
            json_decref(list);
            return -ENOMEM;
        }
    }
    return reply(answer, 200, list);
}

static int by_date(const void *a, const void *b)
{
    const origin_day *const *first = a, *const *second = b;

    return strcmp((*first)->date, (*second)->date);
}

/* All days, oldest first; free() it. NULL without memory. */
static const origin_day **in_order(const origin_apod *apod)
{
    const origin_day **days = calloc(apod->day_count + 1, sizeof *days);

    if (days == NULL)
        return NULL;
    for (size_t i = 0; i < apod->day_count; i++)
        days[i] = &apod->days[i];
    qsort(days, apod->day_count, sizeof *days, by_date);
    return days;
}

static int answer_range(const origin_apod *apod, const origin_day **days,
                        const question *question, origin_apod_answer *answer)
{
    json_t *list;

    if (question->has_end && strcmp(question->start, question->end) > 0)
        return service_error(answer, 400,
                             "start_date cannot be after end_date");
    list = json_array();
    for (size_t i = 0; i < apod->day_count; i++) {
        const char *date = days[i]->date;

        if (strcmp(date, question->start) < 0 ||
            (question->has_end && strcmp(date, question->end) > 0))
            continue;
        if (append(list, describe(apod, days[i], question->thumbs)) < 0) {
            json_decref(list);
            return -ENOMEM;
        }
    }
    return reply(answer, 200, list);
}

/* `date` NULL: the newest. */
static int answer_day(const origin_apod *apod, const origin_day **days,
                      const question *question, origin_apod_answer *answer)
{
    const origin_day *day = NULL;
    char message[64];

    for (size_t i = 0; i < apod->day_count; i++)
        if (!question->has_date || strcmp(days[i]->date, question->date) == 0)
            day = days[i];
    if (day != NULL) {
        json_t *object = describe(apod, day, question->thumbs);

        return reply(answer, 200, object);
    }
    snprintf(message, sizeof message, "No data available for date: %s",
             question->date);
    return service_error(answer, 404, message);
}

/* Whether a date is before the first picture or after the newest. */
static bool is_outside(const origin_apod *apod, const origin_day **days,
                       const char *date)
{
    const char *newest =
        apod->day_count > 0 ? days[apod->day_count - 1]->date : first_date;

    return strcmp(date, first_date) < 0 || strcmp(date, newest) > 0;
}

static int answer_dates(const origin_apod *apod, const question *question,
                        origin_apod_answer *answer)
{
    const origin_day **days = in_order(apod);
    const char *date = question->has_start ? question->start : question->date;
    char message[96];
    int rc;

    if (days == NULL)
        return -ENOMEM;
    if ((question->has_date || question->has_start) &&
        is_outside(apod, days, date)) {
        snprintf(message, sizeof message, "Date must be between %s and %s.",
                 first_date,
                 apod->day_count > 0 ? days[apod->day_count - 1]->date
                                     : first_date);
        rc = service_error(answer, 400, message);
    } else if (question->has_start) {
        rc = answer_range(apod, days, question, answer);
    } else {
        rc = answer_day(apod, days, question, answer);
    }
    free(days);
    return rc;
}

int origin_apod_ask(origin_apod *apod, const char *query,
                    origin_apod_answer *answer)
{
    question question = { 0 };
    const char *complaint;
    int rc;

    *answer = (origin_apod_answer){ 0 };
    rc = pass_gate(apod, query, answer);
    if (rc <= 0)
        return rc;
    complaint = read_question(query, &question);
    if (complaint != NULL)
        return service_error(answer, 400, complaint);
    if (question.has_count)
        return answer_list(apod, &question, answer);
    return answer_dates(apod, &question, answer);
}
