/* place_grid.h: which entries are near a place. */
#ifndef TOOL_WORKER_STARS_PLACE_GRID_H
#define TOOL_WORKER_STARS_PLACE_GRID_H

#include <stdint.h>

/* Cells of places. Entries are numbers that the caller gives. */
typedef struct place_grid {
    int columns, rows;
    uint32_t *first; /* a cell's first entry plus 1, or 0 */
    uint32_t *next;  /* the one after an entry, plus 1, or 0 */
    uint32_t capacity;
} place_grid;

enum { PLACE_GRID_CELL_PX = 16 };

/* For entries 0 .. capacity - 1 in a picture of that size. Release with
 * place_grid_fini(). Returns 0 or -ENOMEM. */
int place_grid_init(place_grid *grid, int width, int height, uint32_t capacity);
void place_grid_fini(place_grid *grid);

/* An entry is put once. */
void place_grid_put(place_grid *grid, uint32_t entry, float x, float y);

/* Walk the entries of all cells that a square of `reach` around a place
 * touches:
 *
 *     place_walk walk = place_walk_start(&grid, x, y, reach);
 *     while (place_walk_next(&walk, &entry)) ...
 */
typedef struct place_walk {
    const place_grid *grid;
    int left, right, bottom, column, row;
    uint32_t next;
} place_walk;

place_walk place_walk_start(const place_grid *grid, float x, float y,
                            float reach);
int place_walk_next(place_walk *walk, uint32_t *entry);

#endif
