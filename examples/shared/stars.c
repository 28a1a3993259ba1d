/* Stars: bright, roundish blobs on a dark sky.
 *
 * The picture is cut at eighteen levels of brightness, 50 to 220. What hangs
 * together above a level, 10 to 5000 pixels of it and not a line, is a blob; a
 * blob that is found at two levels or more, its centre within 10 pixels, is a
 * star. So neither a faint smear nor one hot pixel counts.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "picture.h"

enum {
    LOWEST = 50,
    HIGHEST = 220,
    STEP = 10,
    LEAST_AREA = 10,
    MOST_AREA = 5000,
    NEAR = 10,   /* pixels between centres of the same star */
    MOST = 4096, /* stars that we keep count of */
};

typedef struct blob {
    double x, y, radius;
    int area, levels;
} blob;

typedef struct search {
    int width, height, count;
    uint8_t *grey, *seen;
    int *stack; /* pixels of the blob that is being filled */
    blob stars[MOST];
} search;

static uint8_t grey_of(const uint8_t *rgb)
{
    return (uint8_t)((299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2]) / 1000);
}

static int push(search *search, int depth, int x, int y, int level)
{
    int at = y * search->width + x;

    if (x < 0 || y < 0 || x >= search->width || y >= search->height ||
        search->seen[at] || search->grey[at] < level)
        return depth;
    search->seen[at] = 1;
    search->stack[depth] = at;
    return depth + 1;
}

/* All that hangs together around (x, y); 0 area if it is no blob. */
static blob fill(search *search, int x, int y, int level)
{
    double sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0, n = 0, wide, narrow, root;
    int depth = push(search, 0, x, y, level);

    while (depth > 0) {
        int at = search->stack[--depth];
        int i = at % search->width, j = at / search->width;

        n++, sx += i, sy += j;
        sxx += (double)i * i, syy += (double)j * j, sxy += (double)i * j;
        depth = push(search, depth, i + 1, j, level);
        depth = push(search, depth, i - 1, j, level);
        depth = push(search, depth, i, j + 1, level);
        depth = push(search, depth, i, j - 1, level);
    }
    if (n < LEAST_AREA || n > MOST_AREA)
        return (blob){ 0 };
    sxx -= sx * sx / n, syy -= sy * sy / n, sxy -= sx * sy / n;
    root = sqrt((sxx - syy) * (sxx - syy) + 4 * sxy * sxy);
    wide = sxx + syy + root;
    narrow = sxx + syy - root;
    if (narrow < 0.1 * wide)
        return (blob){ 0 }; /* a line */
    return (blob){ sx / n, sy / n, sqrt(n / M_PI), (int)n, 1 };
}

static void note(search *search, blob found)
{
    for (int i = 0; i < search->count; i++) {
        blob *star = &search->stars[i];

        if (hypot(star->x - found.x, star->y - found.y) < NEAR) {
            star->levels++;
            return;
        }
    }
    if (search->count < MOST)
        search->stars[search->count++] = found;
}

static void search_level(search *search, int level)
{
    memset(search->seen, 0, (size_t)search->width * (size_t)search->height);
    for (int y = 0; y < search->height; y++)
        for (int x = 0; x < search->width; x++) {
            int at = y * search->width + x;

            if (!search->seen[at] && search->grey[at] >= level) {
                blob found = fill(search, x, y, level);

                if (found.area > 0)
                    note(search, found);
            }
        }
}

static void draw_circle(picture *picture, const blob *star)
{
    double radius = star->radius + 2;

    for (int step = 0; step < 360; step++) {
        int x = (int)lround(star->x + radius * cos(step * M_PI / 180));
        int y = (int)lround(star->y + radius * sin(step * M_PI / 180));

        if (x >= 0 && y >= 0 && x < picture->width && y < picture->height)
            memcpy(picture->rgb +
                       ((size_t)y * (size_t)picture->width + (size_t)x) * 3,
                   (uint8_t[]){ 255, 0, 0 }, 3);
    }
}

static int mark(search *search, picture *picture)
{
    int stars = 0;

    for (int level = LOWEST; level <= HIGHEST; level += STEP)
        search_level(search, level);
    for (int i = 0; i < search->count; i++)
        if (search->stars[i].levels >= 2) {
            draw_circle(picture, &search->stars[i]);
            stars++;
        }
    return stars;
}

int picture_mark_stars(picture *picture)
{
    size_t pixels = (size_t)picture->width * (size_t)picture->height;
    search *search = calloc(1, sizeof *search);
    int stars = -ENOMEM;

    if (search == NULL)
        return -ENOMEM;
    search->width = picture->width;
    search->height = picture->height;
    search->grey = malloc(pixels);
    search->seen = malloc(pixels);
    search->stack = malloc(pixels * sizeof search->stack[0]);
    if (search->grey && search->seen && search->stack) {
        for (size_t i = 0; i < pixels; i++)
            search->grey[i] = grey_of(picture->rgb + i * 3);
        stars = mark(search, picture);
    }
    free(search->grey);
    free(search->seen);
    free(search->stack);
    free(search);
    return stars;
}
