/* A 4-ary heap: half as deep as a binary one, and the four children that a
 * step compares lie side by side. Keys are kept in the heap, so that sifting
 * does not touch the timers, except to tell each its new place.
 *
 * The key is (deadline, sequence number). Without the number equal deadlines
 * would fire in heap order, that is, in none that a person could predict.
 */
#include "sched/timers.h"

#include <errno.h>
#include <stdlib.h>

#include "base/assert.h"

struct sl__timer_slot {
    sl_time when;
    uint64_t armed;
    sl__timer *timer;
};

typedef struct sl__timer_slot slot;

static inline bool is_before(const slot *a, const slot *b)
{
    return a->when < b->when || (a->when == b->when && a->armed < b->armed);
}

static inline void put(sl__timers *timers, size_t i, slot s)
{
    timers->heap[i] = s;
    s.timer->slot = i + 1;
}

static void sift_up(sl__timers *timers, size_t i, slot s)
{
    while (i > 0) {
        size_t parent = (i - 1) / 4;

        if (!is_before(&s, &timers->heap[parent]))
            break;
        put(timers, i, timers->heap[parent]);
        i = parent;
    }
    put(timers, i, s);
}

static void sift_down(sl__timers *timers, size_t i, slot s)
{
    for (;;) {
        size_t child = 4 * i + 1, least = child;
        size_t end = child + 4 < timers->count ? child + 4 : timers->count;

        if (child >= timers->count)
            break;
        for (size_t j = child + 1; j < end; j++)
            if (is_before(&timers->heap[j], &timers->heap[least]))
                least = j;
        if (!is_before(&timers->heap[least], &s))
            break;
        put(timers, i, timers->heap[least]);
        i = least;
    }
    put(timers, i, s);
}

static int grow(sl__timers *timers)
{
    size_t capacity = timers->capacity ? timers->capacity * 2 : 64;
    slot *heap = realloc(timers->heap, capacity * sizeof *heap);

    if (heap == NULL)
        return -ENOMEM;
    timers->heap = heap;
    timers->capacity = capacity;
    return 0;
}

int sl__timers_arm(sl__timers *timers, sl__timer *timer)
{
    slot s = { timer->when, timers->armed, timer };

    sl_assert(timer->slot == 0);
    if (timers->count == timers->capacity && grow(timers) < 0)
        return -ENOMEM;
    timers->armed++;
    sift_up(timers, timers->count++, s);
    return 0;
}

static void remove_at(sl__timers *timers, size_t i)
{
    slot last = timers->heap[--timers->count];

    timers->heap[i].timer->slot = 0;
    if (i == timers->count)
        return;
    if (i > 0 && is_before(&last, &timers->heap[(i - 1) / 4]))
        sift_up(timers, i, last);
    else
        sift_down(timers, i, last);
}

void sl__timers_disarm(sl__timers *timers, sl__timer *timer)
{
    if (timer->slot != 0)
        remove_at(timers, timer->slot - 1);
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
    return timer;
}

void sl__timers_fini(sl__timers *timers)
{
    free(timers->heap);
    *timers = (sl__timers){ 0 };
}
