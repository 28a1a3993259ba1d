/* plain_sep.h: find stars in a JPEG and mark them, in the fewest calls. */
#ifndef BENCH_PLAIN_SEP_H
#define BENCH_PLAIN_SEP_H

#include <stddef.h>

/* The background is a mesh of 64 pixels, the limit 3 sigma on 5 pixels, what
 * most programs that use SEP say. The marked JPEG (quality 90) goes to `out`.
 * Returns how many stars, or -1. */
int plain_sep(const void *file, size_t size, void *out, size_t room,
              size_t *out_size);

#endif
