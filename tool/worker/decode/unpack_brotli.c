/* Brotli, where its library is. */
#include "worker/decode/unpack.h"

#include <brotli/decode.h>

static uint32_t verdict_of(BrotliDecoderState *state,
                           BrotliDecoderResult result, const unpacking *u)
{
    BrotliDecoderErrorCode code = BrotliDecoderGetErrorCode(state);

    switch (result) {
    case BROTLI_DECODER_RESULT_SUCCESS:
        return u->from_size == 0 ? JOB_GOOD : JOB_CORRUPT;
    case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT:
        return JOB_TRUNCATED;
    case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT:
        return JOB_TOO_LARGE;
    default: /* errors are counted downwards, those of memory last */
        return code <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES &&
                       code >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES
                   ? JOB_NO_MEMORY
                   : JOB_CORRUPT;
    }
}

uint32_t unpack_brotli(unpacking *u)
{
    BrotliDecoderState *state = BrotliDecoderCreateInstance(NULL, NULL, NULL);
    BrotliDecoderResult result;
    uint32_t verdict;

    if (state == NULL)
        return JOB_NO_MEMORY;
    do {
        uint8_t *to;
        size_t place = unpacking_place(u, &to), left = place;

        result = BrotliDecoderDecompressStream(state, &u->from_size, &u->from,
                                               &left, &to, NULL);
        u->used += place - left;
    } while (result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT &&
             u->used < u->room);
    verdict = verdict_of(state, result, u);
    BrotliDecoderDestroyInstance(state);
    return verdict;
}
