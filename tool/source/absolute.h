/* absolute.h: one path for a file, wherever it was named from. */
#ifndef TOOL_SOURCE_ABSOLUTE_H
#define TOOL_SOURCE_ABSOLUTE_H

/* What was answered last; zero to begin with. */
typedef struct absolute {
    char *typed, *real; /* a folder as it was named, and its own path */
    char *path;
} absolute;

/* The path from the root of the file that is called `name` in the current
 * folder: the same for "a.png", "./a.png", "../here/a.png" and by way of a link
 * to its folder. A link to a file is a file of its own. Neither file nor folder
 * needs to be there. Lent until the next call; NULL: no memory, or nobody knows
 * where the current folder is. Blocks. */
const char *absolute_path(absolute *memo, const char *name);

void absolute_fini(absolute *memo);

#endif
