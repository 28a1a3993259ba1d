/* Zstandard by its own library, at a level that a server would take, and with
 * the checksum that the program makes. */
#include "packed_samples.h"

#include <stdlib.h>

#include <zstd.h>

sample pack_zstd(const sample *text)
{
    size_t size = ZSTD_compressBound(text->size);
    sample made = { malloc(size), size };

    ZSTD_CCtx *context = ZSTD_createCCtx();

    if (made.data == NULL || context == NULL)
        abort();
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 5);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    made.size =
        ZSTD_compress2(context, made.data, size, text->data, text->size);
    ZSTD_freeCCtx(context);
    if (ZSTD_isError(made.size))
        abort();
    return made;
}
