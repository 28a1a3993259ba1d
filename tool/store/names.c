/* File names from names that a server or a user chose.
 *
 * A server's name is never used as a path: only its last part counts, and only
 * bytes that mean nothing to any shell, file system or spreadsheet survive. A
 * %2F stays inside the part it was found in, so "..%2F..%2Fetc" cannot climb.
 * The limits leave room for what we add, so that no later step has to shorten a
 * name (and make two of them equal).
 */
#include "store/names.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { RAW_MAX = 1024 }; /* longer last parts are cut before cleaning */

static const char *const output_prefixes[] = { "detected_", "edges_" };

/* Reserved on other systems, with any extension. */
static bool is_device_name(const char *stem)
{
    static const char *const names[] = { "con",   "prn",    "aux",  "nul",
                                         "conin", "conout", "clock" };
    size_t n = strcspn(stem, ".");

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (n == strlen(names[i]) && strncasecmp(stem, names[i], n) == 0)
            return true;
    return n == 4 && isdigit((unsigned char)stem[3]) &&
           (strncasecmp(stem, "com", 3) == 0 ||
            strncasecmp(stem, "lpt", 3) == 0);
}

static bool is_plain(unsigned char c)
{
    return c < 0x80 && (isalnum(c) || c == '.' || c == '_' || c == '-');
}

/* Everything else becomes one '_' a run; nothing of the sort at the ends. */
static size_t keep_plain(const char *raw, size_t n, char *out, size_t size)
{
    size_t length = 0;

    for (size_t i = 0; i < n && length + 1 < size; i++) {
        char c = is_plain((unsigned char)raw[i]) ? raw[i] : '_';

        if (length == 0 && (c == '.' || c == '-' || c == '_'))
            continue;
        if (c == '_' && out[length - 1] == '_')
            continue;
        out[length++] = c;
    }
    while (length > 0 && strchr("._-", out[length - 1]) != NULL)
        length--;
    out[length] = '\0';
    return length;
}

/* Where the extension starts: the last dot, if letters and digits follow it. */
static size_t find_extension(const char *name, size_t length)
{
    size_t dot = length;

    while (dot > 0 && name[dot - 1] != '.') {
        if (!isalnum((unsigned char)name[dot - 1]))
            return length;
        dot--;
    }
    if (dot <= 1 || dot == length || length - dot + 1 > NAMES_EXTENSION_MAX)
        return length;
    return dot - 1;
}

static bool is_one_of(const char *text, size_t length,
                      const char *const *extensions)
{
    for (; *extensions != NULL; extensions++)
        if (length == strlen(*extensions) &&
            strncasecmp(text, *extensions, length) == 0)
            return true;
    return false;
}

/* A packed picture has two: "m31.fits.gz", "m31.fits.fz". Of other names the
 * part before the last dot may be all that tells them apart. */
static size_t find_extensions(const char *name, size_t length)
{
    static const char *const packings[] = { ".gz", ".bz2", ".zst", ".fz",
                                            NULL };
    static const char *const pictures[] = { ".fits", ".fit", ".fts",  ".tif",
                                            ".tiff", ".jpg", ".jpeg", ".png",
                                            ".webp", ".gif", ".heic", ".heif",
                                            ".avif", NULL };
    size_t last = find_extension(name, length);
    size_t first = find_extension(name, last);

    return is_one_of(name + last, length - last, packings) &&
                   is_one_of(name + first, last - first, pictures)
               ? first
               : last;
}

/* A cut may leave a dash at the end; and some names are taken. */
static void settle_stem(const char *name, size_t n, char stem[NAMES_MAX + 1])
{
    size_t length = keep_plain(name, n, stem, NAMES_MAX + 1);

    if (length == 0) {
        strcpy(stem, "picture");
    } else if (is_device_name(stem)) {
        memmove(stem + 1, stem, length + 1);
        stem[0] = '_';
    }
}

static void clean(const char *raw, size_t n, names_pair *out)
{
    char name[RAW_MAX];
    size_t length = keep_plain(raw, n, name, sizeof name);
    size_t dot = find_extensions(name, length);
    size_t stem_length = dot < NAMES_STEM_MAX ? dot : NAMES_STEM_MAX;

    *out = (names_pair){ 0 };
    memcpy(out->extension, name + dot, length - dot);
    settle_stem(name, stem_length, out->stem);
}

void names_plain(const char *text, char out[NAMES_MAX + 1])
{
    keep_plain(text, strlen(text), out, NAMES_MAX + 1);
}

void names_from_text(const char *text, char stem[NAMES_MAX + 1])
{
    char name[RAW_MAX];
    size_t length = keep_plain(text, strlen(text), name, sizeof name);

    settle_stem(name, length < NAMES_STEM_MAX ? length : NAMES_STEM_MAX, stem);
}

/* The part behind the last '/' of the first n bytes. */
static const char *last_part(const char *text, size_t *n)
{
    size_t end = *n;
    size_t start;

    while (end > 0 && text[end - 1] == '/')
        end--;
    start = end;
    while (start > 0 && text[start - 1] != '/')
        start--;
    *n = end - start;
    return text + start;
}

static int hex_value(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at =
        c == '\0' ? NULL : strchr(digits, tolower((unsigned char)c));

    return at == NULL ? -1 : (int)(at - digits);
}

static size_t undo_percent(const char *part, size_t n, char *out, size_t size)
{
    size_t length = 0;

    for (size_t i = 0; i < n && length < size; i++) {
        int high = i + 2 < n ? hex_value(part[i + 1]) : -1;
        int low = high >= 0 ? hex_value(part[i + 2]) : -1;

        if (part[i] == '%' && low >= 0) {
            out[length++] = (char)(high * 16 + low);
            i += 2;
        } else {
            out[length++] = part[i];
        }
    }
    return length;
}

void names_from_url(const char *url, names_pair *out)
{
    const char *scheme = strstr(url, "://");
    const char *path = scheme != NULL ? scheme + 3 : url;
    char plain[RAW_MAX];
    const char *part;
    size_t n;

    path += strcspn(path, "/?#");
    n = strcspn(path, "?#");
    part = last_part(path, &n);
    clean(plain, undo_percent(part, n, plain, sizeof plain), out);
}

void names_from_path(const char *path, names_pair *out)
{
    size_t n = strlen(path);
    const char *part = last_part(path, &n);

    clean(part, n, out);
}

void names_number(const char *stem, unsigned n, char out[NAMES_MAX + 1])
{
    snprintf(out, NAMES_MAX + 1, "%.*s-%u", NAMES_STEM_MAX + 1, stem, n);
}

/* The length of a name without its digits at the end. */
static size_t without_digits(const char *name, size_t length)
{
    while (length > 0 && isdigit((unsigned char)name[length - 1]))
        length--;
    return length;
}

/* "name" -> "name" without "_123" or "_64x48" at its end; false if there is
 * none. */
static bool drop_width(char *stem)
{
    size_t length = strlen(stem), digits = without_digits(stem, length);

    if (digits < length && digits > 1 && stem[digits - 1] == 'x') {
        size_t width = without_digits(stem, digits - 1);

        if (width < digits - 1)
            digits = width;
    }
    if (digits == length || digits < 2 || stem[digits - 1] != '_')
        return false;
    stem[digits - 1] = '\0';
    return true;
}

/* What is left of an output's stem without prefix or width. */
static int each_output_stem(char *stem,
                            int (*match)(void *context, const char *stem),
                            void *context)
{
    for (size_t i = 0; i < 2; i++) {
        size_t n = strlen(output_prefixes[i]);

        if (strncmp(stem, output_prefixes[i], n) == 0) {
            int rc = match(context, stem + n);

            if (rc != 0)
                return rc;
        }
    }
    return drop_width(stem) ? match(context, stem) : 0;
}

int names_each_stem(const char *name, enum names_kind kind,
                    int (*match)(void *context, const char *stem),
                    void *context)
{
    char stem[NAMES_MAX + 1];
    size_t length = strlen(name);

    if (length == 0 || length > NAMES_MAX)
        return 0;
    memcpy(stem, name, length + 1);
    stem[find_extensions(stem, length)] = '\0';
    if (kind == NAMES_ORIGINAL)
        return match(context, stem);
    return each_output_stem(stem, match, context);
}

int names_for_other(const char *name, const char *from, const char *to,
                    char out[2 * NAMES_MAX])
{
    static const char *const beginnings[] = { "", "detected_", "edges_" };
    size_t n = strlen(from);

    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        size_t before = strlen(beginnings[i]);
        const char *at = name + before;

        if (strncmp(name, beginnings[i], before) != 0 ||
            strncmp(at, from, n) != 0 || strchr("._", at[n]) == NULL)
            continue;
        snprintf(out, 2 * NAMES_MAX, "%s%s%s", beginnings[i], to, at + n);
        return 0;
    }
    return -EINVAL;
}

int names_each_rival(const char *stem,
                     int (*match)(void *context, const char *rival),
                     void *context)
{
    char rest[NAMES_MAX + 1], rival[2 * NAMES_MAX];
    bool has_width;
    int rc = 0;

    snprintf(rest, sizeof rest, "%s", stem);
    has_width = drop_width(rest);
    for (size_t i = 0; i < 2 && rc == 0; i++) {
        const char *prefix = output_prefixes[i];
        size_t n = strlen(prefix);

        if (has_width) {
            snprintf(rival, sizeof rival, "%s%s", prefix, rest);
            rc = match(context, rival);
        }
        if (rc == 0 && strncasecmp(stem, prefix, n) == 0) {
            snprintf(rival, sizeof rival, "%s_*", stem + n);
            rc = match(context, rival);
        }
    }
    return rc;
}
