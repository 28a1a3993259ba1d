/* plain_thumbs.h: thumbnails and edges as a careful programmer writes them with
 * libjpeg-turbo alone: a floor that shares nothing with the tool. */
#ifndef BENCH_PLAIN_THUMBS_H
#define BENCH_PLAIN_THUMBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Called with each JPEG that was made; non-zero ends it. */
typedef int plain_take(void *context, int width, const uint8_t *data,
                       size_t size);

/* Decode to at least twice the largest of `widths` (sorted, the largest first),
 * Lanczos with three lobes in floating point, the others from the first. With
 * a box the only width is chosen so that both sides go into it. 0 or -1. */
int plain_thumbs(const uint8_t *jpeg, size_t size, const int *widths, int count,
                 int box, int quality, plain_take *take, void *context);

/* Decode, the reference's filter, encode. 0 or -1. */
int plain_edges(const uint8_t *jpeg, size_t size, int threshold, int quality,
                plain_take *take, void *context);

#endif
