/* tar_writer.h: a tar file that appears whole or not at all.
 *
 *     tar_writer_open(&writer, folder, "00000.tar")
 *     tar_writer_add(writer, "cat.jpg", data, size)         as often as wanted
 *     tar_writer_add_file(writer, "cat.64.jpg", folder, name)
 *     tar_writer_keep(writer, &how, &stamp)   or   tar_writer_drop(writer)
 *
 * Blocks, on any one thread at a time.
 */
#ifndef TOOL_STORE_TAR_WRITER_H
#define TOOL_STORE_TAR_WRITER_H

#include <stdbool.h>

#include "store/files.h"

typedef struct tar_writer tar_writer;

/* Whether this machine has the library for it. */
bool tar_writer_is_there(void);

/* Return 0 or a negative errno, as files_write() does. */
int tar_writer_open(tar_writer **out, int folder, const char *name);
int tar_writer_add(tar_writer *writer, const char *name, const void *data,
                   size_t size);
int tar_writer_add_file(tar_writer *writer, const char *name, int folder,
                        const char *from);

/* Either releases the writer. */
int tar_writer_keep(tar_writer *writer, const files_how *how,
                    files_stamp *stamp);
void tar_writer_drop(tar_writer *writer);

#endif
