/* Neighbours are looked up in cells of 16 pixels, each a chain of entries:
 * two arrays and no allocation an entry. */
#include "worker/stars/place_grid.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

static int cell_of(float at, int count)
{
    int i = (int)(at / PLACE_GRID_CELL_PX);

    return i < 0 ? 0 : i >= count ? count - 1 : i;
}

int place_grid_init(place_grid *grid, int width, int height, uint32_t capacity)
{
    place_grid g = { .columns = width / PLACE_GRID_CELL_PX + 1,
                     .rows = height / PLACE_GRID_CELL_PX + 1,
                     .capacity = capacity };

    g.first = calloc((size_t)g.columns * (size_t)g.rows, sizeof(*g.first));
    g.next = calloc((size_t)capacity + 1, sizeof(*g.next));
    if (g.first == NULL || g.next == NULL) {
        place_grid_fini(&g);
        return -ENOMEM;
    }
    *grid = g;
    return 0;
}

void place_grid_fini(place_grid *grid)
{
    free(grid->first);
    free(grid->next);
    *grid = (place_grid){ 0 };
}

void place_grid_put(place_grid *grid, uint32_t entry, float x, float y)
{
    uint32_t *first = &grid->first[cell_of(y, grid->rows) * grid->columns +
                                   cell_of(x, grid->columns)];

    grid->next[entry] = *first;
    *first = entry + 1;
}

place_walk place_walk_start(const place_grid *grid, float x, float y,
                            float reach)
{
    place_walk walk = { .grid = grid,
                        .left = cell_of(x - reach, grid->columns),
                        .right = cell_of(x + reach, grid->columns),
                        .row = cell_of(y - reach, grid->rows),
                        .bottom = cell_of(y + reach, grid->rows) };

    walk.column = walk.left;
    walk.next = grid->first[walk.row * grid->columns + walk.column];
    return walk;
}

int place_walk_next(place_walk *walk, uint32_t *entry)
{
    while (walk->next == 0) {
        if (++walk->column > walk->right) {
            walk->column = walk->left;
            if (++walk->row > walk->bottom)
                return 0;
        }
        walk->next =
            walk->grid->first[walk->row * walk->grid->columns + walk->column];
    }
    *entry = walk->next - 1;
    walk->next = walk->grid->next[*entry];
    return 1;
}
