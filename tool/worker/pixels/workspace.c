/* Buffers by purpose, not by size.
 *
 * A job uses each buffer once and in a fixed order, so a slot a purpose needs
 * no allocator; nobody wants the old contents when one grows. A run over
 * pictures of one size allocates in its first job only.
 */
#include "worker/pixels/workspace.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

/* What stays allocated between jobs: all that finding stars in a picture of
 * 18 megapixels takes. A worker that has seen a larger one gives all back. */
#define KEPT_MAX ((size_t)256 << 20)

/* What is larger than two huge pages is mapped on their borders, so that the
 * kernel can hand out 512 pages at a time. Its end is touched page by page: no
 * memory is taken that nobody asked for. */
#define HUGE_PAGE ((size_t)2 << 20)
#define LARGE_MIN (2 * HUGE_PAGE)
#define LARGE_STEP ((size_t)64 << 10) /* a multiple of every page size */

int workspace_init(workspace *ws)
{
    *ws = (workspace){ .decoder = tjInitDecompress(),
                       .encoder = tjInitCompress() };
    if (ws->decoder != NULL && ws->encoder != NULL)
        return 0;
    workspace_fini(ws);
    return -ENOMEM;
}

static void free_memory(workspace_memory *memory)
{
    if (memory->capacity >= LARGE_MIN)
        munmap(memory->data, memory->capacity);
    else
        free(memory->data);
    *memory = (workspace_memory){ 0 };
}

static void free_slots(workspace *ws)
{
    int i;

    for (i = 0; i < WORKSPACE_SLOTS; i++)
        free_memory(&ws->slots[i]);
    ws->axes[0].out = ws->axes[1].out = 0;
}

void workspace_fini(workspace *ws)
{
    free_slots(ws);
    if (ws->decoder != NULL)
        tjDestroy(ws->decoder);
    if (ws->encoder != NULL)
        tjDestroy(ws->encoder);
    ws->decoder = ws->encoder = NULL;
}

/* Zeroed memory on the border of a huge page, or NULL. Where there are none, or
 * none are wanted, the advice is refused or ignored, and all is as it would
 * be. */
static uint8_t *map_large(size_t size)
{
    uint8_t *all = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    size_t before;

    if (all == MAP_FAILED)
        return NULL;
    before = -(uintptr_t)all % HUGE_PAGE;
    if (before > 0)
        munmap(all, before);
    munmap(all + before + size, HUGE_PAGE - before); /* at least a page */
    (void)madvise(all + before, size, MADV_HUGEPAGE);
    return all + before;
}

/* The pages that are there already come along: of others the kernel would have
 * to clear each. */
static void grow_large(workspace_memory *memory, size_t size)
{
    uint8_t *data = map_large(size);

    if (data == NULL) {
        free_memory(memory); /* there may be room for one of them */
        data = map_large(size);
    }
    if (data != NULL &&
        (memory->capacity < LARGE_MIN ||
         mremap(memory->data, memory->capacity, size,
                MREMAP_MAYMOVE | MREMAP_FIXED, data) == MAP_FAILED))
        free_memory(memory);
    *memory = (workspace_memory){ data, data != NULL ? size : 0 };
}

static void grow_small(workspace_memory *memory, size_t size)
{
    free_memory(memory);
    memory->data = aligned_alloc(64, size);
    memory->capacity = memory->data != NULL ? size : 0;
}

static size_t round_up(size_t size, size_t to)
{
    return (size + to - 1) & ~(to - 1);
}

void *workspace_take(workspace *ws, enum workspace_slot slot, size_t size)
{
    workspace_memory *memory = &ws->slots[slot];

    if (memory->capacity >= size)
        return memory->data;
    if (size > SIZE_MAX / 2)
        free_memory(memory);
    else if (size >= LARGE_MIN)
        grow_large(memory, round_up(size, LARGE_STEP));
    else
        grow_small(memory, round_up(size, 64));
    return memory->data;
}

void workspace_trim(workspace *ws)
{
    size_t kept = 0;
    int i;

    for (i = 0; i < WORKSPACE_SLOTS; i++)
        kept += ws->slots[i].capacity;
    if (kept > KEPT_MAX)
        free_slots(ws);
}
