/* robots.h: what a server asks programs to keep away from (RFC 9309). */
#ifndef TOOL_FETCH_ROBOTS_H
#define TOOL_FETCH_ROBOTS_H

#include <stdbool.h>
#include <stddef.h>

/* More of a file is not read. */
enum { ROBOTS_SIZE_MAX = 500 * 1024 };

typedef struct robots robots;

/* Read a robots.txt for the program called `agent` ("starling", or
 * "starling/1.0 (...)": what is before the slash counts). Whatever the bytes,
 * it makes some sense of them. NULL without memory. */
robots *robots_parse(const char *text, size_t size, const char *agent);
void robots_free(robots *robots);

/* Bytes of memory, about; NULL has none. */
size_t robots_size(const robots *robots);

/* Whether it lets us fetch `url`. */
bool robots_allows(const robots *robots, const char *url);

/* Whether the lines of an X-Robots-Tag, separated by line feeds, let `agent`
 * keep a picture and work on it; NULL: there was none. If not, *word is why:
 * "noai", "noindex" ... */
bool robots_tag_allows(const char *tag, const char *agent, const char **word);

#endif
