/* A drawn night sky: dark blue, with round stars that keep apart. */
#include <math.h>
#include <string.h>

#include "picture.h"

static uint32_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)(*state >> 33);
}

static void draw_star(picture *picture, int x, int y, int radius)
{
    for (int j = -radius; j <= radius; j++)
        for (int i = -radius; i <= radius; i++)
            if (i * i + j * j <= radius * radius)
                memset(picture->rgb +
                           ((size_t)(y + j) * (size_t)picture->width +
                            (size_t)(x + i)) *
                               3,
                       255, 3);
}

int picture_draw_sky(picture *picture, int width, int height, int stars,
                     uint64_t seed)
{
    enum { CELL = 40 }; /* a star has a field of its own */
    int columns = width / CELL, rows = height / CELL;
    int rc = picture_init(picture, width, height);

    if (rc < 0)
        return rc;
    for (int i = 0; i < width * height; i++)
        memcpy(picture->rgb + (size_t)i * 3, (uint8_t[]){ 6, 8, 20 }, 3);
    for (int i = 0; i < stars && i < columns * rows; i++) {
        int radius = 3 + (int)(next_random(&seed) % 5);
        int x = (i % columns) * CELL + CELL / 2;
        int y = (i / columns) * CELL + CELL / 2;

        draw_star(picture, x + (int)(next_random(&seed) % 11) - 5,
                  y + (int)(next_random(&seed) % 11) - 5, radius);
    }
    return 0;
}
