/* A small picture in every format that is read. */
#include <stdlib.h>

#include <spng.h>
#include <turbojpeg.h>

#include "seeds.h"
#include "tool/worker/samples.h"

int make_seeds(seed seeds[SEEDS_MAX])
{
    sample grey = sample_shapes(61, 47, 1), rgb = sample_shapes(61, 47, 3);
    const sample made[] = {
        encode_jpeg(rgb.data, 61, 47, TJPF_RGB, TJSAMP_420, 0),
        encode_jpeg(rgb.data, 61, 47, TJPF_RGB, TJSAMP_444, TJFLAG_PROGRESSIVE),
        encode_jpeg(rgb.data, 61, 47, TJPF_RGB, TJSAMP_GRAY, 0),
        encode_png(rgb.data, rgb.size, 61, 47, SPNG_COLOR_TYPE_TRUECOLOR, 8),
        encode_png(grey.data, grey.size, 61, 47, SPNG_COLOR_TYPE_INDEXED, 8),
        encode_webp(rgb.data, 61, 47),
        encode_gif(grey.data, 61, 47, 1),
        sample_fits16(),
        sample_fits_float(1),
    };
    int count = sizeof made / sizeof made[0];

    for (int i = 0; i < count; i++)
        seeds[i] = (seed){ made[i].data, made[i].size };
    free(grey.data);
    free(rgb.data);
    return count;
}
