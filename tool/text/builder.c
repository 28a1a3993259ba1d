/* A string in a buffer of fixed size. What does not fit is cut as a whole, and
 * the cut is marked, so that nobody takes half a path for a path.
 */
#include "text/builder.h"

#include <string.h>

builder builder_in(char *out, size_t size)
{
    return (builder){ .out = out, .size = size };
}

void builder_add(builder *b, const char *bytes, size_t n)
{
    if (b->cut || n >= b->size - b->length) {
        b->cut = true;
        return;
    }
    memcpy(b->out + b->length, bytes, n);
    b->length += n;
}

/* Bytes that continue a UTF-8 sequence are dropped with its start, so that the
 * mark of a cut does not follow half a letter. */
size_t builder_finish(builder *b)
{
    static const char mark[] = "...";
    size_t keep = b->size - sizeof mark;

    if (b->cut) {
        if (b->length > keep) {
            b->length = keep;
            while (b->length > 0 && (b->out[b->length] & 0xC0) == 0x80)
                b->length--;
        }
        memcpy(b->out + b->length, mark, sizeof mark - 1);
        b->length += sizeof mark - 1;
    }
    b->out[b->length] = '\0';
    return b->length;
}
