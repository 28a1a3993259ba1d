/* By zlib: gzip, zlib's own form, or neither's frame. */
#include "packed_samples.h"

#include <stdlib.h>
#include <string.h>

#include <zlib.h>

sample pack_zlib(const sample *text, int window_bits)
{
    z_stream z = { 0 };
    sample made;

    if (deflateInit2(&z, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK)
        abort();
    made.size = deflateBound(&z, text->size);
    made.data = malloc(made.size);
    z.next_in = text->data;
    z.avail_in = (unsigned)text->size;
    z.next_out = made.data;
    z.avail_out = (unsigned)made.size;
    if (made.data == NULL || deflate(&z, Z_FINISH) != Z_STREAM_END)
        abort();
    made.size = z.total_out;
    deflateEnd(&z);
    return made;
}

sample join(const sample *a, const sample *b)
{
    sample made = { malloc(a->size + b->size), a->size + b->size };

    if (made.data == NULL)
        abort();
    memcpy(made.data, a->data, a->size);
    memcpy(made.data + a->size, b->data, b->size);
    return made;
}
