/* A TIFF file for tests is written by libtiff itself, into memory. */
#include "rare_samples.h"

#include <stdlib.h>
#include <string.h>

#include <tiffio.h>

/* No test's check: a program without tests uses this as well. */
static void must(bool holds)
{
    if (!holds)
        abort();
}

/* A file in memory that grows. */
typedef struct memory {
    sample file;
    size_t at;
} memory;

static tmsize_t read_back(thandle_t handle, void *to, tmsize_t size)
{
    memory *m = (memory *)handle;
    size_t left = m->at < m->file.size ? m->file.size - m->at : 0;
    size_t count = (size_t)size < left ? (size_t)size : left;

    memcpy(to, m->file.data + m->at, count);
    m->at += count;
    return (tmsize_t)count;
}

static tmsize_t write_on(thandle_t handle, void *from, tmsize_t size)
{
    memory *m = (memory *)handle;
    size_t end = m->at + (size_t)size;

    if (end > m->file.size) {
        m->file.data = realloc(m->file.data, end);
        must(m->file.data != NULL);
        memset(m->file.data + m->file.size, 0, end - m->file.size);
        m->file.size = end;
    }
    memcpy(m->file.data + m->at, from, (size_t)size);
    m->at = end;
    return size;
}

static toff_t seek_to(thandle_t handle, toff_t offset, int whence)
{
    memory *m = (memory *)handle;

    m->at = (size_t)offset + (whence == SEEK_CUR   ? m->at
                              : whence == SEEK_END ? m->file.size
                                                   : 0);
    return m->at;
}

static int close_nothing(thandle_t handle)
{
    (void)handle;
    return 0;
}

static toff_t size_of(thandle_t handle)
{
    return ((memory *)handle)->file.size;
}

static int bits_of(const tiff_kind *kind)
{
    return kind->bits != 0 ? kind->bits : 8;
}

static int photometric_of(const tiff_kind *kind)
{
    if (kind->channels > 2)
        return kind->inks ? PHOTOMETRIC_SEPARATED : PHOTOMETRIC_RGB;
    return kind->white_is_zero ? PHOTOMETRIC_MINISWHITE
                               : PHOTOMETRIC_MINISBLACK;
}

static void set_tags(TIFF *tiff, int width, int height, const tiff_kind *kind)
{
    uint16_t extra = EXTRASAMPLE_UNASSALPHA;

    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, (uint32_t)width);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, (uint32_t)height);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, bits_of(kind));
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, kind->channels);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG,
                 kind->separate ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, photometric_of(kind));
    TIFFSetField(tiff, TIFFTAG_COMPRESSION,
                 kind->compression != 0 ? kind->compression : COMPRESSION_NONE);
    if (kind->format != 0)
        TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, kind->format);
    if (kind->orientation != 0)
        TIFFSetField(tiff, TIFFTAG_ORIENTATION, kind->orientation);
    if (kind->profile != NULL)
        TIFFSetField(tiff, TIFFTAG_ICCPROFILE, (uint32_t)kind->profile->size,
                     kind->profile->data);
    if (kind->channels % 2 == 0 && !kind->inks)
        TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &extra);
    if (kind->tile == 0) {
        TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP,
                     kind->strip_rows != 0 ? kind->strip_rows : height);
    } else {
        TIFFSetField(tiff, TIFFTAG_TILEWIDTH, kind->tile);
        TIFFSetField(tiff, TIFFTAG_TILELENGTH, kind->tile);
    }
}

/* The samples of a piece of a row, of one channel or of all. */
static void gather(const uint8_t *pixels, int width, int x, int y, int count,
                   int channel, const tiff_kind *kind, uint8_t *to)
{
    size_t bytes = (size_t)bits_of(kind) / 8;
    size_t pixel = bytes * (size_t)kind->channels;
    const uint8_t *from =
        pixels + ((size_t)y * (size_t)width + (size_t)x) * pixel;

    for (int i = 0; i < count; i++, from += pixel) {
        size_t size = kind->separate ? bytes : pixel;

        memcpy(to, from + (size_t)channel * bytes, size);
        to += size;
    }
}

static void write_rows(TIFF *tiff, const uint8_t *pixels, int width, int height,
                       int channel, const tiff_kind *kind)
{
    uint8_t *row = calloc(1, (size_t)TIFFScanlineSize(tiff));

    for (int y = 0; y < height; y++) {
        gather(pixels, width, 0, y, width, channel, kind, row);
        must(TIFFWriteScanline(tiff, row, (uint32_t)y, (uint16_t)channel) == 1);
    }
    free(row);
}

static void write_tile(TIFF *tiff, const uint8_t *pixels, int width, int height,
                       int x, int y, int channel, const tiff_kind *kind)
{
    int columns = width - x < kind->tile ? width - x : kind->tile;
    int rows = height - y < kind->tile ? height - y : kind->tile;
    uint8_t *tile = calloc(1, (size_t)TIFFTileSize(tiff));

    for (int i = 0; i < rows; i++)
        gather(pixels, width, x, y + i, columns, channel, kind,
               tile + i * TIFFTileRowSize(tiff));
    must(TIFFWriteTile(tiff, tile, (uint32_t)x, (uint32_t)y, 0,
                       (uint16_t)channel) > 0);
    free(tile);
}

sample encode_tiff(const void *pixels, int width, int height,
                   const tiff_kind *kind)
{
    memory m = { { NULL, 0 }, 0 };
    TIFF *tiff = TIFFClientOpen("made", "w", &m, read_back, write_on, seek_to,
                                close_nothing, size_of, NULL, NULL);

    must(tiff != NULL);
    set_tags(tiff, width, height, kind);
    for (int c = 0; c < (kind->separate ? kind->channels : 1); c++) {
        if (kind->tile == 0)
            write_rows(tiff, pixels, width, height, c, kind);
        for (int y = 0; kind->tile != 0 && y < height; y += kind->tile)
            for (int x = 0; x < width; x += kind->tile)
                write_tile(tiff, pixels, width, height, x, y, c, kind);
    }
    TIFFClose(tiff);
    return m.file;
}
