/* Files by path: whole files read and written in one go on one thread, instead
 * of a thread's visit for each step, and names changed and removed.
 *
 * A file is written under a name of its own first. Kept from both: a reader
 * sees half a file, and a full disk leaves half a file under the good name.
 */
#include <starling/file.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/given.h"
#include "io/crew.h"
#include "io/failure.h"
#include "io/file.h"

struct path_stat {
    const char *path;
    struct stat *out;
};

static int do_path_stat(void *arg)
{
    struct path_stat *a = arg;
    struct stat info;

    if (stat(a->path, &info) < 0)
        return -errno;
    *a->out = info;
    return 0;
}

int sl_path_stat(const char *path, struct stat *out)
{
    sl_given(path);
    sl_given(out);

    struct path_stat a = { path, out };

    return sl__about(path, sl__on_own_thread(do_path_stat, &a));
}

struct renaming {
    const char *from, *to;
};

static int do_rename(void *arg)
{
    struct renaming *a = arg;

    return rename(a->from, a->to) < 0 ? -errno : 0;
}

int sl_file_rename(const char *from, const char *to)
{
    sl_given(from);
    sl_given(to);

    struct renaming a = { from, to };

    return sl__about(from, sl__on_own_thread(do_rename, &a));
}

struct removing {
    const char *path;
};

static int do_remove(void *arg)
{
    struct removing *a = arg;

    return unlink(a->path) < 0 ? -errno : 0;
}

int sl_file_remove(const char *path)
{
    sl_given(path);

    struct removing a = { path };

    return sl__about(path, sl__on_own_thread(do_remove, &a));
}

struct reading {
    const char *path;
    size_t limit;
    void *data;
    size_t size;
};

enum { FIRST_ROOM = 4096 };

/* Read until the end: what stat() says is only a hint, since files grow and
 * those of /proc say 0. */
static int read_to_end(int fd, struct reading *a, size_t room)
{
    char *data = NULL;
    size_t size = 0;
    ssize_t n;

    for (;;) {
        char *bigger = realloc(data, room + 1);

        if (bigger == NULL)
            goto no_memory;
        data = bigger;
        while (size < room) {
            n = read(fd, data + size, room - size);
            if (n < 0 && errno == EINTR)
                continue;
            if (n < 0)
                goto failed;
            if (n == 0)
                goto ended;
            size += (size_t)n;
        }
        if (size > a->limit) {
            free(data);
            return -EFBIG;
        }
        room = room <= a->limit / 2 ? 2 * room : a->limit + 1;
    }
ended:
    data[size] = '\0';
    a->data = data;
    a->size = size;
    return 0;
failed:
    n = -errno;
    free(data);
    return (int)n;
no_memory:
    free(data);
    return -ENOMEM;
}

static int do_read_all(void *arg)
{
    struct reading *a = arg;
    size_t room = FIRST_ROOM;
    struct stat info;
    int fd = open(a->path, O_RDONLY | O_CLOEXEC), rc;

    if (fd < 0)
        return -errno;
    if (a->limit > SSIZE_MAX - 1)
        a->limit = SSIZE_MAX - 1;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0) {
        if ((uint64_t)info.st_size > a->limit) {
            close(fd);
            return -EFBIG;
        }
        room = (size_t)info.st_size + 1; /* and see the end in one read more */
    }
    if (room > a->limit + 1)
        room = a->limit + 1;
    rc = read_to_end(fd, a, room);
    close(fd);
    return rc;
}

int sl_file_read_all(const char *path, size_t limit, void **data, size_t *size)
{
    sl_given(path);
    sl_given(data);
    sl_given(size);

    struct reading a = { .path = path, .limit = limit };
    int rc = sl__on_own_thread(do_read_all, &a);

    if (rc < 0)
        return sl__about(path, rc);
    *data = a.data;
    *size = a.size;
    return 0;
}

struct writing {
    const char *path;
    const void *data;
    size_t size;
    sl_write_options options;
};

/* Open a new file beside `path`. Its name goes to `name`. */
static int open_beside(const char *path, mode_t mode, char name[PATH_MAX])
{
    static _Atomic unsigned count; /* so that two calls do not meet */

    for (int i = 0; i < 100; i++) {
        int fd, n = snprintf(name, PATH_MAX, "%s.%d-%u.part", path, getpid(),
                             count++);

        if (n >= PATH_MAX)
            return -ENAMETOOLONG;
        fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (fd >= 0 || errno != EEXIST)
            return fd < 0 ? -errno : fd;
    }
    return -EEXIST;
}

/* The name itself is on the disk only when its folder is. */
static int sync_folder_of(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int length = slash == NULL ? 0 : (int)(slash - path), fd, rc;

    snprintf(folder, sizeof folder, "%.*s%s", length, path,
             slash == NULL ? "."
             : length == 0 ? "/"
                           : "");
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    rc = fsync(fd) < 0 ? -errno : 0;
    close(fd);
    return rc;
}

static int do_write_all(void *arg)
{
    struct writing *a = arg;
    mode_t mode = a->options.mode != 0 ? a->options.mode : 0666;
    char name[PATH_MAX];
    int fd = open_beside(a->path, mode, name), rc;

    if (fd < 0)
        return fd;
    rc = sl__write_fully(fd, a->data, a->size, -1);
    if (rc == 0 && a->options.sync && fsync(fd) < 0)
        rc = -errno;
    if (close(fd) < 0 && rc == 0)
        rc = -errno;
    if (rc == 0 && rename(name, a->path) < 0)
        rc = -errno;
    if (rc < 0)
        unlink(name);
    else if (a->options.sync)
        rc = sync_folder_of(a->path);
    return rc;
}

int sl_file_write_all(const char *path, const void *data, size_t size,
                      const sl_write_options *options)
{
    sl_given(path);
    sl_given_bytes(data, size);

    struct writing a = { path, data, size, { 0 } };

    if (options != NULL)
        a.options = *options;
    return sl__about(path, sl__on_own_thread(do_write_all, &a));
}
