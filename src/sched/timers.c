/* A 4-ary heap: half as deep as a binary one, and the four children that a
 * step compares are one line of the cache.
 *
 * The key is (deadline, arming order). Without the order equal deadlines would
 * fire in heap order, that is, in none that a person could predict.
 *
 * Sifting touches nothing but the heap. The timers themselves lie in the
 * records of sleeping tasks, and one move in a heap of 100 000 would cost eight
 * misses of the cache; so an entry names its timer by a number. Nor does
 * anybody know where in the heap a timer is: disarming takes the timer away
 * from its number, and the entry stays behind, dead, until it comes to the top
 * or the dead are as many as the others. Then all of them are dropped at once,
 * which costs each disarming some ten nanoseconds, where taking an entry out of
 * the middle took a hundred.
 */
#include "sched/timers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

enum {
    NUMBER_BITS = 24, /* 16 million timers at once */
    CAPACITY_MIN = 64,
    CAPACITY_MAX = 1 << NUMBER_BITS,
    LINE = 64,
    BEFORE_FIRST = 3, /* entries left out, so that children fill a line */
};

struct sl__timer_entry {
    sl_time when;
    uint64_t key; /* the order of arming, then the timer's number */
};

typedef struct sl__timer_entry entry;

_Static_assert(4 * sizeof(entry) == LINE, "four children are a line");

/* What a number stands for. */
union sl__timer_place {
    sl__timer *timer; /* NULL: its entry is dead */
    uint32_t next;    /* free number, while in no entry */
};

static inline uint32_t number_of(const entry *e)
{
    return (uint32_t)e->key & (CAPACITY_MAX - 1);
}

static inline bool is_dead(const sl__timers *timers, const entry *e)
{
    return timers->places[number_of(e)].timer == NULL;
}

/* Without branches: which of two deadlines is earlier cannot be guessed, and a
 * wrong guess costs more than all else in a step. */
static inline bool is_before(const entry *a, const entry *b)
{
    return (a->when < b->when) | ((a->when == b->when) & (a->key < b->key));
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

static void sift_up(sl__timers *timers, size_t i, entry e)
{
    entry *heap = timers->heap;

    while (i > 0) {
        size_t parent = (i - 1) / 4;

        if (!is_before(&e, &heap[parent]))
            break;
        heap[i] = heap[parent];
        i = parent;
    }
    heap[i] = e;
}

static void sift_down(sl__timers *timers, size_t i, entry e)
{
    entry *heap = timers->heap;

    for (;;) {
        size_t child = 4 * i + 1, least;

        if (child >= timers->count)
            break;
        least = earliest_child(timers, child);
        if (!is_before(&heap[least], &e))
            break;
        heap[i] = heap[least];
        i = least;
    }
    heap[i] = e;
}

static entry *allocate(size_t capacity)
{
    size_t size = (capacity + BEFORE_FIRST) * sizeof(entry);
    entry *memory = aligned_alloc(LINE, (size + LINE - 1) / LINE * LINE);

    return memory != NULL ? memory + BEFORE_FIRST : NULL;
}

static void release(entry *heap)
{
    if (heap != NULL)
        free(heap - BEFORE_FIRST);
}

static int grow(sl__timers *timers)
{
    size_t capacity = timers->capacity ? timers->capacity * 2 : CAPACITY_MIN;
    union sl__timer_place *places;
    entry *heap;

    if (capacity > CAPACITY_MAX)
        return -ENOMEM;
    places = realloc(timers->places, capacity * sizeof *places);
    if (places == NULL)
        return -ENOMEM;
    timers->places = places;
    heap = allocate(capacity);
    if (heap == NULL)
        return -ENOMEM;
    if (timers->count > 0)
        memcpy(heap, timers->heap, timers->count * sizeof *heap);
    release(timers->heap);
    timers->heap = heap;
    for (size_t i = timers->capacity; i < capacity; i++)
        places[i].next = (uint32_t)i + 1;
    timers->free_number = (uint32_t)timers->capacity;
    timers->capacity = capacity;
    return 0;
}

static void free_number(sl__timers *timers, uint32_t number)
{
    timers->places[number].next = timers->free_number;
    timers->free_number = number;
}

int sl__timers_arm(sl__timers *timers, sl__timer *timer)
{
    uint32_t number;

    sl_assert(timer->slot == 0);
    if (timers->count == timers->capacity && grow(timers) < 0)
        return -ENOMEM;
    number = timers->free_number;
    timers->free_number = timers->places[number].next;
    timers->places[number].timer = timer;
    timer->slot = number + 1;
    sift_up(timers, timers->count++,
            (entry){ timer->when, timers->armed++ << NUMBER_BITS | number });
    return 0;
}

static void remove_first(sl__timers *timers)
{
    entry last = timers->heap[--timers->count];

    free_number(timers, number_of(&timers->heap[0]));
    if (timers->count > 0)
        sift_down(timers, 0, last);
}

/* Drop all that are dead, and make a heap of the others. */
static void bury_dead(sl__timers *timers)
{
    entry *heap = timers->heap;
    size_t n = 0;

    for (size_t i = 0; i < timers->count; i++) {
        if (is_dead(timers, &heap[i]))
            free_number(timers, number_of(&heap[i]));
        else
            heap[n++] = heap[i];
    }
    timers->count = n;
    timers->dead = 0;
    for (size_t i = n / 4 + 1; i-- > 0;)
        if (i < n)
            sift_down(timers, i, heap[i]);
}

void sl__timers_disarm(sl__timers *timers, sl__timer *timer)
{
    uint32_t number = (uint32_t)timer->slot - 1;

    if (timer->slot == 0)
        return;
    timer->slot = 0;
    /* The last one is a leaf that nobody misses: so it is with a time limit
     * around something that does not wait. */
    if (number_of(&timers->heap[timers->count - 1]) == number) {
        timers->count--;
        free_number(timers, number);
        return;
    }
    timers->places[number].timer = NULL;
    if (++timers->dead > timers->count / 2)
        bury_dead(timers);
}

/* The earliest that is alive; NULL if there is none. */
static const entry *first(sl__timers *timers)
{
    while (timers->count > 0 && is_dead(timers, &timers->heap[0])) {
        remove_first(timers);
        timers->dead--;
    }
    return timers->count > 0 ? &timers->heap[0] : NULL;
}

sl_time sl__timers_next(sl__timers *timers)
{
    const entry *e = first(timers);

    return e != NULL ? e->when : SL_FOREVER;
}

static int compare(const void *a, const void *b)
{
    return is_before(b, a) - is_before(a, b);
}

/* The order of arming has 40 bits, which a busy program uses up in days. In
 * order of their deadlines entries are a heap, too, and may be counted anew. */
static void count_anew(sl__timers *timers)
{
    if (timers->count > 0)
        qsort(timers->heap, timers->count, sizeof(entry), compare);
    for (size_t i = 0; i < timers->count; i++)
        timers->heap[i].key =
            (uint64_t)i << NUMBER_BITS | number_of(&timers->heap[i]);
    timers->armed = timers->count;
}

uint64_t sl__timers_round(sl__timers *timers)
{
    if (timers->armed >= SL__TIMERS_COUNTED)
        count_anew(timers);
    return timers->armed;
}

sl__timer *sl__timers_take(sl__timers *timers, sl_time now, uint64_t end)
{
    const entry *e;
    sl__timer *timer;

    /* Whether the first one is dead does not matter before its time. */
    if (timers->count == 0 || timers->heap[0].when > now)
        return NULL;
    e = first(timers);
    if (e == NULL || e->when > now || e->key >> NUMBER_BITS >= end)
        return NULL;
    timer = timers->places[number_of(e)].timer;
    timer->slot = 0;
    remove_first(timers);
    /* The next ones are among these, and may be due, too. */
    for (size_t i = 1; i <= 4 && i < timers->count; i++)
        __builtin_prefetch(timers->places[number_of(&timers->heap[i])].timer,
                           1);
    return timer;
}

void sl__timers_fini(sl__timers *timers)
{
    release(timers->heap);
    free(timers->places);
    *timers = (sl__timers){ 0 };
}
