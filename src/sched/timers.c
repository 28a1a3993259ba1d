/* A 4-ary heap: half as deep as a binary one, and the four children that a
 * step compares lie side by side.
 *
 * The key is (deadline, sequence number). Without the number equal deadlines
 * would fire in heap order, that is, in none that a person could predict.
 *
 * Sifting must not touch the timers themselves: they lie on the stacks of
 * sleeping tasks, and one move in a heap of 100 000 would cost eight misses of
 * the cache. So keys are kept in the heap, and places in an array of their own,
 * by a number that the timer keeps for as long as it is armed.
 */
#include "sched/timers.h"

#include <errno.h>
#include <stdlib.h>

#include "base/assert.h"

struct sl__timer_entry {
    sl_time when;
    uint64_t armed;
    sl__timer *timer;
    uint32_t number; /* of the timer, in `places` */
};

typedef struct sl__timer_entry entry;

/* Without branches: which of two deadlines is earlier cannot be guessed, and a
 * wrong guess costs more than all else in a step. */
static inline bool is_before(const entry *a, const entry *b)
{
    return (a->when < b->when) | ((a->when == b->when) & (a->armed < b->armed));
}

static inline size_t earlier(const entry *heap, size_t i, size_t j)
{
    size_t is_j = is_before(&heap[j], &heap[i]);

    return i ^ ((i ^ j) & -is_j);
}

/* Which of the children from `child` on is the earliest. */
static inline size_t earliest_child(const sl__timers *timers, size_t child)
{
    const entry *heap = timers->heap;
    size_t least = child;

    if (child + 4 <= timers->count)
        return earlier(heap, earlier(heap, child, child + 1),
                       earlier(heap, child + 2, child + 3));
    for (size_t j = child + 1; j < timers->count; j++)
        least = earlier(heap, least, j);
    return least;
}

static inline void put(sl__timers *timers, size_t i, entry e)
{
    timers->heap[i] = e;
    timers->places[e.number] = (uint32_t)i;
}

static void sift_up(sl__timers *timers, size_t i, entry e)
{
    while (i > 0) {
        size_t parent = (i - 1) / 4;

        if (!is_before(&e, &timers->heap[parent]))
            break;
        put(timers, i, timers->heap[parent]);
        i = parent;
    }
    put(timers, i, e);
}

static void sift_down(sl__timers *timers, size_t i, entry e)
{
    for (;;) {
        size_t child = 4 * i + 1, least;

        if (child >= timers->count)
            break;
        least = earliest_child(timers, child);
        if (!is_before(&timers->heap[least], &e))
            break;
        put(timers, i, timers->heap[least]);
        i = least;
    }
    put(timers, i, e);
}

/* The free numbers are linked through `places`. */
static int grow(sl__timers *timers)
{
    size_t capacity = timers->capacity ? timers->capacity * 2 : 64;
    entry *heap;
    uint32_t *places;

    if (capacity > UINT32_MAX / 2)
        return -ENOMEM;
    heap = realloc(timers->heap, capacity * sizeof *heap);
    if (heap == NULL)
        return -ENOMEM;
    timers->heap = heap;
    places = realloc(timers->places, capacity * sizeof *places);
    if (places == NULL)
        return -ENOMEM;
    for (size_t i = timers->capacity; i < capacity; i++)
        places[i] = (uint32_t)i + 1;
    timers->places = places;
    timers->free_number = (uint32_t)timers->capacity;
    timers->capacity = capacity;
    return 0;
}

int sl__timers_arm(sl__timers *timers, sl__timer *timer)
{
    entry e = { timer->when, timers->armed, timer, 0 };

    sl_assert(timer->slot == 0);
    if (timers->count == timers->capacity && grow(timers) < 0)
        return -ENOMEM;
    timers->armed++;
    e.number = timers->free_number;
    timers->free_number = timers->places[e.number];
    timer->slot = e.number + 1;
    sift_up(timers, timers->count++, e);
    return 0;
}

static void remove_at(sl__timers *timers, size_t i)
{
    entry gone = timers->heap[i], last = timers->heap[--timers->count];

    gone.timer->slot = 0;
    if (i < timers->count) {
        if (i > 0 && is_before(&last, &timers->heap[(i - 1) / 4]))
            sift_up(timers, i, last);
        else
            sift_down(timers, i, last);
    }
    timers->places[gone.number] = timers->free_number;
    timers->free_number = gone.number;
}

void sl__timers_disarm(sl__timers *timers, sl__timer *timer)
{
    if (timer->slot != 0)
        remove_at(timers, timers->places[timer->slot - 1]);
}

sl_time sl__timers_next(const sl__timers *timers)
{
    return timers->count > 0 ? timers->heap[0].when : SL_FOREVER;
}

sl__timer *sl__timers_take(sl__timers *timers, sl_time now, uint64_t end)
{
    sl__timer *timer;

    if (timers->count == 0 || timers->heap[0].when > now ||
        timers->heap[0].armed >= end)
        return NULL;
    timer = timers->heap[0].timer;
    remove_at(timers, 0);
    /* The next ones are among these, and may be due, too. */
    for (size_t i = 1; i <= 4 && i < timers->count; i++)
        __builtin_prefetch(timers->heap[i].timer, 1);
    return timer;
}

void sl__timers_fini(sl__timers *timers)
{
    free(timers->heap);
    free(timers->places);
    *timers = (sl__timers){ 0 };
}
