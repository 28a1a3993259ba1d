/* A TIFF file for tests is written by libtiff itself, into memory. */
#include "rare_samples.h"

#include <stdlib.h>
#include <string.h>

#include <tiffio.h>

#include "support/test.h"

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
        CHECK(m->file.data != NULL);
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

static void set_tags(TIFF *tiff, int width, int height, const tiff_kind *kind)
{
    uint16_t extra = EXTRASAMPLE_UNASSALPHA;

    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, (uint32_t)width);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, (uint32_t)height);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, kind->channels);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC,
                 kind->channels == 1 ? PHOTOMETRIC_MINISBLACK
                                     : PHOTOMETRIC_RGB);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION,
                 kind->compression != 0 ? kind->compression : COMPRESSION_NONE);
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP,
                 kind->strip_rows != 0 ? kind->strip_rows : height);
    if (kind->orientation != 0)
        TIFFSetField(tiff, TIFFTAG_ORIENTATION, kind->orientation);
    if (kind->channels == 4)
        TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &extra);
}

sample encode_tiff(const uint8_t *pixels, int width, int height,
                   const tiff_kind *kind)
{
    memory m = { { NULL, 0 }, 0 };
    TIFF *tiff = TIFFClientOpen("made", "w", &m, read_back, write_on, seek_to,
                                close_nothing, size_of, NULL, NULL);

    CHECK(tiff != NULL);
    set_tags(tiff, width, height, kind);
    for (int y = 0; y < height; y++)
        CHECK_EQ(
            TIFFWriteScanline(tiff,
                              (uint8_t *)pixels + (size_t)y * (size_t)width *
                                                      (size_t)kind->channels,
                              (uint32_t)y, 0),
            1);
    TIFFClose(tiff);
    return m.file;
}
