/* Buffers by purpose, not by size.
 *
 * A job uses each buffer once and in a fixed order, so a slot a purpose needs
 * no allocator: growing means free and allocate anew, since nobody wants the
 * old contents. A run over pictures of one size allocates in its first job
 * only.
 */
#include "worker/workspace.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

/* What stays allocated between jobs: all that finding stars in a picture of
 * 14 megapixels takes. A worker that has seen a larger one gives all back. */
#define KEPT_MAX ((size_t)256 << 20)

/* What is larger than two huge pages lies on their borders, so that the kernel
 * can hand out 512 pages at a time. What is left over at its end is touched
 * page by page: no memory is taken that nobody asked for. */
#define HUGE_PAGE ((size_t)2 << 20)

int workspace_init(workspace *ws)
{
    *ws = (workspace){ .decoder = tjInitDecompress(),
                       .encoder = tjInitCompress() };
    if (ws->decoder != NULL && ws->encoder != NULL)
        return 0;
    workspace_fini(ws);
    return -ENOMEM;
}

static void free_slots(workspace *ws)
{
    int i;

    for (i = 0; i < WORKSPACE_SLOTS; i++) {
        free(ws->slots[i].data);
        ws->slots[i].data = NULL;
        ws->slots[i].capacity = 0;
    }
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

/* `size` is a multiple of 64. Where there are no huge pages, or none are
 * wanted, the advice is refused or ignored, and all is as it would be. */
static void *allocate(size_t size)
{
    void *data;

    if (size < 2 * HUGE_PAGE)
        return aligned_alloc(64, size);
    if (posix_memalign(&data, HUGE_PAGE, size) != 0)
        return NULL;
    (void)madvise(data, size / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
    return data;
}

void *workspace_take(workspace *ws, enum workspace_slot slot, size_t size)
{
    size_t rounded;

    if (ws->slots[slot].capacity >= size)
        return ws->slots[slot].data;
    free(ws->slots[slot].data);
    ws->slots[slot].capacity = 0;
    if (size > SIZE_MAX / 2) {
        ws->slots[slot].data = NULL;
        return NULL;
    }
    rounded = (size + 63) & ~(size_t)63;
    ws->slots[slot].data = allocate(rounded);
    if (ws->slots[slot].data != NULL)
        ws->slots[slot].capacity = rounded;
    return ws->slots[slot].data;
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
