/* One number out of a TIFF directory.
 *
 * A library for all of EXIF would parse makers' notes and previews of
 * strangers for the sake of this one entry. Only the first directory is read,
 * nothing is followed further, and every offset is held against the size.
 */
#include "worker/decode/exif.h"

#include <string.h>

enum { TAG_ORIENTATION = 0x112, TYPE_SHORT = 3, ENTRY_SIZE = 12 };

typedef struct reader {
    const uint8_t *data;
    size_t size;
    int big; /* the high byte first */
} reader;

static unsigned read16(const reader *r, size_t at)
{
    const uint8_t *p = r->data + at;

    return r->big ? (unsigned)p[0] << 8 | p[1] : (unsigned)p[1] << 8 | p[0];
}

static size_t read32(const reader *r, size_t at)
{
    size_t a = read16(r, at), b = read16(r, at + 2);

    return r->big ? a << 16 | b : b << 16 | a;
}

int exif_orientation(const uint8_t *data, size_t size)
{
    reader r = { data, size, 0 };
    size_t at;

    if (data == NULL || size < 10)
        return 1;
    r.big = memcmp(data, "MM\0*", 4) == 0;
    if (!r.big && memcmp(data, "II*\0", 4) != 0)
        return 1;
    at = read32(&r, 4);
    if (at > size - 2)
        return 1;
    for (unsigned left = read16(&r, at); left > 0; left--) {
        size_t entry = at + 2;

        if (size - entry < ENTRY_SIZE)
            return 1;
        if (read16(&r, entry) == TAG_ORIENTATION) {
            unsigned value = read16(&r, entry + 8);

            return read16(&r, entry + 2) == TYPE_SHORT && value >= 1 &&
                           value <= 8
                       ? (int)value
                       : 1;
        }
        at += ENTRY_SIZE;
    }
    return 1;
}
