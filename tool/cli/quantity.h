/* quantity.h: numbers as people write them: 256M, 90s, 2024-05-01. */
#ifndef TOOL_CLI_QUANTITY_H
#define TOOL_CLI_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

#include <starling/clock.h>

/* Each returns 0, -EINVAL for something else, -ERANGE where 64 bits do not
 * suffice. *out is untouched on failure. No sign, no blanks. */

/* 12, 100k, 100M, 2G: thousands, not 1024. */
int quantity_count(const char *text, int64_t *out);

/* Bytes: 4096, 64K, 256M, 1.5G, also written 256MiB; of 1024 each. kB, MB and
 * GB are of 1000. */
int quantity_size(const char *text, int64_t *out);

/* Seconds unless a unit follows: 120, 0.5, 90s, 500ms, 2m, 1h. */
int quantity_duration(const char *text, sl_time *out);

/* YYYY-MM-DD, a day that the calendar has. */
bool quantity_is_date(const char *text);

#endif
