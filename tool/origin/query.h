/* query.h: percent-encoding and the parameters of a query string. */
#ifndef TOOL_ORIGIN_QUERY_H
#define TOOL_ORIGIN_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decode `size` bytes of percent-encoded text; in queries '+' is a space.
 * Returns the length, or -EINVAL for a broken escape or a zero byte, or
 * -ENAMETOOLONG. */
int origin_query_decode(const char *text, size_t size, bool in_query, char *out,
                        size_t room);

/* The decoded value of the first parameter `name`. Returns 1, 0 if there is
 * none, or an error of origin_query_decode(). */
int origin_query_text(const char *query, const char *name, char *out,
                      size_t room);

/* The same as a whole number that is not negative: -EINVAL if it is none.
 * Returns 1, or 0 and `fallback` if there is no such parameter. */
int origin_query_number(const char *query, const char *name, int64_t fallback,
                        int64_t *out);

#endif
