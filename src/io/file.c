/* Open files. Each function packs its arguments, a thread makes the call, and
 * the task waits; the arguments lie on the task's stack because that call
 * does not come back before the thread has let go of them.
 */
#include <starling/file.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/given.h"
#include "io/crew.h"
#include "io/failure.h"
#include "io/file.h"

struct sl_file {
    int fd;
};

struct opening {
    const char *path;
    int flags;
    mode_t mode;
};

static int do_open(void *arg)
{
    struct opening *a = arg;
    int fd;

    do {
        fd = open(a->path, a->flags | O_CLOEXEC, a->mode);
    } while (fd < 0 && errno == EINTR);
    return fd < 0 ? -errno : fd;
}

int sl_file_open(const char *path, int flags, mode_t mode, sl_file **out)
{
    sl_given(path);
    sl_given(out);

    struct opening a = { path, flags, mode };
    sl_file *file = malloc(sizeof *file);
    int fd = file != NULL ? sl__on_own_thread(do_open, &a) : -ENOMEM;

    if (fd < 0) {
        free(file);
        return sl__about(path, fd);
    }
    file->fd = fd;
    *out = file;
    return 0;
}

void sl_file_close(sl_file *file)
{
    if (file == NULL)
        return;
    sl_given(file);
    close(file->fd);
    sl__release(file);
}

enum { AT_POSITION = -1, IO_MAX = 1 << 30 /* counts travel as int */ };

struct moving {
    int fd;
    char *data;
    size_t size;
    int64_t offset; /* AT_POSITION: where the file is */
};

static int do_read(void *arg)
{
    struct moving *a = arg;
    size_t size = a->size < IO_MAX ? a->size : IO_MAX;
    ssize_t n;

    do {
        n = a->offset == AT_POSITION ? read(a->fd, a->data, size)
                                     : pread(a->fd, a->data, size, a->offset);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : (int)n;
}

static int do_write(void *arg)
{
    struct moving *a = arg;

    return sl__write_fully(a->fd, a->data, a->size, a->offset);
}

int sl__write_fully(int fd, const char *data, size_t size, int64_t offset)
{
    while (size > 0) {
        ssize_t n = offset == AT_POSITION ? write(fd, data, size)
                                          : pwrite(fd, data, size, offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        data += n;
        size -= (size_t)n;
        if (offset != AT_POSITION)
            offset += n;
    }
    return 0;
}

ssize_t sl_file_read(sl_file *file, void *data, size_t size)
{
    sl_given(file);
    sl_given_bytes(data, size);

    struct moving a = { file->fd, data, size, AT_POSITION };

    return sl__on_own_thread(do_read, &a);
}

ssize_t sl_file_pread(sl_file *file, void *data, size_t size, int64_t offset)
{
    sl_given(file);
    sl_given_bytes(data, size);

    struct moving a = { file->fd, data, size, offset };

    return offset < 0 ? -EINVAL : sl__on_own_thread(do_read, &a);
}

int sl_file_write(sl_file *file, const void *data, size_t size)
{
    sl_given(file);
    sl_given_bytes(data, size);

    struct moving a = { file->fd, (char *)(uintptr_t)data, size, AT_POSITION };

    return sl__on_own_thread(do_write, &a);
}

int sl_file_pwrite(sl_file *file, const void *data, size_t size, int64_t offset)
{
    sl_given(file);
    sl_given_bytes(data, size);

    struct moving a = { file->fd, (char *)(uintptr_t)data, size, offset };

    return offset < 0 ? -EINVAL : sl__on_own_thread(do_write, &a);
}

int64_t sl_file_seek(sl_file *file, int64_t offset, int whence)
{
    sl_given(file);

    off_t at = lseek(file->fd, offset, whence);

    return at < 0 ? -errno : at;
}

struct asking {
    int fd;
    struct stat *out;
};

static int do_stat(void *arg)
{
    struct asking *a = arg;
    struct stat info;

    if (fstat(a->fd, &info) < 0)
        return -errno;
    *a->out = info;
    return 0;
}

int sl_file_stat(sl_file *file, struct stat *out)
{
    sl_given(file);
    sl_given(out);

    struct asking a = { file->fd, out };

    return sl__on_own_thread(do_stat, &a);
}

struct cutting {
    int fd;
    int64_t size;
};

static int do_truncate(void *arg)
{
    struct cutting *a = arg;

    return ftruncate(a->fd, a->size) < 0 ? -errno : 0;
}

int sl_file_truncate(sl_file *file, int64_t size)
{
    sl_given(file);

    struct cutting a = { file->fd, size };

    return sl__on_own_thread(do_truncate, &a);
}

static int do_sync(void *arg)
{
    return fsync(*(int *)arg) < 0 ? -errno : 0;
}

int sl_file_sync(sl_file *file)
{
    sl_given(file);
    return sl__on_own_thread(do_sync, &file->fd);
}

int sl_file_fd(const sl_file *file)
{
    sl_given(file);
    return file->fd;
}
