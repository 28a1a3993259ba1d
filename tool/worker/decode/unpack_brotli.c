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
    uint8_t *to = u->to;
    size_t room = u->room;
    BrotliDecoderResult result;
    uint32_t verdict;

    if (state == NULL)
        return JOB_NO_MEMORY;
    result = BrotliDecoderDecompressStream(state, &u->from_size, &u->from,
                                           &room, &to, NULL);
    u->used = u->room - room;
    verdict = verdict_of(state, result, u);
    BrotliDecoderDestroyInstance(state);
    return verdict;
}
