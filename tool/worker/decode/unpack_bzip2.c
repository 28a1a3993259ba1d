/* bzip2, where its library is. */
#include "worker/decode/unpack.h"

#include <stdbool.h>

#include <bzlib.h>

/* The library counts in 32 bits. */
enum { PIECE_MAX = 1 << 30 };

static unsigned piece(size_t size)
{
    return size < PIECE_MAX ? (unsigned)size : PIECE_MAX;
}

static uint32_t verdict_of(int rc, const unpacking *u)
{
    switch (rc) {
    case BZ_STREAM_END:
        return JOB_GOOD;
    case BZ_OK: /* nothing left to read, or no room to write */
        return u->used == u->room ? JOB_TOO_LARGE : JOB_TRUNCATED;
    case BZ_MEM_ERROR:
        return JOB_NO_MEMORY;
    default:
        return JOB_CORRUPT;
    }
}

/* One stream of it to its end. */
static uint32_t unpack_one(bz_stream *stream, unpacking *u)
{
    bool moved = true;
    int rc = BZ_OK;

    while (rc == BZ_OK && moved) {
        unsigned in = piece(u->from_size), room = piece(u->room - u->used);

        stream->next_in = (char *)u->from;
        stream->avail_in = in;
        stream->next_out = (char *)u->to + u->used;
        stream->avail_out = room;
        rc = BZ2_bzDecompress(stream);
        u->from += in - stream->avail_in;
        u->from_size -= in - stream->avail_in;
        u->used += room - stream->avail_out;
        moved = stream->avail_in < in || stream->avail_out < room;
    }
    return verdict_of(rc, u);
}

/* Streams one behind the other are one text. What follows is none. */
uint32_t unpack_bzip2(unpacking *u)
{
    uint32_t verdict;

    do {
        bz_stream stream = { 0 };

        if (BZ2_bzDecompressInit(&stream, 0, 0) != BZ_OK)
            return JOB_NO_MEMORY;
        verdict = unpack_one(&stream, u);
        BZ2_bzDecompressEnd(&stream);
    } while (verdict == JOB_GOOD && u->from_size > 0);
    return verdict;
}
