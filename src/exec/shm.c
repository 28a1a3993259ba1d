/* Shared memory between us and a worker process.
 *
 * Decoded pixels are too big to copy through a pipe, so parent and worker map
 * the same pages. The worker is not trusted: if it could shrink the file, our
 * next read past the new end would die of SIGBUS. The size is therefore sealed
 * before another process can see the descriptor. The contents stay writable by
 * both sides, so what is read from here is input and must be checked.
 */
#include <starling/shm.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <starling/error.h>

#include "base/given.h"

static int fix_size(int fd, size_t size)
{
    if (ftruncate(fd, (off_t)size) < 0)
        return errno == EFBIG || errno == EINVAL ? -ENOMEM : -errno;
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
        return -errno;
    return 0;
}

int sl_shm_open(size_t size, sl_shm *out)
{
    sl_given(out);

    void *data;
    int fd, rc;

    if (size == 0)
        return sl_fail(-EINVAL, "shared memory has at least one byte");
    fd = memfd_create("starling", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return -errno;

    rc = fix_size(fd, size);
    if (rc < 0)
        goto out;
    data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (data == MAP_FAILED) {
        rc = -errno;
        goto out;
    }
    *out = (sl_shm){ .data = data, .size = size, .fd = fd };
    fd = -1; /* *out owns it now */
out:
    if (fd >= 0)
        close(fd);
    return rc;
}

void sl_shm_close(sl_shm *shm)
{
    sl_given(shm);
    if (shm->data == NULL)
        return;
    if (shm->fd < 0) {
        free(shm->data);
    } else {
        munmap(shm->data, shm->size);
        close(shm->fd);
    }
    *shm = (sl_shm){ .fd = -1 };
}
