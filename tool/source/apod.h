/* apod.h: what the APOD service answers, taken apart. */
#ifndef TOOL_SOURCE_APOD_H
#define TOOL_SOURCE_APOD_H

#include <stdbool.h>
#include <stddef.h>

/* One day. `url` is the best picture there is: the high-definition one where
 * the service has it, of a video the thumbnail that was asked for. NULL when
 * the day has none, and `lack` says why. */
typedef struct apod_day {
    const char *date, *title; /* "" if missing */
    const char *url;
    const char *lack; /* "video", "no picture address" ... */
} apod_day;

/* Days in the order of the answer. The strings belong to the list. */
typedef struct apod_list {
    apod_day *days;
    size_t count;
    void *json; /* private: owns the strings */
} apod_list;

enum { APOD_ERROR_MAX = 256 };

/* Build the request's URL in `out`. Dates and count as in the service's
 * documentation; NULL and 0 leave them out. The key is escaped. Returns 0 or
 * -ENAMETOOLONG. */
typedef struct apod_query {
    const char *base_url; /* without a slash at its end */
    const char *api_key;
    const char *date, *start_date, *end_date;
    int count;
    bool thumbs; /* ask for pictures of videos, too */
} apod_query;
int apod_url(const apod_query *query, char *out, size_t size);

/* Read an answer: an array of days, or one day. Returns 0, -ENOMEM, or -EPROTO
 * with the reason in words in `error`. Release it with apod_list_fini(). */
int apod_parse(const char *json, size_t size, apod_list *out,
               char error[APOD_ERROR_MAX]);
void apod_list_fini(apod_list *list);

/* The service's own words in an error answer, such as "An invalid api_key was
 * supplied."; "" if it has none. */
void apod_error_words(const char *json, size_t size,
                      char words[APOD_ERROR_MAX]);

#endif
