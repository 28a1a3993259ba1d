/* file.h: files and folders. Disks have no "ready", so each call runs on one of
 * min(32, cores + 4) threads that do nothing else but this and starting child
 * processes, and the task waits for it.
 *
 * A call that a thread has begun is waited for even when the task is cancelled,
 * since the caller's memory is in use, and its result is returned: what has
 * happened is not reported as cancelled. One that has not begun is taken back
 * (SL_ECANCELED). On a disk that hangs, a cancelled task hangs with it.
 */
#ifndef STARLING_FILE_H
#define STARLING_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <starling/api.h>

SL_BEGIN

typedef struct sl_file sl_file;

/* Open a file; `flags` and `mode` are open()'s (O_RDONLY, O_CREAT ... from
 * fcntl.h). Close-on-exec is always set. Close it with sl_file_close(). */
SL_API SL_WAITS int sl_file_open(const char *path, int flags, mode_t mode,
                                 sl_file **out);

/* Close and free. Never waits for what is on its way to the disk: errors of it
 * are told by sl_file_sync(). No task may be inside a call on it. */
SL_API void sl_file_close(sl_file *file);

/* Read at the file's position, at most `size` bytes. Returns how many; 0 at the
 * end. */
SL_API SL_WAITS ssize_t sl_file_read(sl_file *file, void *data, size_t size);

/* Write all of `data` at the file's position. Returns 0 or an error; after one
 * an unknown part was written. */
SL_API SL_WAITS int sl_file_write(sl_file *file, const void *data, size_t size);

/* The same at `offset`, leaving the position alone: any number of tasks may do
 * that at once. */
SL_API SL_WAITS ssize_t sl_file_pread(sl_file *file, void *data, size_t size,
                                      int64_t offset);
SL_API SL_WAITS int sl_file_pwrite(sl_file *file, const void *data, size_t size,
                                   int64_t offset);

/* Move the position, as lseek() does. Returns it. Never waits. */
SL_API int64_t sl_file_seek(sl_file *file, int64_t offset, int whence);

SL_API SL_WAITS int sl_file_stat(sl_file *file, struct stat *out);
SL_API SL_WAITS int sl_file_truncate(sl_file *file, int64_t size);

/* Wait until what was written is on the disk. */
SL_API SL_WAITS int sl_file_sync(sl_file *file);

/* The descriptor, lent until the close. */
SL_API int sl_file_fd(const sl_file *file);

/* By path. */

SL_API SL_WAITS int sl_path_stat(const char *path, struct stat *out);
SL_API SL_WAITS int sl_file_rename(const char *from, const char *to);
SL_API SL_WAITS int sl_file_remove(const char *path);

/* Read a whole file of at most `limit` bytes. The caller frees *data with
 * free(); a NUL that *size does not count follows the bytes. -EFBIG if it is
 * bigger. */
SL_API SL_WAITS int sl_file_read_all(const char *path, size_t limit,
                                     void **data, size_t *size);

typedef struct sl_write_options {
    mode_t mode; /* of a new file; 0: 0666. The umask applies */
    bool sync;   /* have it on the disk before it gets its name */
} sl_write_options;

/* Write a whole file: under another name beside it first, which then becomes
 * `path`. Who opens that sees the old contents or the new, never a part.
 * `options` may be NULL. */
SL_API SL_WAITS int sl_file_write_all(const char *path, const void *data,
                                      size_t size,
                                      const sl_write_options *options);

/* Folders. */

SL_API SL_WAITS int sl_folder_make(const char *path, mode_t mode);
SL_API SL_WAITS int sl_folder_remove(const char *path);

enum { SL_ENTRY_FILE = 1, SL_ENTRY_FOLDER, SL_ENTRY_LINK, SL_ENTRY_OTHER };

typedef struct sl_folder_entry {
    const char *name;
    int kind; /* 0: the file system does not say */
} sl_folder_entry;

typedef struct sl_folder {
    size_t count;
    sl_folder_entry *entries; /* by name, without "." and ".." */
} sl_folder;

/* List a folder. Free *out with sl_folder_free(). */
SL_API SL_WAITS int sl_folder_list(const char *path, sl_folder **out);
SL_API void sl_folder_free(sl_folder *folder);

SL_END

#endif
