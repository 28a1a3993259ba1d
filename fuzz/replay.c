/* Runs a fuzz target without a fuzzer.
 *
 *     fuzz_NAME FILE...    these files: to look at what a fuzzer has found
 *     fuzz_NAME -r ROUNDS  the target's own seeds, mutated: no coverage guides
 *                          this, but every build can do it
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seeds.h"

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

/* Of its exact size, so that a read beyond it is seen. */
static void run_one(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size);

    if (copy == NULL)
        abort();
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void run_rounds(long rounds)
{
    seed seeds[SEEDS_MAX];
    int count = make_seeds(seeds), i;
    uint64_t state = 1;

    for (long round = 0; round < rounds; round++)
        for (i = 0; i < count; i++) {
            uint8_t *data = malloc(seeds[i].size);

            if (data == NULL)
                abort();
            memcpy(data, seeds[i].data, seeds[i].size);
            run_one(data, mutate(data, seeds[i].size, &state));
            free(data);
        }
    for (i = 0; i < count; i++)
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
