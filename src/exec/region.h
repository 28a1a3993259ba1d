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
    REGION_SLOTS = 256,  /* a power of two: indices are masked */
    REGION_AREA = 16384, /* bytes of a slot's area, each way */
    REGION_PIECES = 4,
    REGION_PIECE = 2 << 20, /* bytes of a piece, each way */
    REGION_MODULES = 16,
    REGION_PATH = 256,
    REGION_BUILD_ID = 32,
    REGION_INIT = 4096,
    SLOT_IN = 72, /* bytes that fit into the slot itself */
    SLOT_OUT = 120,
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

typedef struct region_slot {
    _Atomic uint32_t state;
    uint32_t module;   /* of the function; SLOT_NAMED: the input begins with
                          the SLOT_NAME bytes of a name */
    uint64_t function; /* offset in the module */
    uint64_t memory;   /* limit; 0: none */
    uint32_t in_size, out_capacity;
    uint16_t in_place, out_place;
    uint32_t piece;                 /* or the buffer's number */
    uint64_t in_mapped, out_mapped; /* bytes of memory that is sent */
    char in[SLOT_IN];

    _Alignas(64) int32_t rc; /* the answer, and its first bytes */
    uint32_t unused;
    char out[SLOT_OUT];
} region_slot;

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
    _Alignas(64) _Atomic uint32_t pool_asleep;
    /* What is said once, before the worker starts. */
    _Alignas(64) uint32_t threads;
    uint32_t may_poll, has_init, init_module, init_size;
    uint64_t init_function;
    char init[REGION_INIT];
    region_module modules[REGION_MODULES];

    uint32_t asks[REGION_SLOTS], answers[REGION_SLOTS];
    region_slot slots[REGION_SLOTS];
    _Alignas(4096) struct {
        char in[REGION_AREA], out[REGION_AREA];
    } areas[REGION_SLOTS];
    struct {
        char in[REGION_PIECE], out[REGION_PIECE];
    } pieces[REGION_PIECES];
} region;

_Static_assert(sizeof(region_slot) == 256, "a slot is four cache lines");
_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "a lock could not be shared");

#endif
