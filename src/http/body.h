/* body.h: a body as it arrives, in memory that a worker can share. */
#ifndef SL_HTTP_BODY_H
#define SL_HTTP_BODY_H

#include <stddef.h>
#include <stdint.h>

#include <starling/shm.h>

typedef struct sl__body {
    int fd; /* -1 until the first byte */
    uint64_t size;
} sl__body;

#define SL__BODY_EMPTY ((sl__body){ .fd = -1 })

/* Append. Returns 0 or -ENOMEM, -EMFILE, -ENFILE, -ENOSPC. */
int sl__body_add(sl__body *body, const void *data, size_t size);

/* Fix contents and size, map it read-only into *out, and empty the body. A body
 * without a byte leaves *out empty. On failure the body is as it was. */
int sl__body_finish(sl__body *body, sl_shm *out);

void sl__body_fini(sl__body *body);

#endif
