/* picture_file.h: a local file as memory that a worker can be given. */
#ifndef TOOL_RUN_PICTURE_FILE_H
#define TOOL_RUN_PICTURE_FILE_H

#include <stdint.h>

#include <starling/shm.h>

/* Read a plain file of at most `max_bytes` into *out (released with
 * sl_shm_close; empty, with data NULL, for an empty file) and its size into
 * *size. `folder` is a directory's descriptor or AT_FDCWD. Blocks; any thread.
 * Returns 0, -EFBIG, -EINVAL for something that is no plain file, or the error
 * of the system. */
int picture_file_read(int folder, const char *path, uint64_t max_bytes,
                      sl_shm *out, uint64_t *size);

#endif
