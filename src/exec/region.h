/* region.h: the memory that one worker process and the pool share.
 *
 *     asks     slots that hold a job, in order     written by the pool
 *     answers  slots whose job is done             written by the worker
 *     slots    a job each: which function, where its bytes are
 *     areas    room for the bytes of a slot
 *     pieces   room for those of a big job
 *
 * The pool trusts nothing here, since the worker can write all of it at any
 * time: it keeps its own account of which slot holds what and where, masks
 * every index, and copies a number before it checks it. A worker that lies can
 * spoil its own jobs and get itself killed, and that is all.
 */
#ifndef SL_EXEC_REGION_H
#define SL_EXEC_REGION_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <starling/shm.h>

enum {
    REGION_SLOTS = 512,  /* a power of two: indices are masked */
    REGION_AREA = 16384, /* bytes of a slot's area, each way */
    REGION_PIECES = 2,
    REGION_PIECE = 2 << 20, /* bytes of a piece, each way */
    REGION_MODULES = 16,
    REGION_PATH = 256,
    REGION_BUILD_ID = 32,
    REGION_INIT = 4096,
    SLOT_IN = 88, /* bytes that fit into the slot itself */
    SLOT_OUT = 128,
    SLOT_NAME = 32,
};

enum slot_state { SLOT_QUEUED, SLOT_RUNNING, SLOT_TAKEN_BACK };

/* Where a slot's bytes are. */
enum slot_place {
    PLACE_SLOT,   /* in the slot itself */
    PLACE_AREA,   /* in its area */
    PLACE_PIECE,  /* in the piece of that number */
    PLACE_SENT,   /* in memory whose descriptor comes through the channel */
    PLACE_BUFFER, /* the same, and it stays mapped until it is forgotten */
};

/* The first two cache lines are the pool's, the others the worker's. */
typedef struct region_slot {
    _Alignas(64) _Atomic uint32_t state;
    uint16_t module; /* of the function; SLOT_NAMED: the input begins with the
                        SLOT_NAME bytes of a name */
    uint8_t in_place, out_place;
    uint64_t function; /* offset in the module */
    uint32_t in_size, out_capacity;
    uint32_t piece;  /* or the buffer's number */
    uint32_t sent;   /* parts of its memory that come through the channel */
    uint64_t memory; /* limit; 0: none */
    char in[SLOT_IN];

    /* The answer's bytes, or a failed job's words. */
    _Alignas(64) char out[SLOT_OUT];
} region_slot;

/* An answer, in one word: whoever reads it has all of it. */
static inline uint64_t region_answer(uint32_t slot, int rc)
{
    return (uint64_t)slot << 32 | (uint32_t)rc;
}

enum { SLOT_NAMED = 0xffff };

/* A file that holds functions, as both sides can find it. */
typedef struct region_module {
    char path[REGION_PATH];
    uint32_t build_id_size;
    unsigned char build_id[REGION_BUILD_ID];
} region_module;

typedef struct region {
    _Alignas(64) _Atomic uint32_t ask_tail;
    _Alignas(64) _Atomic uint32_t worker_asleep;
    _Alignas(64) _Atomic uint32_t answer_tail;
    _Atomic uint32_t job_ns; /* what a job takes, roughly; 0: not known */
    _Alignas(64) _Atomic uint32_t pool_asleep;
    _Atomic uint32_t may_look; /* there is a core for it */
    /* What is said once, before the worker starts. */
    _Alignas(64) uint32_t threads;
    uint32_t has_init, init_module, init_size;
    uint64_t init_function;
    char init[REGION_INIT];
    region_module modules[REGION_MODULES];

    _Alignas(64) uint32_t asks[REGION_SLOTS];
    _Alignas(64) _Atomic uint64_t answers[REGION_SLOTS];
    region_slot slots[REGION_SLOTS];
    _Alignas(4096) struct {
        char in[REGION_AREA], out[REGION_AREA];
    } areas[REGION_SLOTS];
    struct {
        char in[REGION_PIECE], out[REGION_PIECE];
    } pieces[REGION_PIECES];
} region;

_Static_assert(sizeof(region_slot) == 256, "a slot is four cache lines");
_Static_assert(ATOMIC_INT_LOCK_FREE == 2 && ATOMIC_LLONG_LOCK_FREE == 2,
               "a lock could not be shared");

/* Fetch a cache line before it is needed: one that the other side's core has
 * written to takes as long as many small jobs. */
static inline void region_fetch(const void *line)
{
    __builtin_prefetch(line);
}

/* ... to write to it. By its name, since compilers that aim at every processor
 * fetch to read instead, and writing then fetches a second time. */
static inline void region_fetch_to_write(void *line)
{
#if defined(__x86_64__)
    __asm__ volatile("prefetchw %0" : : "m"(*(char *)line));
#else
    __builtin_prefetch(line, 1);
#endif
}

#endif
