/* body.h: a body as it arrives, in memory that a worker can share or, as long
 * as it is small, in ordinary memory. */
#ifndef SL_HTTP_BODY_H
#define SL_HTTP_BODY_H

#include <stddef.h>
#include <stdint.h>

#include <starling/shm.h>

enum { SL__BODY_SMALL = 120 << 10 }; /* bytes, at most */

typedef struct sl__body {
    uint64_t size;
    char
        *small; /* its bytes, and room for more; NULL: it has none, or a file */
    size_t room;
    int fd; /* of a body that is not small; else -1 */
} sl__body;

#define SL__BODY_EMPTY ((sl__body){ .fd = -1 })

/* So many bytes will probably come: a hint. */
void sl__body_expect(sl__body *body, uint64_t size);

/* Append. Returns 0 or -ENOMEM, -EMFILE, -ENFILE, -ENOSPC. */
int sl__body_add(sl__body *body, const void *data, size_t size);

/* Hand it over in *out, a file with contents and size fixed and mapped
 * read-only, and empty the body. A body without a byte leaves *out empty. On
 * failure the body is as it was. */
int sl__body_finish(sl__body *body, sl_shm *out);

void sl__body_fini(sl__body *body);

#endif
