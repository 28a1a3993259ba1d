/* Stacks: cheap to reserve, dear to touch.
 *
 * Address space costs nothing and the first touch of a page costs more than a
 * whole task (1.4 us against 0.1 us), so stacks are recycled last-in first-out
 * and keep their pages. They are cut from slabs of 64, because one mapping for
 * many costs the kernel one memory map; when maps run out, unrelated calls of
 * the process (malloc, fopen) begin to fail.
 *
 * Below each stack lies a guard. Lightweight guard regions (Linux 6.13) cost no
 * map. Without them a page is made inaccessible, which costs two maps, as long
 * as fewer than a quarter of the process's maps are spent on that; beyond it a
 * canary word has to do.
 *
 * Whatever is a power of two apart falls on the same few sets of a cache. So
 * the tops are shifted by multiples of 64 bytes, their colours; and stacks are
 * an odd number of pages apart, for the sake of the entries in page tables and
 * TLBs, which are chosen by the number of the page.
 */
#include "context/stack.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "context/sanitize.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

enum {
    GUARD_SIZE = 4096,
    RECORD_SIZE = 64, /* of sl__stack, with a line of its own */
    SLAB_STACKS = 64,
    SLAB_ALIGN = 128,
    COLOURS = 16,
    SORT_MIN = 4096, /* stacks out of order that are worth a sort */
};

_Static_assert(sizeof(sl__stack) <= RECORD_SIZE, "fits its line");
#define USABLE(apart) ((apart)-GUARD_SIZE - RECORD_SIZE - COLOURS * 64)
_Static_assert(USABLE(SL__STACK_SIZE) > SL__STACK_DEFAULT_MOST &&
                   USABLE(SL__STACK_SMALL_SIZE) > SL__STACK_SMALL_MOST,
               "whichever its colour");

static const uint64_t CANARY = 0x5ca1ab1e0ddba11;

/* Aligned so that a pointer to it has room for the place of a stack in it. */
struct sl__slab {
    sl__node node;
    char *memory;
    size_t size;     /* bytes mapped */
    bool is_single;  /* holds one stack of another size */
    bool is_guarded; /* all its stacks have guard regions already */
    bool is_first;   /* most programs need few stacks and no further slab */
    unsigned used;   /* so many of its stacks have been used, from the first */
    struct sl__slab *next_fresh; /* among those with stacks never used */
};

typedef struct sl__slab slab;

_Static_assert(sizeof(slab) <= SLAB_ALIGN && 2 * SLAB_STACKS <= SLAB_ALIGN,
               "see take_given_back()");

/* Stacks that may still be guarded by a page. Shared by all loops, and only a
 * share of a limit: a lost update does no harm. */
static long page_guards_left = -1;
static bool regions_refused;

static long map_limit(void)
{
    long limit = 65530;
    FILE *file = fopen("/proc/sys/vm/max_map_count", "re");

    if (file != NULL) {
        if (fscanf(file, "%ld", &limit) != 1)
            limit = 65530;
        fclose(file);
    }
    return limit;
}

/* The kernel refuses to write there. Asked once, because emulators accept
 * every advice and do nothing about it. */
static bool is_guarded(char *guard)
{
    static int answer = -1;

    if (__atomic_load_n(&answer, __ATOMIC_RELAXED) < 0) {
        int saved = errno;
        bool refused = syscall(SYS_clock_getres, CLOCK_MONOTONIC, guard) < 0;

        __atomic_store_n(&answer, refused && errno == EFAULT, __ATOMIC_RELAXED);
        errno = saved;
    }
    return __atomic_load_n(&answer, __ATOMIC_RELAXED) > 0;
}

static sl__guard install_guard(char *guard)
{
    long left = __atomic_load_n(&page_guards_left, __ATOMIC_RELAXED);

    if (!__atomic_load_n(&regions_refused, __ATOMIC_RELAXED)) {
        if (madvise(guard, GUARD_SIZE, MADV_GUARD_INSTALL) == 0 &&
            is_guarded(guard))
            return SL__GUARD_REGION;
        __atomic_store_n(&regions_refused, true, __ATOMIC_RELAXED);
    }
    if (left < 0)
        left = map_limit() / 8; /* two maps each: a quarter */
    __atomic_store_n(&page_guards_left, left > 0 ? left - 1 : 0,
                     __ATOMIC_RELAXED);
    if (left > 0 && mprotect(guard, GUARD_SIZE, PROT_NONE) == 0)
        return SL__GUARD_PAGE;
    return SL__GUARD_CANARY;
}

/* Guard regions for all stacks of a slab in one call: half the price of one
 * call each. Where that is not to be had, each stack sees to its own. */
static void guard_slab(const sl__stack_pool *pool, slab *slab)
{
    const ssize_t all = (ssize_t)SLAB_STACKS * GUARD_SIZE;
    struct iovec guards[SLAB_STACKS];
    int self;

    if (__atomic_load_n(&regions_refused, __ATOMIC_RELAXED))
        return;
    self = (int)syscall(SYS_pidfd_open, getpid(), 0);
    if (self < 0)
        return;
    for (size_t i = 0; i < SLAB_STACKS; i++)
        guards[i] =
            (struct iovec){ slab->memory + i * pool->apart, GUARD_SIZE };
    if (syscall(SYS_process_madvise, self, guards, (size_t)SLAB_STACKS,
                MADV_GUARD_INSTALL, 0u) == all)
        slab->is_guarded = is_guarded(slab->memory);
    close(self);
}

static slab *map_slab(sl__stack_pool *pool, size_t size)
{
    slab *slab = aligned_alloc(SLAB_ALIGN, SLAB_ALIGN);

    if (slab == NULL)
        return NULL;
    *slab = (struct sl__slab){ .size = size };
    slab->memory =
        mmap(NULL, size, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (slab->memory == MAP_FAILED) {
        free(slab);
        return NULL;
    }
    /* A huge page under a stack that uses 4 KiB wastes all the rest of it. A
     * kernel without huge pages refuses this, which is as good. */
    madvise(slab->memory, size, MADV_NOHUGEPAGE);
    sl__list_append(&pool->slabs, &slab->node);
    return slab;
}

void sl__stack_pool_init(sl__stack_pool *pool, sl__stack_kind kind)
{
    bool small = kind == SL__STACK_SMALL;

    *pool = (sl__stack_pool){
        .apart = small ? SL__STACK_SMALL_SIZE : SL__STACK_SIZE,
        .most = small ? SL__STACK_SMALL_MOST : SL__STACK_DEFAULT_MOST,
        .kept = SL__STACKS_KEPT,
    };
    sl__list_init(&pool->slabs);
}

static void free_slab(slab *slab)
{
    munmap(slab->memory, slab->size);
    free(slab);
}

void sl__stack_pool_fini(sl__stack_pool *pool)
{
    sl__node *node;

    while ((node = sl__list_take(&pool->slabs)) != NULL)
        free_slab(sl__container_of(node, struct sl__slab, node));
    free(pool->free);
    pool->free = NULL;
    pool->retired = NULL;
    pool->fresh = pool->fresh_last = NULL;
    pool->free_count = pool->free_room = pool->spare = 0;
    pool->in_order = 0;
    pool->made = pool->given_back = 0;
}

/* Make a stack of `size` bytes at `memory`, which has that guard. */
static sl__stack *lay_out(slab *slab, char *memory, size_t size, size_t colour,
                          sl__guard guard)
{
    sl__stack *stack = (void *)(memory + size - RECORD_SIZE - colour);

    *stack = (sl__stack){ .low = memory + GUARD_SIZE,
                          .size = size - GUARD_SIZE - RECORD_SIZE - colour,
                          .slab = slab,
                          .guard = guard,
                          .valgrind = sl__valgrind_register(
                              memory + GUARD_SIZE, size - GUARD_SIZE) };
    if (guard == SL__GUARD_CANARY)
        memcpy(stack->low, &CANARY, sizeof CANARY);
    return stack;
}

static sl__stack *lay_out_at(const sl__stack_pool *pool, slab *slab,
                             size_t place, sl__guard guard)
{
    return lay_out(slab, slab->memory + place * pool->apart, pool->apart,
                   place % COLOURS * 64, guard);
}

static int make_room(sl__stack_pool *pool, size_t count)
{
    size_t room = pool->free_room > 0 ? 2 * pool->free_room : SLAB_STACKS;
    sl__stack **free;

    if (count <= pool->free_room)
        return 0;
    free = realloc(pool->free, room * sizeof(*free));
    if (free == NULL)
        return -ENOMEM;
    pool->free = free;
    pool->free_room = room;
    return 0;
}

/* A slab more, and room to put all of its stacks back. */
int sl__stack_pool_grow(sl__stack_pool *pool)
{
    slab *slab;

    if (make_room(pool, pool->made + SLAB_STACKS) < 0)
        return -ENOMEM;
    slab = map_slab(pool, SLAB_STACKS * pool->apart);
    if (slab == NULL)
        return -ENOMEM;
    slab->is_first = pool->made == 0;
    *(pool->fresh != NULL ? &pool->fresh_last->next_fresh : &pool->fresh) =
        slab;
    pool->fresh_last = slab;
    pool->made += SLAB_STACKS;
    pool->spare += SLAB_STACKS;
    return 0;
}

/* By address, highest first, so that the lowest is used first. Two passes of a
 * radix sort over the 22 bits above a stack's size: what is further apart than
 * that is not worth being next to each other. */
static void sort_by_address(sl__stack **stacks, sl__stack **spare, size_t n,
                            size_t apart)
{
    enum { BITS = 11, BUCKETS = 1 << BITS };
    int size_shift = 63 - __builtin_clzll(apart);

    for (int pass = 0; pass < 2; pass++) {
        size_t ends[BUCKETS] = { 0 }, before = 0;
        int shift = size_shift + pass * BITS;

        for (size_t i = 0; i < n; i++)
            ends[~((uintptr_t)stacks[i] >> shift) % BUCKETS]++;
        for (size_t i = 0; i < BUCKETS; i++) {
            size_t count = ends[i];

            ends[i] = before;
            before += count;
        }
        for (size_t i = 0; i < n; i++)
            spare[ends[~((uintptr_t)stacks[i] >> shift) % BUCKETS]++] =
                stacks[i];
        memcpy(stacks, spare, n * sizeof(*stacks));
    }
}

/* Many stacks came back in whatever order their tasks ended. Handed out as they
 * are, each would be far from the one before, in pages and in page tables. */
static __attribute__((noinline)) void bring_into_order(sl__stack_pool *pool)
{
    size_t n = pool->free_count - pool->in_order;
    int saved = errno; /* see take_fresh() */
    sl__stack **spare = malloc(n * sizeof(*spare));

    if (spare != NULL) /* else they are only slower */
        sort_by_address(pool->free + pool->in_order, spare, n, pool->apart);
    free(spare);
    errno = saved;
    pool->in_order = pool->free_count;
}

/* One whose pages were given back, perhaps with its record; see give_back(). */
static __attribute__((noinline)) sl__stack *
take_given_back(sl__stack_pool *pool, size_t i)
{
    char *entry = (char *)pool->free[i];
    size_t mark = (uintptr_t)entry % SLAB_ALIGN;

    pool->given_back = i;
    if (mark % 2 == 0)
        return pool->free[i];
    return lay_out_at(pool, (void *)(entry - mark), mark / 2, SL__GUARD_REGION);
}

/* The free ones are kept in an array and not in a list through their memory, so
 * that the ones to come can be fetched into the cache while this one is used.
 */
static sl__stack *take_free(sl__stack_pool *pool)
{
    size_t i;

    if (pool->free_count - pool->in_order >= SORT_MIN)
        bring_into_order(pool);
    i = --pool->free_count;
    if (i < pool->in_order)
        pool->in_order = i;
    if (i < pool->given_back)
        return take_given_back(pool, i);
    if (i >= SL__FETCH_PAGE) {
        __builtin_prefetch(pool->free[i - SL__FETCH_PAGE], 1);
        sl__fetch_lines((char *)pool->free[i - SL__FETCH_LINES] -
                        SL__FETCHED_LINES * 64);
    }
    return pool->free[i];
}

/* On the stack of whoever waits just then, whose errno is not ours to change:
 * the kernel may refuse a guard. */
static __attribute__((noinline)) sl__stack *take_fresh(sl__stack_pool *pool)
{
    slab *slab = pool->fresh;
    size_t place = slab->used++;
    int saved = errno;
    sl__guard guard = SL__GUARD_REGION;
    sl__stack *stack;

    if (place == 0 && !slab->is_first)
        guard_slab(pool, slab);
    if (slab->used == SLAB_STACKS)
        pool->fresh = slab->next_fresh;
    if (!slab->is_guarded)
        guard = install_guard(slab->memory + place * pool->apart);
    stack = lay_out_at(pool, slab, place, guard);
    errno = saved;
    return stack;
}

sl__stack *sl__stack_take(sl__stack_pool *pool)
{
    return pool->free_count > 0 ? take_free(pool) : take_fresh(pool);
}

static sl__stack *get_sized(sl__stack_pool *pool, size_t size)
{
    size_t whole = (size + GUARD_SIZE + RECORD_SIZE + 4095) & ~(size_t)4095;
    slab *slab;

    if (size > SL__STACK_SIZE_MAX)
        return NULL;
    slab = map_slab(pool, whole);
    if (slab == NULL)
        return NULL;
    slab->is_single = true;
    return lay_out(slab, slab->memory, whole, 0, install_guard(slab->memory));
}

sl__stack *sl__stack_get(sl__stack_pool *pool, size_t size)
{
    if (size > pool->most)
        return get_sized(pool, size);
    return sl__stack_promise(pool) == 0 ? sl__stack_take(pool) : NULL;
}

void sl__stack_put(sl__stack_pool *pool, sl__stack *stack)
{
    if (stack->slab->is_single) {
        stack->next = pool->retired;
        pool->retired = stack;
        return;
    }
    sl__stack_put_pooled(pool, stack);
}

void sl__stack_pool_unmap_retired(sl__stack_pool *pool)
{
    while (pool->retired != NULL) {
        slab *slab = pool->retired->slab;

        sl__valgrind_deregister(pool->retired->valgrind);
        pool->retired = pool->retired->next;
        sl__node_unlink(&slab->node);
        free_slab(slab);
    }
}

/* With the page of its record, if its guard needs no second thought. Then the
 * pool keeps, in place of the record, which stack of which slab it was: an odd
 * address, which no record has. */
static sl__stack *give_back(const sl__stack_pool *pool, sl__stack *stack)
{
    slab *slab = stack->slab;
    size_t place = (size_t)(stack->low - slab->memory) / pool->apart;

    if (stack->guard != SL__GUARD_REGION) {
        size_t canary = stack->guard == SL__GUARD_CANARY ? 4096 : 0;

        madvise(stack->low + canary, (stack->size & ~(size_t)4095) - canary,
                MADV_DONTNEED);
        return stack;
    }
    sl__valgrind_deregister(stack->valgrind);
    madvise(stack->low, pool->apart - GUARD_SIZE, MADV_DONTNEED);
    return (void *)((char *)slab + 2 * place + 1);
}

/* The longest unused are at the front, and keep their places from then on. */
void sl__stack_pool_give_back(sl__stack_pool *pool)
{
    for (int i = 0; i < SLAB_STACKS; i++) {
        if (!sl__stack_pool_has_too_many(pool))
            break;
        sl__stack **oldest = &pool->free[pool->given_back++];

        *oldest = give_back(pool, *oldest);
    }
    if (pool->in_order < pool->given_back)
        pool->in_order = pool->given_back;
}

void sl__stack_check(const sl__stack *stack)
{
    sl_assert(memcmp(stack->low, &CANARY, sizeof CANARY) == 0 &&
              "a task has overflowed its stack");
}
