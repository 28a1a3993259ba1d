/* file:///path, file:/path and file://localhost/path are one (RFC 8089). */
#include "source/file_url.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool file_url_is(const char *where)
{
    return strncasecmp(where, "file:/", 6) == 0;
}

/* Where its path begins; NULL: on another machine. */
static char *path_in(char *where)
{
    char *path = where + 5, *host = path + 2;

    if (path[1] != '/')
        return path;
    if (strncasecmp(host, "localhost/", 10) == 0)
        return host + 9;
    return *host == '/' ? host : NULL;
}

/* The byte that "%41" stands for; 0: for none that a path can have. */
static int byte_of(const char *at)
{
    char digits[3] = { 0 };

    if (!isxdigit((unsigned char)at[1]) || !isxdigit((unsigned char)at[2]))
        return 0;
    memcpy(digits, at + 1, 2);
    return (int)strtol(digits, NULL, 16);
}

const char *file_url_to_path(char *where)
{
    char *from = path_in(where), *to = where;

    if (from == NULL)
        return "a file of another machine; those of this one are "
               "file:///PATH";
    for (char *at = from; (at = strchr(at, '%')) != NULL; at++)
        if (byte_of(at) == 0)
            return "a % in a file: URL begins the two digits of a byte; write "
                   "the path, or %25 for %";
    for (; *from != '\0' && *from != '#' && *from != '?'; to++) {
        bool coded = *from == '%';

        *to = coded ? (char)byte_of(from) : *from;
        from += coded ? 3 : 1;
    }
    *to = '\0';
    return NULL;
}
