/* tiles.h: which parts of a picture a step has to look at. */
#ifndef TOOL_WORKER_LIGHT_TILES_H
#define TOOL_WORKER_LIGHT_TILES_H

#include <stdbool.h>

/* Tiles of 32 by 32 pixels; those at the right and lower border are up to half
 * a tile larger or smaller. */
enum { TILE_PX = 32 };

typedef struct tiles {
    unsigned char *marks;
    int width, height, columns, rows;
    int marked; /* how many are */
} tiles;

/* Pixels from x0, y0 up to, but not including, x1, y1. */
typedef struct tile_area {
    int x0, y0, x1, y1;
} tile_area;

/* None is marked. Release with tiles_fini(). Returns 0 or -ENOMEM. */
int tiles_init(tiles *t, int width, int height);
void tiles_fini(tiles *t);

/* How many tiles there are along a side of so many pixels, and where tile
 * number `i` of them ends. */
int tiles_along(int pixels);
int tiles_end(int i, int count, int pixels);

/* Mark those that hold a pixel of the area, which may reach beyond the
 * picture. */
void tiles_mark(tiles *t, tile_area area);
void tiles_clear(tiles *t);

/* Whether the tile of that pixel is marked. */
bool tiles_has(const tiles *t, int x, int y);

/* Walk the marked tiles as few large areas. Start with an empty walk, and end
 * when 0 is returned.
 *
 *     tile_walk walk = { 0 };
 *     while (tiles_next(&t, &walk, &area)) ...
 *
 * A walk takes marks away; they are put back by its end. */
typedef struct tile_walk {
    int next;
} tile_walk;

int tiles_next(tiles *t, tile_walk *walk, tile_area *out);

#endif
