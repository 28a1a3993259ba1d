/* A body as it arrives, in memory that a worker can share.
 *
 * Big bodies are the bulk of a run's memory and are read by somebody else, so
 * they are written into a memory file piece by piece and never touched by this
 * process again: its private memory stays small, and handing the body to a
 * worker is handing over a descriptor. The file grows by what is written, so
 * there is nothing to guess and nothing to copy.
 *
 * A small one is cheaper to copy than a file is to make, map and unmap: 25 us,
 * more than all else that a small download costs the loop. It stays in
 * ordinary memory, which malloc() has at hand without asking the kernel, and
 * moves into a file when it turns out not to be small.
 *
 * At the end the file is sealed: nobody who gets the descriptor can change what
 * others read. The seal against writing is the "future" one, which still lets
 * old kernels (before 6.7) map the file shared for reading.
 */
#include "http/body.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

enum { SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL };

static int make_room(sl__body *body, size_t room)
{
    char *moved = realloc(body->small, room);

    if (moved == NULL)
        return -ENOMEM;
    body->small = moved;
    body->room = room;
    return 0;
}

void sl__body_expect(sl__body *body, uint64_t size)
{
    /* Without memory now, sl__body_add() will ask again. */
    if (body->fd < 0 && size <= SL__BODY_SMALL && size > body->room)
        (void)make_room(body, (size_t)size);
}

static int add_small(sl__body *body, const void *data, size_t size)
{
    size_t end = (size_t)body->size + size;
    int rc = end <= body->room ? 0 : make_room(body, 2 * end);

    if (rc < 0)
        return rc;
    memcpy(body->small + body->size, data, size);
    body->size = end;
    return 0;
}

static int write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, data, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        data += n;
        size -= (size_t)n;
    }
    return 0;
}

/* It is not small after all. */
static int move_into_file(sl__body *body)
{
    int fd = memfd_create("starling-body", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    int rc = fd < 0 ? -errno : write_all(fd, body->small, (size_t)body->size);

    if (rc < 0) {
        if (fd >= 0)
            close(fd);
        return rc;
    }
    free(body->small);
    body->small = NULL;
    body->room = 0;
    body->fd = fd;
    return 0;
}

int sl__body_add(sl__body *body, const void *data, size_t size)
{
    int rc = 0;

    if (body->fd < 0 && body->size + size <= SL__BODY_SMALL)
        return add_small(body, data, size);
    if (body->fd < 0)
        rc = move_into_file(body);
    if (rc == 0)
        rc = write_all(body->fd, data, size);
    if (rc == 0)
        body->size += size;
    return rc;
}

static int seal(int fd)
{
    if (fcntl(fd, F_ADD_SEALS, SEALS | F_SEAL_FUTURE_WRITE) == 0)
        return 0;
    /* Kernels before 5.1 and their look-alikes: at least the size is fixed. */
    return fcntl(fd, F_ADD_SEALS, SEALS) == 0 ? 0 : -errno;
}

/* What is left over is given back, or the budget would count too little. */
static void hand_over_small(sl__body *body, sl_shm *out)
{
    void *data = realloc(body->small, (size_t)body->size);

    *out = (sl_shm){ .data = data != NULL ? data : body->small,
                     .size = (size_t)body->size,
                     .fd = -1 };
    *body = SL__BODY_EMPTY;
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
    if (body->fd < 0) {
        hand_over_small(body, out);
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
    free(body->small);
    *body = SL__BODY_EMPTY;
}
