/* Animated WebP files, written by hand around the chunks of one that stands
 * still. */
#include "samples.h"

#include <stdlib.h>
#include <string.h>

static uint8_t *put(uint8_t *to, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        *to++ = (uint8_t)(value >> 8 * i);
    return to;
}

static uint8_t *put_chunk(uint8_t *to, const char *name, size_t size)
{
    memcpy(to, name, 4);
    return put(to + 4, (uint32_t)size, 4);
}

/* A file's chunks begin behind 12 bytes, and have an even length. */
sample animate_webp(sample still, int width, int height, int margin)
{
    enum { CANVAS = 18, LOOPS = 14, FRAME = 8 + 16 };
    size_t chunks = still.size - 12;
    sample made = { NULL, 12 + CANVAS + LOOPS + 2 * (FRAME + chunks) };
    uint8_t *to = made.data = calloc(1, made.size);

    if (to == NULL)
        abort();
    memcpy(to, "RIFF....WEBP", 12);
    put(to + 4, (uint32_t)made.size - 8, 4);
    to = put_chunk(to + 12, "VP8X", 10);
    to = put(to, 2, 4); /* it is animated */
    to = put(to, (uint32_t)(width + 2 * margin - 1), 3);
    to = put(to, (uint32_t)(height + 2 * margin - 1), 3);
    to = put_chunk(to, "ANIM", 6) + 6;
    for (int i = 0; i < 2; i++) {
        to = put_chunk(to, "ANMF", 16 + chunks);
        to = put(to, (uint32_t)margin / 2, 3);
        to = put(to, (uint32_t)margin / 2, 3);
        to = put(to, (uint32_t)width - 1, 3);
        to = put(to, (uint32_t)height - 1, 3);
        to = put(to, 100, 4); /* milliseconds, and no flags */
        memcpy(to, still.data + 12, chunks);
        to += chunks;
    }
    free(still.data);
    return made;
}
