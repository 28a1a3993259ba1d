/* Walking the markers of a JPEG.
 *
 * The decoder tells the dimensions as well, but three things have to be known
 * before it runs: whether the file has its end marker (else the decoder would
 * invent grey pixels, and an unproven transfer would pass for a picture), how
 * many scans there are (each makes a progressive decoder go over the whole
 * picture again, so a small file of a thousand scans costs minutes), and how
 * it is coded. The walk is one memchr over the file.
 */
#include "worker/decode/jpeg_walk.h"

#include <string.h>

enum {
    MARKER_TEM = 0x01,
    MARKER_SOF0 = 0xC0,
    MARKER_DHT = 0xC4,
    MARKER_JPG = 0xC8,
    MARKER_DAC = 0xCC,
    MARKER_RST0 = 0xD0,
    MARKER_SOI = 0xD8,
    MARKER_EOI = 0xD9,
    MARKER_SOS = 0xDA,
    MARKER_DQT = 0xDB,
    MARKER_APP0 = 0xE0,
    MARKER_APP1 = 0xE1,
    MARKER_APP2 = 0xE2,
    MARKER_COM = 0xFE,
};

/* As many waves as a star of a few pixels is made of. */
enum { STEPS_OF_WAVES = 9 };

typedef struct walk {
    const uint8_t *data;
    size_t size, at;
} walk;

static unsigned be16(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

static bool is_frame_header(uint8_t marker)
{
    return marker >= MARKER_SOF0 && marker <= 0xCF && marker != MARKER_DHT &&
           marker != MARKER_JPG && marker != MARKER_DAC;
}

/* The next marker from here on, stepping over coded data, stuffed zeros,
 * restarts and fill bytes. 0 at the end of the file. */
static uint8_t next_marker(walk *w)
{
    while (w->at < w->size) {
        const uint8_t *ff = memchr(w->data + w->at, 0xFF, w->size - w->at);
        uint8_t marker;

        if (ff == NULL)
            break;
        w->at = (size_t)(ff - w->data) + 1;
        while (w->at < w->size && w->data[w->at] == 0xFF)
            w->at++;
        if (w->at == w->size)
            break;
        marker = w->data[w->at++];
        if (marker != 0 && marker != MARKER_TEM &&
            (marker < MARKER_RST0 || marker > MARKER_SOI))
            return marker;
    }
    w->at = w->size;
    return 0;
}

static void read_frame_header(jpeg_outline *o, uint8_t marker,
                              const uint8_t *segment, size_t length)
{
    /* A second one is an error that the decoder reports. */
    if (length < 8 || o->frame_marker != 0)
        return;
    o->frame_marker = marker;
    o->precision = segment[2];
    o->height = be16(segment + 3);
    o->width = be16(segment + 5);
    o->components = segment[7];
}

/* Tables follow each other: whether their values have 16 bits, their number,
 * then 64 of them in zigzag, from the mean of a square to its finest waves.
 * Table 0 is that of luminance in all files that matter here. */
static void read_steps(jpeg_outline *o, const uint8_t *segment, size_t length)
{
    const uint8_t *at = segment + 2, *end = segment + length;

    while (at < end) {
        int wide = *at >> 4 != 0, number = *at & 15, i;
        float sum = 0;

        if ((size_t)(end - at) < 1 + (64u << wide))
            return;
        at++;
        for (i = 1; i <= STEPS_OF_WAVES; i++)
            sum += (float)(wide ? be16(at + 2 * i) : at[i]);
        if (number == 0)
            o->step = sum / STEPS_OF_WAVES;
        at += 64u << wide;
    }
}

static void read_exif(jpeg_outline *o, const uint8_t *segment, size_t length)
{
    if (o->exif != NULL || length < 8 ||
        memcmp(segment + 2, "Exif\0\0", 6) != 0)
        return;
    o->exif = segment + 8;
    o->exif_size = length - 8;
}

/* Takes one segment; false where the file cannot be followed further. */
static bool take_segment(jpeg_outline *o, walk *w, uint8_t marker)
{
    const uint8_t *segment = w->data + w->at;
    size_t length;

    if (w->size - w->at < 2)
        return true; /* cut off, not wrong: no end marker will be found */
    length = be16(segment);
    if (length < 2) {
        o->sound = false;
        return false;
    }
    if (length > w->size - w->at) {
        w->at = w->size;
        return true;
    }
    if (is_frame_header(marker))
        read_frame_header(o, marker, segment, length);
    else if (marker == MARKER_SOS)
        o->scans++;
    else if (marker == MARKER_DQT)
        read_steps(o, segment, length);
    else if (marker >= MARKER_APP0)
        o->metadata_size += length;
    if (marker == MARKER_APP1)
        read_exif(o, segment, length);
    w->at += length;
    return true;
}

jpeg_outline jpeg_walk(const uint8_t *data, size_t size)
{
    jpeg_outline o = { .sound = true };
    walk w = { data, size, 2 };
    uint8_t marker;

    if (size < 2)
        return o;
    while ((marker = next_marker(&w)) != 0) {
        if (marker == MARKER_EOI) {
            o.complete = true;
            break;
        }
        if (!take_segment(&o, &w, marker))
            break;
    }
    return o;
}

/* A part is "ICC_PROFILE", a zero, its number from 1 on, how many there are. */
enum { PART_HEAD = 14, PARTS_MAX = 255 };

typedef struct part {
    const uint8_t *data;
    size_t size;
} part;

static bool is_part(const uint8_t *segment, size_t length)
{
    return length >= 2 + PART_HEAD &&
           memcmp(segment + 2, "ICC_PROFILE", 12) == 0;
}

/* The parts up to the first scan, by their numbers. Returns how many there
 * should be, 0 for none or a contradiction. */
static int find_parts(walk *w, part parts[PARTS_MAX + 1])
{
    uint8_t marker;
    int count = 0;

    while ((marker = next_marker(w)) != 0 && marker != MARKER_SOS &&
           marker != MARKER_EOI && w->size - w->at >= 2) {
        const uint8_t *segment = w->data + w->at;
        size_t length = be16(segment);

        if (length < 2 || length > w->size - w->at)
            return 0;
        if (marker == MARKER_APP2 && is_part(segment, length)) {
            int number = segment[14];

            if ((count != 0 && count != segment[15]) || number == 0 ||
                parts[number].data != NULL)
                return 0;
            count = segment[15];
            parts[number] = (part){ segment + 16, length - 16 };
        }
        w->at += length;
    }
    return count;
}

const uint8_t *jpeg_profile(const uint8_t *data, size_t size, workspace *ws,
                            size_t *profile_size)
{
    part parts[PARTS_MAX + 1] = { 0 };
    walk w = { data, size, 2 };
    int count = find_parts(&w, parts);
    size_t total = 0;
    uint8_t *profile;

    for (int i = 1; i <= count; i++) {
        if (parts[i].data == NULL)
            return NULL;
        total += parts[i].size;
    }
    if (total == 0 || total > JPEG_PROFILE_MAX)
        return NULL;
    profile = workspace_take(ws, WORKSPACE_PROFILE, total);
    if (profile == NULL)
        return NULL;
    *profile_size = total;
    for (int i = 1; i <= count; i++) {
        memcpy(profile, parts[i].data, parts[i].size);
        profile += parts[i].size;
    }
    return profile - total;
}
