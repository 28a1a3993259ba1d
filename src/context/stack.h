/* stack.h: the memory that tasks run on, pooled per loop. */
#ifndef SL_CONTEXT_STACK_H
#define SL_CONTEXT_STACK_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

enum {
    SL__STACK_SIZE = 260 * 1024, /* of address space; pages come by use */
    SL__STACK_DEFAULT_MOST = 254 * 1024, /* usable on each of that size */
    SL__STACK_SMALL_SIZE = 28 * 1024,
    SL__STACK_SMALL_MOST = 22 * 1024,
    SL__STACK_SIZE_MAX = 1024 * 1024 * 1024,
};

/* The pools that there are, and what is in none of them. */
typedef enum {
    SL__STACK_DEFAULT,
    SL__STACK_SMALL, /* close together, so that they share page tables */
    SL__STACK_POOLS,
    SL__STACK_OWN = SL__STACK_POOLS, /* mapped for one task */
} sl__stack_kind;

typedef enum {
    SL__GUARD_NONE,   /* not decided yet */
    SL__GUARD_REGION, /* lightweight guard region, Linux 6.13 */
    SL__GUARD_PAGE,   /* a PROT_NONE page: costs memory maps */
    SL__GUARD_CANARY, /* a word that must keep its value */
} sl__guard;

/* Lies at the top of the memory that it describes, on a line of the cache that
 * the first frame needs anyway. */
typedef struct sl__stack {
    struct sl__stack *next; /* in the pool's list of retired ones */
    char *low;              /* first byte above the guard */
    size_t size;            /* usable bytes from there, up to this record */
    struct sl__slab *slab;  /* where the memory is from */
    sl__guard guard;
    unsigned valgrind; /* its name for this stack */
} sl__stack;

/* One of a kind per loop; used only on its thread. */
typedef struct sl__stack_pool {
    size_t apart, most; /* bytes from one to the next, and usable on each */
    sl__stack **free;   /* last used last */
    size_t free_count, free_room;
    size_t in_order;    /* so many at the front have kept their places since the
                           last sort; not fewer than were given back */
    size_t made;        /* all of them fit into `free` */
    size_t kept;        /* so many free ones may keep their pages */
    size_t given_back;  /* of the others, so many at the front have not */
    sl__stack *retired; /* of other sizes; to be unmapped */
    sl__list slabs;
    struct sl__slab *fresh, *fresh_last; /* have stacks never used */
    size_t spare; /* of these and the free ones, those not promised */
} sl__stack_pool;

void sl__stack_pool_init(sl__stack_pool *pool, sl__stack_kind kind);
/* Unmap everything; no stack may be in use. */
void sl__stack_pool_fini(sl__stack_pool *pool);

/* A stack of at least `size` usable bytes, one of the pool's if these have so
 * many; NULL without memory. Give it back with sl__stack_put(), after it was
 * left for good or by the code that runs on it as its last act: its memory
 * stays as it is until the next get. */
sl__stack *sl__stack_get(sl__stack_pool *pool, size_t size);

/* The same in two steps, for the pool's stacks: be promised one, 0 or -ENOMEM;
 * and take it, which cannot fail, or do without. */
int sl__stack_pool_grow(sl__stack_pool *pool);
static inline int sl__stack_promise(sl__stack_pool *pool)
{
    if (pool->spare == 0 && sl__stack_pool_grow(pool) < 0)
        return -ENOMEM;
    pool->spare--;
    return 0;
}
sl__stack *sl__stack_take(sl__stack_pool *pool);
static inline void sl__stack_forgo(sl__stack_pool *pool)
{
    pool->spare++;
}

void sl__stack_put(sl__stack_pool *pool, sl__stack *stack);

/* The same for one that is known to be the pool's. */
static inline void sl__stack_put_pooled(sl__stack_pool *pool, sl__stack *stack)
{
    pool->free[pool->free_count++] = stack;
    pool->spare++;
}

/* Unmap the stacks of other sizes that were put back. From another stack. */
static inline bool sl__stack_pool_has_retired(const sl__stack_pool *pool)
{
    return pool->retired != NULL;
}
void sl__stack_pool_unmap_retired(sl__stack_pool *pool);

/* Give back the memory of some of the free stacks beyond the bound: for when
 * there is nothing better to do, again and again until it has enough. */
enum { SL__STACKS_KEPT = 131072 }; /* 512 MiB */
static inline bool sl__stack_pool_has_too_many(const sl__stack_pool *pool)
{
    return pool->free_count > pool->given_back + pool->kept;
}
void sl__stack_pool_give_back(sl__stack_pool *pool);

/* Stacks are asked for before they are wanted, each in another page. First one
 * line, which brings the page's translation with it, then the next lines: asked
 * for all at once, each would walk the page tables for itself. */
enum {
    SL__FETCH_PAGE = 8,    /* stacks ahead */
    SL__FETCH_LINES = 4,   /* stacks ahead */
    SL__FETCHED_LINES = 3, /* a wait of ours lies in these and the first one */
};

/* Inlined whatever it costs: to GCC a function that only asks for memory does
 * nothing, and calls to it may be left out. */
#define SL__ALWAYS_INLINE __attribute__((always_inline))

static inline SL__ALWAYS_INLINE void sl__fetch_lines(const char *line)
{
    for (int i = 0; i < SL__FETCHED_LINES; i++)
        __builtin_prefetch(line + i * 64, 1);
}

/* For stacks with a canary: end the program if it was overwritten. */
void sl__stack_check(const sl__stack *stack);

/* Whether `address` lies in the guard of `stack`. */
static inline bool sl__stack_is_guard(const sl__stack *stack,
                                      const void *address)
{
    return (const char *)address < stack->low &&
           (const char *)address >= stack->low - 4096;
}

#endif
