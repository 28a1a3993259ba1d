/* What this machine offers, found out by trying. */
#include <starling/cores.h>
#include <starling/shm.h>

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/given.h"

/* Linux 6.13; older headers do not name it. */
enum { GUARD_INSTALL = 102 };

static int has_pidfds(void)
{
    int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static int has_guard_regions(void)
{
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    void *page = mmap(NULL, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int rc;

    if (page == MAP_FAILED)
        return 0;
    rc = madvise(page, size, GUARD_INSTALL);
    munmap(page, size);
    return rc == 0;
}

static int has_sealed_memory(void)
{
    sl_shm memory;

    if (sl_shm_open(1, &memory) < 0)
        return 0;
    sl_shm_close(&memory);
    return 1;
}

void sl_machine_describe(sl_machine *out)
{
    sl_given(out);
    *out = (sl_machine){ .cores = sl_cores(),
                         .memory = sl_memory_granted(),
                         .has_pidfds = has_pidfds(),
                         .has_guard_regions = has_guard_regions(),
                         .has_sealed_memory = has_sealed_memory() };
}
