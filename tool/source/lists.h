/* lists.h: inputs from a list, of the kinds that people have. */
#ifndef TOOL_SOURCE_LISTS_H
#define TOOL_SOURCE_LISTS_H

#include "source/inputs.h"

enum { LISTS_WHY_MAX = 128 };

/* Read a list of inputs. What kind it is its name says:
 *   .csv            the column called url, hdurl, image, path or file; a table
 *                   without such a heading: its first column
 *   .jsonl .ndjson  a JSON text a line: a string, or an object with "hdurl",
 *                   "url" or "path"
 *   else            one input a line; # begins a comment
 * Blank lines are left out, a byte order mark is dropped. `path` "-" is the
 * standard input. Folders in a list are not expanded. Returns 0, the error of
 * `take`, the file's error, or -EBADMSG and which line is wrong in `why`. */
int lists_read(const char *path, inputs_take *take, void *context,
               char why[LISTS_WHY_MAX]);

#endif
