/* A few kilobytes can become a gigabyte, and those who wrote them chose which.
 * So this is done where pictures are parsed, without any rights, into memory
 * that ends where --max-bytes ends.
 */
#include "worker/decode/unpack.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <zlib.h>

#pragma weak unpack_brotli
#pragma weak unpack_zstd

/* zlib counts in 32 bits. */
enum { PIECE_MAX = 1 << 30 };

static unsigned piece(size_t size)
{
    return size < PIECE_MAX ? (unsigned)size : PIECE_MAX;
}

/* One stream of it to its end. */
static uint32_t inflate_one(z_stream *z, unpacking *u)
{
    int rc = Z_OK;

    while (rc == Z_OK) {
        uint8_t *to;
        unsigned in = piece(u->from_size);
        unsigned room = piece(unpacking_place(u, &to));

        z->next_in = (Bytef *)u->from;
        z->avail_in = in;
        z->next_out = to;
        z->avail_out = room;
        rc = inflate(z, Z_NO_FLUSH);
        u->from += in - z->avail_in;
        u->from_size -= in - z->avail_in;
        u->used += room - z->avail_out;
    }
    switch (rc) {
    case Z_STREAM_END:
        return JOB_GOOD;
    case Z_MEM_ERROR:
        return JOB_NO_MEMORY;
    case Z_BUF_ERROR: /* nothing left to read, or no room to write */
        return u->used == u->room ? JOB_TOO_LARGE : JOB_TRUNCATED;
    default:
        return JOB_CORRUPT;
    }
}

static bool begins_gzip(const unpacking *u)
{
    return u->from_size >= 2 && u->from[0] == 0x1f && u->from[1] == 0x8b;
}

/* Streams one behind the other are one text (RFC 1952). */
static uint32_t inflate_all(unpacking *u, int window_bits)
{
    z_stream z = { 0 };
    uint32_t verdict = JOB_GOOD;

    if (inflateInit2(&z, window_bits) != Z_OK)
        return JOB_NO_MEMORY;
    do {
        verdict = inflate_one(&z, u);
    } while (verdict == JOB_GOOD && begins_gzip(u) && inflateReset(&z) == Z_OK);
    inflateEnd(&z);
    return verdict == JOB_GOOD && u->from_size > 0 ? JOB_CORRUPT : verdict;
}

uint32_t unpack_gzip(unpacking *u)
{
    return inflate_all(u, 16 + MAX_WBITS);
}

/* RFC 9110 means the format of zlib; some servers send what is within. */
uint32_t unpack_deflate(unpacking *u)
{
    bool is_zlib = u->from_size >= 2 && (u->from[0] & 0x0f) == 8 &&
                   (u->from[0] << 8 | u->from[1]) % 31 == 0;

    return inflate_all(u, is_zlib ? MAX_WBITS : -MAX_WBITS);
}

static const struct {
    const char *name;
    uint32_t (*unpack)(unpacking *u);
} encodings[] = { { "gzip", unpack_gzip },
                  { "x-gzip", unpack_gzip },
                  { "deflate", unpack_deflate },
                  { "br", unpack_brotli },
                  { "zstd", unpack_zstd } };

static uint32_t run(const job_unpack_request *request, unpacking *u)
{
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++)
        if (strcmp(request->encoding, encodings[i].name) == 0 &&
            encodings[i].unpack != NULL)
            return encodings[i].unpack(u);
    return JOB_UNSUPPORTED;
}

enum { WINDOW = 128 * 1024 };

int worker_unpack(const sl_job_io *io)
{
    uint8_t window[WINDOW];
    job_unpack_request request;
    job_unpack_answer answer = { 0 };
    unpacking u = { .from = io->body.data,
                    .to = io->result.data,
                    .room = io->result.size };

    if (io->in_size != sizeof request || io->out_capacity < sizeof answer)
        return -EINVAL;
    memcpy(&request, io->in, sizeof request);
    u.from_size = request.body_size;
    if (io->result.data == NULL) {
        u.to = window;
        u.window = sizeof window;
        u.room = request.most;
    }
    if (u.from_size > io->body.size ||
        memchr(request.encoding, 0, sizeof request.encoding) == NULL)
        return -EINVAL;
    answer.verdict = run(&request, &u);
    answer.size = answer.verdict == JOB_GOOD ? u.used : 0;
    memcpy(io->out, &answer, sizeof answer);
    return sizeof answer;
}
