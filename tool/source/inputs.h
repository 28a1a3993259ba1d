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
    const char *problem;    /* NULL, or why it is no picture: "a FIFO, ..." */
    const char *class_name; /* of the problem; NULL: "no-file" */
    bool is_missing;        /* the problem: there is nothing of that name */
    /* What a list says of it; NULL: nothing. */
    const char *title, *date;
    const char *checksum; /* as it is written there */
    const char *extra;    /* further fields: a JSON object */
} input;

/* Called for each; stops everything when it returns a negative error. */
typedef int inputs_take(void *context, const input *input);

enum { INPUTS_SKIP_MAX = 4 };

typedef struct inputs_options {
    /* Folders that are never met inside of another: the run's own. */
    struct inputs_skip {
        dev_t device;
        ino_t inode;
    } skip[INPUTS_SKIP_MAX];
    int skip_count;
    /* A file for names that are more than memory should hold, open for reading
     * and writing; 0: there is none. */
    int spool;
} inputs_options;

/* Expand one INPUT: a URL stays (a checksum behind it is taken apart), a file
 * stays (file:/// URLs become paths), a folder becomes the pictures in it and
 * below, by name, links to folders not followed, folders of runs left out. A
 * name with *, ? or [ that is no file's is a pattern; ** in it stands for
 * folders, however deep. What is named and cannot be read is an input with a
 * problem. Blocks. Returns 0, the error of `take`, or -ENOMEM. */
int inputs_expand(const char *where, const inputs_options *options,
                  inputs_take *take, void *context);

/* Why nothing can come of an INPUT; NULL: something may. No folder is looked
 * into, so that a pattern may always fit. Lent as below. */
const char *inputs_missing(const char *where);

/* Why the file at `path` is no picture file, or NULL. For one of a list, where
 * folders are not expanded. Lent until the thread's next call. */
const char *inputs_problem(const char *path);

/* Cut "#sha256=..." (sha512, sha1, md5) off a URL's end and return it without
 * the '#'; NULL: there is none. */
char *inputs_split_checksum(char *where);

/* Whether it is taken as a URL. */
bool inputs_is_url(const char *where);

#endif
