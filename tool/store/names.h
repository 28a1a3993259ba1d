/* names.h: file names of ours, made from the names that others chose.
 *
 * A cleaned name consists of A-Z a-z 0-9 . _ - only, starts with a letter, a
 * digit or '_', is never a device name of another system, and is short enough
 * that every output named after it ("detected_" before, "-123456" or "_4096"
 * behind) still has at most NAMES_MAX bytes.
 */
#ifndef TOOL_STORE_NAMES_H
#define TOOL_STORE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

enum {
    NAMES_MAX = 120,     /* bytes of any file name that we make, without NUL */
    NAMES_STEM_MAX = 88, /* of those, before number and extension */
    NAMES_EXTENSION_MAX = 6 /* with its dot; a packed picture has two */
};

/* A stem and an extension; together the name. The extension has its dot or is
 * empty. */
typedef struct names_pair {
    char stem[NAMES_MAX + 1];
    char extension[2 * NAMES_EXTENSION_MAX + 1];
} names_pair;

/* Clean the last part of a URL's path, percent escapes undone once, or of a
 * path of the file system. Never empty: "picture" when nothing is left. */
void names_from_url(const char *url, names_pair *out);
void names_from_path(const char *path, names_pair *out);

/* The plain bytes of a text, none but letters and digits at its ends; "" when
 * nothing is left. For a part of a stem. */
void names_plain(const char *text, char out[NAMES_MAX + 1]);

/* Clean a text as a whole into a stem: a title, or several words. */
void names_from_text(const char *text, char stem[NAMES_MAX + 1]);

/* The stem with "-n" behind it. n >= 2. */
void names_number(const char *stem, unsigned n, char out[NAMES_MAX + 1]);

enum names_kind { NAMES_ORIGINAL, NAMES_OUTPUT };

/* Which items a file could belong to, by its name: an original is called
 * {stem}.ext or {stem}.ext.gz, an output detected_{stem}.ext, edges_{stem}.ext
 * or {stem}_{width}.ext. Calls `match` with each stem that fits until it
 * returns non-zero, and returns that; 0 when none did. */
int names_each_stem(const char *name, enum names_kind kind,
                    int (*match)(void *context, const char *stem),
                    void *context);

/* What an output of the item `from`, or its original, would be called for the
 * item `to`: detected_a.jpg for detected_b.jpg. 0, or -EINVAL if `name` is not
 * one of `from`. */
int names_for_other(const char *name, const char *from, const char *to,
                    char out[2 * NAMES_MAX]);

/* Two items of such stems could make outputs of one name: edges_x and x_64
 * both have an edges_x_64. Calls `match` with each stem or, if it ends in '*',
 * each beginning of stems that must not be there together with `stem`; as
 * names_each_stem() does. */
int names_each_rival(const char *stem,
                     int (*match)(void *context, const char *rival),
                     void *context);

#endif
