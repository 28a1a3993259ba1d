/* archive_library.h: what is used of libarchive, loaded with the first archive.
 * Private to the store.
 *
 * It brings ten other libraries along, among them ICU. They took a third of the
 * time in which the program starts, and few runs write archives.
 */
#ifndef TOOL_STORE_ARCHIVE_LIBRARY_H
#define TOOL_STORE_ARCHIVE_LIBRARY_H

#include <archive.h>
#include <archive_entry.h>

#define ARCHIVE_LIBRARY_FUNCTIONS(use)                                         \
    use(archive_errno);                                                        \
    use(archive_set_error);                                                    \
    use(archive_write_new);                                                    \
    use(archive_write_set_format_pax_restricted);                              \
    use(archive_write_open);                                                   \
    use(archive_write_header);                                                 \
    use(archive_write_data);                                                   \
    use(archive_write_close);                                                  \
    use(archive_write_free);                                                   \
    use(archive_entry_new);                                                    \
    use(archive_entry_free);                                                   \
    use(archive_entry_set_pathname);                                           \
    use(archive_entry_set_filetype);                                           \
    use(archive_entry_set_perm);                                               \
    use(archive_entry_set_size)

#define ARCHIVE_LIBRARY_MEMBER(name) __typeof__(name) *name

typedef struct archive_library {
    ARCHIVE_LIBRARY_FUNCTIONS(ARCHIVE_LIBRARY_MEMBER);
} archive_library;

/* NULL: it is not on this machine. Any thread may call this. */
const archive_library *archive_library_load(void);

#endif
