/* Brotli by its own library, at a level that a server would take. */
#include "packed_samples.h"

#include <stdlib.h>

#include <brotli/encode.h>

sample pack_brotli(const sample *text)
{
    size_t size = BrotliEncoderMaxCompressedSize(text->size);
    sample made = { malloc(size), size };

    if (made.data == NULL ||
        !BrotliEncoderCompress(5, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC,
                               text->size, text->data, &made.size, made.data))
        abort();
    return made;
}
