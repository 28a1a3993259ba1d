/* Zstandard, where its library is. */
#include "worker/decode/unpack.h"

#include <zstd.h>
#include <zstd_errors.h>

/* RFC 8878: of HTTP nobody need accept a larger one than 8 MiB. What zstd makes
 * of files unless it is told --long, it reads. */
enum { HTTP_WINDOW_LOG = 23, FILE_WINDOW_LOG = 27 };

static uint32_t verdict_of(size_t result)
{
    if (!ZSTD_isError(result))
        return JOB_GOOD;
    switch (ZSTD_getErrorCode(result)) {
    case ZSTD_error_memory_allocation:
        return JOB_NO_MEMORY;
    case ZSTD_error_frameParameter_windowTooLarge:
        return JOB_TOO_LARGE;
    default:
        return JOB_CORRUPT;
    }
}

/* Frames one behind the other are one text. */
static uint32_t unpack_with(ZSTD_DCtx *context, unpacking *u)
{
    ZSTD_inBuffer in = { u->from, u->from_size, 0 };
    uint32_t verdict = JOB_GOOD;
    size_t left = 1; /* 0: a frame is complete */

    while (verdict == JOB_GOOD && (in.pos < in.size || left > 0)) {
        uint8_t *to;
        size_t read = in.pos, place = unpacking_place(u, &to);
        ZSTD_outBuffer out = { to, place, 0 };

        left = ZSTD_decompressStream(context, &out, &in);
        u->used += out.pos;
        verdict = verdict_of(left);
        if (verdict == JOB_GOOD && in.pos == read && out.pos == 0 && left > 0)
            verdict = u->used == u->room ? JOB_TOO_LARGE : JOB_TRUNCATED;
    }
    return verdict;
}

static uint32_t unpack_within(int window_log, unpacking *u)
{
    ZSTD_DCtx *context = ZSTD_createDCtx();
    uint32_t verdict;

    if (context == NULL)
        return JOB_NO_MEMORY;
    ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, window_log);
    verdict = unpack_with(context, u);
    ZSTD_freeDCtx(context);
    return verdict;
}

uint32_t unpack_zstd(unpacking *u)
{
    return unpack_within(HTTP_WINDOW_LOG, u);
}

uint32_t unpack_zstd_file(unpacking *u)
{
    return unpack_within(FILE_WINDOW_LOG, u);
}
