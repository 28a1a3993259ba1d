/* A small picture in every rare format that this build reads. */
#include <stdlib.h>

#include "seeds.h"
#include "tool/worker/rare_samples.h"

#pragma weak encode_tiff
#pragma weak encode_heif

enum { WIDTH = 61, HEIGHT = 47 };

/* As TIFF counts them: its header may be lacking where libheif is there. */
enum { LZW = 5, JPEG = 7, DEFLATE = 8, FLOATS = 3 };

static const tiff_kind kinds[] = {
    { .channels = 3, .compression = LZW, .strip_rows = 8 },
    { .channels = 1, .compression = DEFLATE },
    { .channels = 3, .compression = JPEG },
    { .channels = 4, .bits = 16, .strip_rows = 16 },
    { .channels = 3, .bits = 16, .separate = true, .tile = 32 },
    { .channels = 1, .bits = 32, .format = FLOATS },
};

int make_seeds(seed seeds[SEEDS_MAX])
{
    sample rgb = sample_shapes(WIDTH, HEIGHT, 3);
    float light[4 * WIDTH * HEIGHT]; /* as large as the largest pixels */
    int count = 0;

    for (int i = 0; i < 4 * WIDTH * HEIGHT; i++)
        light[i] = rgb.data[i % (int)rgb.size];
    for (size_t i = 0; encode_tiff != NULL && i < sizeof kinds / sizeof *kinds;
         i++) {
        sample made = encode_tiff(kinds[i].bits > 8 ? (void *)light : rgb.data,
                                  WIDTH, HEIGHT, &kinds[i]);

        seeds[count++] = (seed){ made.data, made.size };
    }
    for (int avif = 0; encode_heif != NULL && avif < 2; avif++) {
        sample made = encode_heif(rgb.data, WIDTH, HEIGHT, avif);

        if (made.data != NULL)
            seeds[count++] = (seed){ made.data, made.size };
    }
    free(rgb.data);
    return count;
}
