/* Walking the markers of a JPEG.
 *
 * The decoder tells the dimensions as well, but three things have to be known
 * before it runs: whether the file has its end marker (else the decoder would
 * invent grey pixels, and an unproven transfer would pass for a picture), how
 * many scans there are (each makes a progressive decoder go over the whole
 * picture again, so a small file of a thousand scans costs minutes), and how
 * it is coded. The walk is one memchr over the file.
 */
#include "worker/jpeg_walk.h"

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
    MARKER_APP0 = 0xE0,
    MARKER_COM = 0xFE,
};

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
    else if (marker >= MARKER_APP0)
        o->metadata_size += length;
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
