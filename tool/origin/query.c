/* Queries are looked through once per parameter instead of being taken apart
 * into a table first: there are a dozen names, and a table would need memory.
 */
#include "origin/query.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int origin_query_decode(const char *text, size_t size, bool in_query, char *out,
                        size_t room)
{
    size_t length = 0;

    for (size_t i = 0; i < size; i++) {
        char c = text[i];

        if (c == '%') {
            int high = i + 2 < size ? hex(text[i + 1]) : -1;
            int low = i + 2 < size ? hex(text[i + 2]) : -1;

            if (high < 0 || low < 0 || high + low == 0)
                return -EINVAL;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && in_query) {
            c = ' ';
        }
        if (length + 1 >= room)
            return -ENAMETOOLONG;
        out[length++] = c;
    }
    out[length] = '\0';
    return (int)length;
}

int origin_query_text(const char *query, const char *name, char *out,
                      size_t room)
{
    size_t length = strlen(name);

    while (*query != '\0') {
        size_t size = strcspn(query, "&");

        if (size >= length && strncmp(query, name, length) == 0 &&
            (size == length || query[length] == '=')) {
            size_t skip = size == length ? length : length + 1;
            int rc =
                origin_query_decode(query + skip, size - skip, true, out, room);

            return rc < 0 ? rc : 1;
        }
        query += size + (query[size] == '&');
    }
    return 0;
}

int origin_query_number(const char *query, const char *name, int64_t fallback,
                        int64_t *out)
{
    char text[24], *end;
    int rc = origin_query_text(query, name, text, sizeof text);
    long long number;

    if (rc == 0)
        *out = fallback;
    if (rc <= 0)
        return rc;
    errno = 0;
    number = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < 0)
        return -EINVAL;
    *out = number;
    return 1;
}
