/* seeds.h: what a target knows of good input. Without a fuzzer, replay.c
 * mutates it. */
#ifndef FUZZ_SEEDS_H
#define FUZZ_SEEDS_H

#include <stddef.h>
#include <stdint.h>

enum { SEEDS_MAX = 16 };

/* On the heap; the caller frees the data. */
typedef struct seed {
    uint8_t *data;
    size_t size;
} seed;

/* Each target has its own. Returns how many. */
int make_seeds(seed seeds[SEEDS_MAX]);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
