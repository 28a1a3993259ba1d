/* Reading happens into shared memory at once, so that a large picture is never
 * in this process's private memory. O_NONBLOCK: a FIFO that took the file's
 * place must not hold us up before we have looked at what it is. */
#include "run/picture_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_all(int fd, char *data, uint64_t size)
{
    while (size > 0) {
        ssize_t n = read(fd, data, size < (1u << 30) ? size : 1u << 30);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO; /* shorter than it was a moment ago */
        data += n;
        size -= (uint64_t)n;
    }
    return 0;
}

enum { SMALL = 120 << 10 }; /* bytes; as of a body that was fetched */

/* A memory file for a small one would take longer than to read it. */
static int make_room(uint64_t size, sl_shm *out)
{
    void *data;

    if (size > SMALL)
        return sl_shm_open(size, out);
    data = malloc(size);
    if (data == NULL)
        return -ENOMEM;
    *out = (sl_shm){ .data = data, .size = size, .fd = -1 };
    return 0;
}

static int read_open(int fd, uint64_t max_bytes, sl_shm *out, uint64_t *size)
{
    struct stat info;
    int rc;

    if (fstat(fd, &info) < 0)
        return -errno;
    if (!S_ISREG(info.st_mode))
        return -EINVAL;
    *size = (uint64_t)info.st_size;
    if (*size > max_bytes)
        return -EFBIG;
    *out = (sl_shm){ .fd = -1 };
    if (*size == 0)
        return 0;
    rc = make_room(*size, out);
    if (rc < 0)
        return rc;
    rc = read_all(fd, out->data, *size);
    if (rc < 0)
        sl_shm_close(out);
    return rc;
}

int picture_file_read(int folder, const char *path, uint64_t max_bytes,
                      sl_shm *out, uint64_t *size)
{
    int fd = openat(folder, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int rc;

    if (fd < 0)
        return -errno;
    rc = read_open(fd, max_bytes, out, size);
    close(fd);
    return rc;
}
