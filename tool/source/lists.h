/* lists.h: inputs from a list, of the kinds that people have. */
#ifndef TOOL_SOURCE_LISTS_H
#define TOOL_SOURCE_LISTS_H

#include "source/inputs.h"

enum {
    LISTS_WHY_MAX = 192,
    LISTS_EXTRA_MAX = 64 << 10, /* bytes of a line's further fields, as JSON */
};

enum lists_kind {
    LISTS_AUTO,  /* what its name says, else what its first line looks like */
    LISTS_TEXT,  /* one input a line; # begins a comment */
    LISTS_CSV,   /* .csv */
    LISTS_TSV,   /* .tsv .tab */
    LISTS_JSONL, /* .jsonl .ndjson: a JSON string or object a line */
};

/* Names of columns or of members; NULL: the usual ones. */
typedef struct lists_options {
    enum lists_kind kind;
    const char *url_column;      /* hdurl, url, image, path, file, link, src */
    const char *title_column;    /* title, caption, alt, text */
    const char *checksum_column; /* sha512, sha256, sha1, md5, checksum */
    int wake; /* reading ends when this descriptor can be read; 0: none */
    /* Called before waiting for more of the list. */
    void (*idle)(void *context);
} lists_options;

/* Read a list of inputs; ".gz" and what is packed with gzip is unpacked. A
 * table without a known heading has its inputs in the first column. What is
 * neither input, title, date nor checksum becomes the input's `extra`. Blank
 * lines are left out; folders in a list are not expanded. `path` "-" is the
 * standard input, which may be endless: an input is taken as soon as its line
 * is here. A line that makes no sense is an input with a problem; only if it is
 * the first, the list as a whole is none. Returns 0, the error of `take`, the
 * file's error, -ECANCELED when woken, or -EBADMSG with the reason in `why`. */
int lists_read(const char *path, const lists_options *options,
               inputs_take *take, void *context, char why[LISTS_WHY_MAX]);

/* Whether a file is called as lists are: .txt, .csv.gz and so on. */
bool lists_is_named(const char *path);

#endif
