/* Runs a fuzz target without a fuzzer.
 *
 *     fuzz_decode FILE...    these files: to look at what a fuzzer has found
 *     fuzz_decode -r ROUNDS  our own samples of every format, mutated: no
 *                            coverage guides this, but every build can do it
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <spng.h>
#include <turbojpeg.h>

#include "tool/worker/samples.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEEDS = 9 };

static void make_seeds(sample seeds[SEEDS])
{
    sample grey = sample_shapes(61, 47, 1), rgb = sample_shapes(61, 47, 3);
    int i = 0;

    seeds[i++] = encode_jpeg(rgb.data, 61, 47, TJPF_RGB, TJSAMP_420, 0);
    seeds[i++] =
        encode_jpeg(rgb.data, 61, 47, TJPF_RGB, TJSAMP_444, TJFLAG_PROGRESSIVE);
    seeds[i++] = encode_jpeg(rgb.data, 61, 47, TJPF_RGB, TJSAMP_GRAY, 0);
    seeds[i++] =
        encode_png(rgb.data, rgb.size, 61, 47, SPNG_COLOR_TYPE_TRUECOLOR, 8);
    seeds[i++] =
        encode_png(grey.data, grey.size, 61, 47, SPNG_COLOR_TYPE_INDEXED, 8);
    seeds[i++] = encode_webp(rgb.data, 61, 47);
    seeds[i++] = encode_gif(grey.data, 61, 47, 1);
    seeds[i++] = sample_fits16();
    seeds[i++] = sample_fits_float(1);
    free(grey.data);
    free(rgb.data);
}

static uint64_t draw(uint64_t *state, uint64_t below)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (*state >> 33) % below;
}

/* One to eight changes, half of them near the start, where headers are; now
 * and then the end is cut off. Returns the new size. */
static size_t mutate(uint8_t *data, size_t size, uint64_t *state)
{
    static const uint8_t telling[] = { 0, 1, 0x7f, 0x80, 0xfe, 0xff };
    uint64_t changes = 1 + draw(state, 8);

    while (changes-- > 0) {
        size_t reach = draw(state, 2) && size > 400 ? 400 : size;
        size_t at = draw(state, reach);

        if (draw(state, 2))
            data[at] ^= (uint8_t)(1u << draw(state, 8));
        else
            data[at] = telling[draw(state, sizeof(telling))];
    }
    return draw(state, 8) == 0 ? 1 + draw(state, size) : size;
}

static void run_rounds(long rounds)
{
    sample seeds[SEEDS];
    uint64_t state = 1;
    long round;
    int i;

    make_seeds(seeds);
    for (round = 0; round < rounds; round++)
        for (i = 0; i < SEEDS; i++) {
            /* Of its exact size, so that a read beyond it is seen. */
            sample copy = cut(&seeds[i], seeds[i].size), last;

            last = cut(&copy, mutate(copy.data, copy.size, &state));
            LLVMFuzzerTestOneInput(last.data, last.size);
            free(last.data);
            free(copy.data);
        }
    for (i = 0; i < SEEDS; i++)
        free(seeds[i].data);
}

static int run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = NULL;
    size_t size = 0, got;

    if (file == NULL) {
        perror(path);
        return 1;
    }
    do {
        data = realloc(data, size + 65536);
        if (data == NULL)
            abort();
        got = fread(data + size, 1, 65536, file);
        size += got;
    } while (got > 0);
    fclose(file);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 0;
}

int main(int argc, char **argv)
{
    int failed = 0, i;

    if (argc == 3 && strcmp(argv[1], "-r") == 0) {
        run_rounds(atol(argv[2]));
        return 0;
    }
    if (argc < 2) {
        fprintf(stderr, "usage: %s FILE... | -r ROUNDS\n", argv[0]);
        return 2;
    }
    for (i = 1; i < argc; i++)
        failed |= run_file(argv[i]);
    return failed;
}
