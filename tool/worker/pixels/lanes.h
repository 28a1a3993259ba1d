/* lanes.h: several values in one register. */
#ifndef TOOL_WORKER_PIXELS_LANES_H
#define TOOL_WORKER_PIXELS_LANES_H

#include <stdint.h>

/* Eight floats, wherever they lie. Every compiler that we use knows the type:
 * where a machine has narrower registers it takes two or four of them, and the
 * result is the same to the last bit. */
typedef float lanes __attribute__((vector_size(32), aligned(4), may_alias));

/* What comparing lanes gives: -1 where it holds, else 0. */
typedef int32_t lane_flags __attribute__((vector_size(32)));

/* As many levels of 8 bits, wherever they lie. */
typedef uint8_t lane_bytes
    __attribute__((vector_size(8), aligned(1), may_alias));

enum { LANES = 8 };

/* Before a function that works on lanes: it is built a second time for wider
 * registers, and the machine that runs it decides which is called. No two of
 * them have the same name, not even static ones: what decides is global. */
#ifdef __x86_64__
#define LANES_FUNCTION __attribute__((target_clones("avx2", "default")))
#else
#define LANES_FUNCTION
#endif

#endif
