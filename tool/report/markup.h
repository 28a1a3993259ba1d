/* markup.h: pieces of HTML that are safe whatever the text. Private to the
 * report. */
#ifndef TOOL_REPORT_MARKUP_H
#define TOOL_REPORT_MARKUP_H

#include <stdbool.h>

#include "report/emit.h"

extern const char markup_style[]; /* the page's style sheet */

/* `text`, or `otherwise` when there is none. */
const char *markup_or(const char *text, const char *otherwise);

/* Text between tags or inside a double-quoted attribute. */
void markup_text(emitter *e, const char *text);

/* A path relative to the page, or absolute, as a URL. */
void markup_path(emitter *e, const char *folder, const char *name);

/* 12345 as "12 345", with narrow spaces that do not break. */
void markup_count(emitter *e, int64_t count);

/* "1 star", "2 stars". */
void markup_counted(emitter *e, int64_t count, const char *one,
                    const char *many);

/* "640 × 480"; nothing when unknown. */
void markup_size(emitter *e, int64_t width, int64_t height);

/* "4.52 s", "3 min 12 s", "1 h 05 min". */
void markup_duration(emitter *e, double seconds);

/* "2024-06-01 14:03 UTC" from ISO 8601. */
void markup_time(emitter *e, const char *iso);

/* The URL, as a link when it is one that a browser may follow safely. */
void markup_url(emitter *e, const char *url);

#endif
