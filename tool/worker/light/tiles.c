/* Most of a sky is empty. Steps that correct what another one has done look at
 * the tiles where something is new, joined to rectangles so that what a filter
 * needs around each is computed seldom.
 */
#include "worker/light/tiles.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FREE, MARKED, WALKED };

int tiles_along(int pixels)
{
    int count = (pixels + TILE_PX / 2) / TILE_PX;

    return count > 0 ? count : 1;
}

int tiles_end(int i, int count, int pixels)
{
    return i + 1 < count ? (i + 1) * TILE_PX : pixels;
}

int tiles_init(tiles *t, int width, int height)
{
    *t = (tiles){ .width = width,
                  .height = height,
                  .columns = tiles_along(width),
                  .rows = tiles_along(height) };
    t->marks = calloc((size_t)t->columns * (size_t)t->rows, 1);
    return t->marks == NULL ? -ENOMEM : 0;
}

void tiles_fini(tiles *t)
{
    free(t->marks);
    *t = (tiles){ 0 };
}

static int clamp(int i, int count)
{
    return i < 0 ? 0 : i >= count ? count - 1 : i;
}

void tiles_mark(tiles *t, tile_area area)
{
    int left = clamp(area.x0 / TILE_PX, t->columns);
    int right = clamp((area.x1 - 1) / TILE_PX, t->columns);
    int top = clamp(area.y0 / TILE_PX, t->rows);
    int bottom = clamp((area.y1 - 1) / TILE_PX, t->rows);
    int i, j;

    if (area.x1 <= 0 || area.y1 <= 0)
        return;
    for (j = top; j <= bottom; j++)
        for (i = left; i <= right; i++) {
            t->marked += t->marks[j * t->columns + i] == FREE;
            t->marks[j * t->columns + i] = MARKED;
        }
}

void tiles_clear(tiles *t)
{
    t->marked = 0;
    memset(t->marks, FREE, (size_t)(t->columns * t->rows));
}

bool tiles_has(const tiles *t, int x, int y)
{
    return t->marks[clamp(y / TILE_PX, t->rows) * t->columns +
                    clamp(x / TILE_PX, t->columns)] != FREE;
}

/* Whether all of a row's tiles are marked and not walked yet. */
static int run_is_marked(const tiles *t, int row, int left, int right)
{
    int i;

    for (i = left; i < right; i++)
        if (t->marks[row * t->columns + i] != MARKED)
            return 0;
    return 1;
}

static void end_walk(tiles *t)
{
    int i;

    for (i = 0; i < t->columns * t->rows; i++)
        if (t->marks[i] == WALKED)
            t->marks[i] = MARKED;
}

/* As far to the right as there are marks, then as far down as that whole run
 * is marked. */
int tiles_next(tiles *t, tile_walk *walk, tile_area *out)
{
    int total = t->columns * t->rows, left, right, top, bottom, j;

    while (walk->next < total && t->marks[walk->next] != MARKED)
        walk->next++;
    if (walk->next >= total) {
        end_walk(t);
        return 0;
    }
    left = right = walk->next % t->columns;
    top = bottom = walk->next / t->columns;
    while (right < t->columns && t->marks[top * t->columns + right] == MARKED)
        right++;
    while (bottom < t->rows && run_is_marked(t, bottom, left, right))
        bottom++;
    for (j = top; j < bottom; j++)
        memset(t->marks + j * t->columns + left, WALKED,
               (size_t)(right - left));
    *out = (tile_area){ left * TILE_PX, top * TILE_PX,
                        tiles_end(right - 1, t->columns, t->width),
                        tiles_end(bottom - 1, t->rows, t->height) };
    return 1;
}
