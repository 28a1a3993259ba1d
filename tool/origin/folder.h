/* folder.h: files below a folder, as answers and as days of the service. */
#ifndef TOOL_ORIGIN_FOLDER_H
#define TOOL_ORIGIN_FOLDER_H

#include <stddef.h>
#include <stdint.h>

#include "origin/apod.h"

/* Open the regular file at `path` below the folder `dir`. Hidden names, ".."
 * and links that lead out are refused. Blocks. Returns the descriptor and its
 * size, or -ENOENT, -EACCES, ... */
int origin_folder_file(int dir, const char *path, uint64_t *size);

/* By the name's extension; "application/octet-stream" for others. */
const char *origin_content_type(const char *path);

typedef struct origin_folder_days {
    origin_day *days;
    size_t count;
    char *strings; /* what the days point to */
} origin_folder_days;

/* A day for each picture in the folder itself, in order of names. Blocks.
 * Returns 0, -ENOMEM or what reading the folder failed with. */
int origin_folder_list(int dir, origin_folder_days *out);
void origin_folder_days_free(origin_folder_days *days);

#endif
