/* shm.h: memory that a parent and its worker process both see. */
#ifndef STARLING_SHM_H
#define STARLING_SHM_H

#include <stddef.h>

#include <starling/api.h>

SL_BEGIN

typedef struct sl_shm {
    void *data;  /* read-write mapping in this process; NULL when empty */
    size_t size; /* bytes, exactly as asked for */
    int fd;      /* close-on-exec; hand it to the worker to share the pages.
                    -1: not shared so far, and `data` is from malloc(), as it is
                    for small things; a pool then gives its worker a copy */
} sl_shm;

/* Make `size` bytes (at least 1) of zeroed memory whose size never changes.
 * Pages cost memory once they are touched. The caller owns *out and releases
 * it with sl_shm_close(). Returns 0, or -EINVAL for size 0, -ENOMEM, -EMFILE,
 * -ENFILE. Never waits. Any thread may call it. */
SL_API int sl_shm_open(size_t size, sl_shm *out);

/* Drop this process's mapping and descriptor, or free what is not shared, and
 * empty *shm; a second call is harmless. Processes that share the memory keep
 * theirs. */
SL_API void sl_shm_close(sl_shm *shm);

SL_END

#endif
