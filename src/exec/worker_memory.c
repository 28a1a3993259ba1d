/* A mapping keeps the memory; the descriptor is closed at once, being one more
 * thing that a hijacked job could play with. Input is mapped read-only: others
 * may be reading the same bytes.
 */
#include "exec/worker_memory.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int map(int fd, uint64_t size, int protection, sl_shm *out)
{
    void *data = mmap(NULL, size, protection, MAP_SHARED, fd, 0);

    if (data == MAP_FAILED)
        return -errno;
    *out = (sl_shm){ .data = data, .size = size, .fd = -1 };
    return 0;
}

static int protection_of(int part)
{
    return part == MEMORY_OUT || part == MEMORY_RESULT ? PROT_READ | PROT_WRITE
                                                       : PROT_READ;
}

void sl__memory_take(worker_memory *memory, const sl__wire_errand *errand,
                     int fds[], int count)
{
    int used = 0, wanted = 0;

    sl__memory_drop(memory);
    memory->is_here = true;
    for (int i = 0; i < SL__WIRE_FDS; i++)
        wanted += errand->size[i] > 0;
    if (wanted != count)
        memory->rc = -EMFILE; /* no room for descriptors, most likely */
    for (int i = 0; i < SL__WIRE_FDS && memory->rc == 0; i++)
        if (errand->size[i] > 0)
            memory->rc = map(fds[used++], errand->size[i], protection_of(i),
                             &memory->part[i]);
    while (count > 0)
        close(fds[--count]);
}

void sl__memory_drop(worker_memory *memory)
{
    for (int i = 0; i < SL__WIRE_FDS; i++)
        if (memory->part[i].data != NULL)
            munmap(memory->part[i].data, memory->part[i].size);
    memset(memory, 0, sizeof *memory);
    for (int i = 0; i < SL__WIRE_FDS; i++)
        memory->part[i].fd = -1;
}
