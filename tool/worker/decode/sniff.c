/* Deciding what a file is, by a table of our own.
 *
 * Libraries that guess try one loader after another, and each try is attack
 * surface: one search through libvips crashes on an 83 kB file. So the magic
 * bytes are matched here, and exactly one named decoder sees the file. Formats
 * that we refuse are in the table as well, because "an HTML page" helps a user
 * more than "unknown format" when a server answers with its login form.
 */
#include "worker/decode/sniff.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "worker/job.h"

typedef struct magic {
    const char *bytes;
    size_t length;
    size_t offset;
    uint32_t format;
    uint32_t verdict;
    const char *reason;
} magic;

#define MAGIC(bytes, offset) bytes, sizeof(bytes) - 1, offset
#define REFUSED JOB_FORMAT_UNKNOWN, JOB_UNSUPPORTED

static const magic table[] = {
    { MAGIC("\xff\xd8\xff", 0), JOB_JPEG, JOB_GOOD, "" },
    { MAGIC("\x89PNG\r\n\x1a\n", 0), JOB_PNG, JOB_GOOD, "" },
    { MAGIC("WEBP", 8), JOB_WEBP, JOB_GOOD, "" },
    { MAGIC("GIF87a", 0), JOB_GIF, JOB_GOOD, "" },
    { MAGIC("GIF89a", 0), JOB_GIF, JOB_GOOD, "" },
    { MAGIC("SIMPLE  =", 0), JOB_FITS, JOB_GOOD, "" },
    { MAGIC("II*\0", 0), JOB_TIFF, JOB_GOOD, "" },
    { MAGIC("MM\0*", 0), JOB_TIFF, JOB_GOOD, "" },
    { MAGIC("II+\0", 0), JOB_TIFF, JOB_GOOD, "" }, /* of more than 4 GiB */
    { MAGIC("MM\0+", 0), JOB_TIFF, JOB_GOOD, "" },
    { MAGIC("BM", 0), REFUSED, "BMP pictures are not supported" },
    { MAGIC("ftypavif", 4), JOB_AVIF, JOB_GOOD, "" },
    { MAGIC("ftypavis", 4), JOB_AVIF, JOB_GOOD, "" },
    { MAGIC("ftyphei", 4), JOB_HEIF, JOB_GOOD, "" },
    { MAGIC("ftyphev", 4), JOB_HEIF, JOB_GOOD, "" },
    { MAGIC("ftypmif1", 4), JOB_HEIF, JOB_GOOD, "" },
    { MAGIC("\xff\x0a", 0), REFUSED, "JPEG XL pictures are not supported" },
    { MAGIC("\0\0\0\x0cJXL ", 0), REFUSED,
      "JPEG XL pictures are not supported" },
    { MAGIC("\0\0\0\x0cjP  ", 0), REFUSED,
      "JPEG 2000 pictures are not supported" },
    { MAGIC("8BPS", 0), REFUSED, "Photoshop files are not supported" },
    { MAGIC("%PDF", 0), REFUSED, "PDF document, not an image" },
    { MAGIC("ftyp", 4), JOB_FORMAT_UNKNOWN, JOB_NOT_AN_IMAGE,
      "video file, not an image" },
    { MAGIC("\x1a\x45\xdf\xa3", 0), JOB_FORMAT_UNKNOWN, JOB_NOT_AN_IMAGE,
      "video file, not an image" },
    { MAGIC("\x1f\x8b", 0), JOB_FORMAT_UNKNOWN, JOB_NOT_AN_IMAGE,
      "gzip data, not an image" },
    { MAGIC("1AY&SY", 4), JOB_FORMAT_UNKNOWN, JOB_NOT_AN_IMAGE,
      "bzip2 data, not an image" },
    { MAGIC("\x28\xb5\x2f\xfd", 0), JOB_FORMAT_UNKNOWN, JOB_NOT_AN_IMAGE,
      "zstd data, not an image" },
    { MAGIC("\x1f\x9d", 0), REFUSED,
      "what compress has packed (.Z) is not supported; gunzip unpacks it" },
    { MAGIC("\3757zXZ", 0), REFUSED,
      "what xz has packed is not supported; xz -d unpacks it" },
    { MAGIC("PK\3\4", 0), JOB_FORMAT_UNKNOWN, JOB_NOT_AN_IMAGE,
      "zip archive, not an image" },
};

static bool matches(const magic *m, const uint8_t *data, size_t size)
{
    return size >= m->offset + m->length &&
           memcmp(data + m->offset, m->bytes, m->length) == 0;
}

/* Markup may start after a byte order mark and blank lines. */
static size_t skip_blanks(const uint8_t *data, size_t size)
{
    size_t i = 0;

    if (size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0)
        i = 3;
    while (i < size && i < 256 && memchr(" \t\r\n", data[i], 4) != NULL)
        i++;
    return i;
}

static bool contains(const char *text, size_t size, const char *word)
{
    size_t length = strlen(word), i;

    for (i = 0; i + length <= size; i++)
        if (strncasecmp(text + i, word, length) == 0)
            return true;
    return false;
}

/* Text has no control bytes; what is not ASCII is let pass as UTF-8. */
static bool is_text(const uint8_t *data, size_t size)
{
    size_t i;

    for (i = 0; i < size && i < 512; i++)
        if (data[i] < ' ' && memchr("\t\r\n\f", data[i], 4) == NULL)
            return false;
    return size > 0;
}

static sniffed sniff_text(const uint8_t *data, size_t size)
{
    sniffed found = { JOB_FORMAT_UNKNOWN, JOB_NOT_AN_IMAGE, "" };
    size_t start = skip_blanks(data, size);
    const char *text = (const char *)data + start;
    size_t length = size - start < 512 ? size - start : 512;

    if (length > 0 && text[0] == '<') {
        if (contains(text, length, "<html") ||
            contains(text, length, "<!doctype html") ||
            contains(text, length, "<head") || contains(text, length, "<body"))
            found.reason = "HTML page, not an image";
        else if (contains(text, length, "<svg"))
            found = (sniffed){ REFUSED, "SVG drawings are not supported" };
        else
            found.reason = "XML document, not an image";
    } else if (length > 0 && (text[0] == '{' || text[0] == '[')) {
        found.reason = "JSON text, not an image";
    } else {
        found.reason = "text, not an image";
    }
    return found;
}

sniffed sniff(const void *data, size_t size)
{
    size_t i;

    if (size == 0)
        return (sniffed){ JOB_FORMAT_UNKNOWN, JOB_EMPTY, "the file is empty" };
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const magic *m = &table[i];

        if (!matches(m, data, size))
            continue;
        if (m->format == JOB_WEBP && memcmp(data, "RIFF", 4) != 0)
            continue;
        return (sniffed){ m->format, m->verdict, m->reason };
    }
    if (is_text(data, size))
        return sniff_text(data, size);
    return (sniffed){ JOB_FORMAT_UNKNOWN, JOB_NOT_AN_IMAGE,
                      "unknown bytes, not an image" };
}

/* Behind the letters of bzip2 and a digit comes its first block or, where there
 * is nothing in it, its end. */
uint32_t sniff_packing(const void *data, size_t size)
{
    const char *bytes = data;

    if (size >= 3 && memcmp(bytes, "\x1f\x8b\x08", 3) == 0)
        return JOB_GZIP;
    if (size >= 10 && memcmp(bytes, "BZh", 3) == 0 &&
        (memcmp(bytes + 4, "1AY&SY", 6) == 0 ||
         memcmp(bytes + 4, "\x17\x72\x45\x38\x50\x90", 6) == 0))
        return JOB_BZIP2;
    if (size >= 4 && memcmp(bytes, "\x28\xb5\x2f\xfd", 4) == 0)
        return JOB_ZSTD;
    return JOB_PLAIN;
}
