/* file.h: writing, for threads that do file work. */
#ifndef SL_IO_FILE_H
#define SL_IO_FILE_H

#include <stddef.h>
#include <stdint.h>

/* Write all of `data`, at `offset` or, for -1, where the file is. Blocks. */
int sl__write_fully(int fd, const char *data, size_t size, int64_t offset);

#endif
