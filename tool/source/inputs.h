/* inputs.h: from what was typed to single pictures. */
#ifndef TOOL_SOURCE_INPUTS_H
#define TOOL_SOURCE_INPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A picture to work on, or what stands in its place. */
typedef struct input {
    const char *where; /* a URL, or a path of a file */
    bool is_url;
    const char *problem; /* NULL, or why it is no picture: "a FIFO, ..." */
} input;

/* Called for each; stops everything when it returns a negative error. */
typedef int inputs_take(void *context, const input *input);

typedef struct inputs_options {
    dev_t skip_device; /* the run's folder, which is never an input: */
    ino_t skip_inode;  /* both 0 if there is none yet */
} inputs_options;

/* Expand one INPUT: a URL stays, a file stays, a folder becomes the pictures
 * in it and below, by name, links to folders not followed. What is named and
 * cannot be read is an input with a problem. Blocks. Returns 0, the error of
 * `take`, or -ENOMEM. */
int inputs_expand(const char *where, const inputs_options *options,
                  inputs_take *take, void *context);

/* Read a list, one input a line; blank lines and lines that begin with # are
 * left out, a byte order mark and CR before LF are dropped. Folders in a list
 * are not expanded further. `path` "-" is standard input. Returns 0, the error
 * of `take`, or the file's error. */
int inputs_read_list(const char *path, inputs_take *take, void *context);

/* Whether it is taken as a URL. */
bool inputs_is_url(const char *where);

#endif
