/* apod.h: the picture-of-the-day service, as the public one answers. */
#ifndef TOOL_ORIGIN_APOD_H
#define TOOL_ORIGIN_APOD_H

#include <stddef.h>
#include <stdint.h>

/* One day. Strings are lent. A URL that starts with '/' is on this origin. */
typedef struct origin_day {
    const char *date; /* YYYY-MM-DD */
    const char *title, *explanation;
    const char *copyright;  /* NULL: in the public domain */
    const char *media_type; /* "image", "video", "other" */
    const char *url;        /* NULL: the service has none for the day */
    const char *hdurl;      /* NULL: none */
    const char *thumbnail;  /* of a video; NULL: none */
} origin_day;

typedef struct origin_apod {
    const origin_day *days; /* in the order in which `count` gives them */
    size_t day_count;
    const char *base_url; /* "http://127.0.0.1:8080" */
    const char *key;      /* the one valid key; NULL: any but an empty one */
    uint32_t limit;       /* requests granted; 0: 1000 */
    uint32_t used;        /* requests answered so far */
} origin_apod;

typedef struct origin_apod_answer {
    int status;
    char *body; /* JSON; free() it */
    size_t size;
    uint32_t limit, remaining; /* for the X-RateLimit headers */
} origin_apod_answer;

/* Answer /planetary/apod?QUERY: api_key, and nothing else for the newest day,
 * or date, or start_date with or without end_date, or count; and thumbs.
 * Errors of the request are answers, too. Returns 0 or -ENOMEM. */
int origin_apod_ask(origin_apod *apod, const char *query,
                    origin_apod_answer *answer);

#endif
