/* A body as it arrives, in memory that a worker can share.
 *
 * Bodies are the bulk of a run's memory and are read by somebody else, so they
 * are written into a memory file piece by piece and never touched by this
 * process again: its private memory stays small, and handing the body to a
 * worker is handing over a descriptor. The file grows by what is written, so
 * there is nothing to guess and nothing to copy.
 *
 * At the end the file is sealed: nobody who gets the descriptor can change what
 * others read. The seal against writing is the "future" one, which still lets
 * old kernels (before 6.7) map the file shared for reading.
 */
#include "http/body.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

enum { SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL };

int sl__body_add(sl__body *body, const void *data, size_t size)
{
    const char *at = data;

    if (body->fd < 0) {
        body->fd =
            memfd_create("starling-body", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (body->fd < 0)
            return -errno;
    }
    while (size > 0) {
        ssize_t n = write(body->fd, at, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        at += n;
        size -= (size_t)n;
        body->size += (uint64_t)n;
    }
    return 0;
}

static int seal(int fd)
{
    if (fcntl(fd, F_ADD_SEALS, SEALS | F_SEAL_FUTURE_WRITE) == 0)
        return 0;
    /* Kernels before 5.1 and their look-alikes: at least the size is fixed. */
    return fcntl(fd, F_ADD_SEALS, SEALS) == 0 ? 0 : -errno;
}

int sl__body_finish(sl__body *body, sl_shm *out)
{
    size_t size = (size_t)body->size;
    void *data;
    int rc;

    if (size == 0) {
        sl__body_fini(body);
        *out = (sl_shm){ .fd = -1 };
        return 0;
    }
    rc = seal(body->fd);
    if (rc < 0)
        return rc;
    data = mmap(NULL, size, PROT_READ, MAP_SHARED, body->fd, 0);
    if (data == MAP_FAILED)
        return -errno;
    *out = (sl_shm){ .data = data, .size = size, .fd = body->fd };
    *body = SL__BODY_EMPTY; /* *out owns the descriptor now */
    return 0;
}

void sl__body_fini(sl__body *body)
{
    if (body->fd >= 0)
        close(body->fd);
    *body = SL__BODY_EMPTY;
}
