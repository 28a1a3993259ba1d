/* workspace.h: memory and library handles that one worker keeps from job to
 * job.
 *
 * Memory that was never touched costs 1.4 us a page, which is as much as the
 * detection itself on a large picture; keeping it is what makes the second
 * picture cheaper than the first. What a worker may keep is bounded.
 */
#ifndef TOOL_WORKER_PIXELS_WORKSPACE_H
#define TOOL_WORKER_PIXELS_WORKSPACE_H

#include <stddef.h>
#include <stdint.h>

#include <turbojpeg.h>

enum workspace_slot {
    WORKSPACE_PLANES,  /* the picture's Y, Cb and Cr */
    WORKSPACE_LIGHT,   /* the same as floats, for detection */
    WORKSPACE_COLOUR,  /* what colours show besides, in floats */
    WORKSPACE_PIXELS,  /* interleaved pixels on their way into planes */
    WORKSPACE_JPEG,    /* a marked picture that found no room elsewhere */
    WORKSPACE_STARS,   /* the list of detections */
    WORKSPACE_FILTER,  /* a plane at the size of its stars */
    WORKSPACE_SCRATCH, /* rows and shrunken maps while filtering */
    WORKSPACE_SHOWN,   /* linear light, stretched */
    WORKSPACE_REST,    /* light without the stars found so far */
    WORKSPACE_PREVIEW, /* the planes of the preview */
    WORKSPACE_ACROSS,  /* resampling: where columns come from */
    WORKSPACE_DOWN,    /* ... and rows */
    WORKSPACE_LEVELS,  /* ... and a row between the passes */
    WORKSPACE_THUMBS,  /* the planes of all thumbnails */
    WORKSPACE_EDGES,   /* the plane of edges */
    WORKSPACE_TURNED,  /* a plane on its way to being upright */
    WORKSPACE_PROFILE, /* the colour profile */
    WORKSPACE_FLAT,    /* a thumbnail as interleaved pixels */
    WORKSPACE_SLOTS
};

typedef struct workspace_memory {
    void *data;
    size_t capacity;
} workspace_memory;

typedef struct workspace {
    workspace_memory slots[WORKSPACE_SLOTS];
    /* What the windows in the slots ACROSS and DOWN were made for. */
    struct {
        double origin, step;
        int in, out; /* 0: none yet */
    } axes[2];
    tjhandle decoder, encoder;
} workspace;

/* Returns 0 or -ENOMEM. Release with workspace_fini(). */
int workspace_init(workspace *ws);
void workspace_fini(workspace *ws);

/* Memory for `slot`, at least `size` bytes on a 64-byte boundary, contents
 * undefined; what was in the slot is gone. Lent until the slot is taken again
 * or trimmed. NULL without memory. */
void *workspace_take(workspace *ws, enum workspace_slot slot, size_t size);

/* Between jobs: give back everything when more is kept than is worth it. */
void workspace_trim(workspace *ws);

#endif
