/* file_url.h: pictures on this machine as file managers, browsers and pathlib
 * write them: file:///a%20b.jpg. */
#ifndef TOOL_SOURCE_FILE_URL_H
#define TOOL_SOURCE_FILE_URL_H

#include <stdbool.h>

/* Whether it is one; "file:a.jpg" is a name like any other. */
bool file_url_is(const char *where);

/* Write the path that it stands for in its place; what is behind # or ? goes.
 * Returns NULL, or why there is none; then it stays as it was. */
const char *file_url_to_path(char *where);

#endif
