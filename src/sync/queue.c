/* Queues.
 *
 * Elements go from hand to hand where somebody waits: a put copies straight
 * into the oldest getter's variable, a get that makes room takes in the oldest
 * putter's element. So both lines are served in the order of the calls, a
 * cancelled putter has put nothing and a cancelled getter has taken nothing.
 *
 * The three kinds differ only in where an element is stored. All share `slots`,
 * as a ring, a stack, or a heap that keeps a number beside each element. A
 * bounded queue has all its slots from the start, an unbounded one doubles
 * them.
 *
 * A put into a ring with room while nobody waits, and a get out of one with
 * elements, are what a busy queue does a thousand times between two switches.
 * They are a few tests and moves, kept apart from everything else.
 */
#include <starling/queue.h>

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <starling/error.h>

#include "base/assert.h"
#include "base/given.h"
#include "sched/park.h"
#include "sched/switch.h"
#include "sync/element.h"
#include "sync/heap.h"

enum {
    FIRST_SLOTS = 16, /* of an unbounded queue */
    SPARE_SLOTS = 2,  /* the heap puts one element aside while it works */
};

struct sl_queue {
    bool is_ring; /* SL_FIFO */
    bool shut;
    size_t count, room; /* elements; that fit into the slots */
    size_t ring_room;   /* the same for a ring that takes puts, else 0 */
    size_t in, out;     /* the ring's next free and oldest slot, in bytes */
    size_t end;         /* of the slots, in bytes */
    unsigned char *slots;
    sl__waitlist getters, putters; /* waiter.arg: their element */
    sl__order order;
    unsigned long puts, dones; /* the first has counted every element put */
    int kind;
    size_t capacity; /* 0: unbounded */
    void (*drop)(void *element);
    sl__waitlist joiners;
};

/* Have `room` slots, at least as many as now; elements keep their places. */
static bool allot(sl_queue *queue, size_t room)
{
    unsigned char *slots;

    if (room > SIZE_MAX - SPARE_SLOTS)
        return false;
    slots = reallocarray(queue->slots, room + SPARE_SLOTS, queue->order.stride);
    if (slots == NULL)
        return false;
    queue->slots = slots;
    queue->room = room;
    queue->ring_room = queue->is_ring ? room : 0;
    queue->end = room * queue->order.stride;
    return true;
}

sl_queue *sl_queue_new_with(const sl_queue_options *options)
{
    sl_given(options);

    size_t stride = options->size, capacity = options->capacity;
    sl_queue *queue;

    sl_assert(options->size > 0 && "an element has at least one byte");
    sl_assert(options->kind >= SL_FIFO && options->kind <= SL_PRIORITY &&
              "a queue is SL_FIFO, SL_LIFO or SL_PRIORITY");
    sl_assert((options->kind != SL_PRIORITY || options->compare != NULL) &&
              "a priority queue wants a comparison");
    if (options->kind == SL_PRIORITY)
        stride = sl__heap_stride(options->size);
    queue = calloc(1, sizeof *queue);
    if (queue == NULL || stride == 0)
        goto fail;
    queue->kind = options->kind;
    queue->is_ring = options->kind == SL_FIFO;
    queue->capacity = capacity;
    queue->drop = options->drop;
    queue->order = (sl__order){ .compare = options->compare,
                                .size = options->size,
                                .stride = stride };
    if (!allot(queue, capacity > 0 ? capacity : FIRST_SLOTS))
        goto fail;
    return queue;
fail:
    free(queue);
    return NULL;
}

sl_queue *sl_queue_new(int kind, size_t size, size_t capacity)
{
    return sl_queue_new_with(&(sl_queue_options){
        .kind = kind, .size = size, .capacity = capacity });
}

static inline size_t next_slot(const sl_queue *queue, size_t at)
{
    at += queue->order.stride;
    return at == queue->end ? 0 : at;
}

static inline void push_to_ring(sl_queue *queue, const void *element)
{
    sl__element_copy(queue->slots + queue->in, element, queue->order.size);
    queue->in = next_slot(queue, queue->in);
    queue->count++;
    queue->puts++;
}

static inline void pop_from_ring(sl_queue *queue, void *element)
{
    sl__element_copy(element, queue->slots + queue->out, queue->order.size);
    queue->out = next_slot(queue, queue->out);
    queue->count--;
}

/* There is room. */
static void push(sl_queue *queue, const void *element)
{
    if (queue->is_ring) {
        push_to_ring(queue, element);
        return;
    }
    if (queue->kind == SL_PRIORITY)
        sl__heap_push(&queue->order, queue->slots, queue->count, element,
                      queue->puts);
    else
        sl__element_copy(queue->slots + queue->count * queue->order.stride,
                         element, queue->order.size);
    queue->count++;
    queue->puts++;
}

/* It is not empty. */
static void pop(sl_queue *queue, void *element)
{
    if (queue->is_ring) {
        pop_from_ring(queue, element);
        return;
    }
    if (queue->kind == SL_PRIORITY)
        sl__heap_pop(&queue->order, queue->slots, queue->count, element);
    else
        sl__element_copy(
            element, queue->slots + (queue->count - 1) * queue->order.stride,
            queue->order.size);
    queue->count--;
}

/* Make room in a full queue: 0, -EAGAIN if it is bounded, or -ENOMEM. */
static int grow(sl_queue *queue)
{
    size_t before = queue->end;

    if (queue->capacity > 0)
        return -EAGAIN;
    if (queue->room > SIZE_MAX / 2 || !allot(queue, 2 * queue->room))
        return -ENOMEM;
    if (!queue->is_ring)
        return 0;
    /* What had wrapped around to the front goes on behind the old end. */
    memcpy(queue->slots + before, queue->slots, queue->out);
    queue->in = queue->out + before;
    return 0;
}

static inline bool can_put_fast(const sl_queue *queue)
{
    return queue->count < queue->ring_room && queue->getters.first == NULL;
}

static inline bool can_get_fast(const sl_queue *queue)
{
    return queue->is_ring && queue->count > 0 && queue->putters.first == NULL;
}

static int put_without_waiting(sl_queue *queue, const void *element)
{
    sl__waiter *getter = queue->getters.first;

    if (queue->shut)
        return SL_ECLOSED;
    if (getter != NULL) {
        sl__element_copy(getter->arg, element, queue->order.size);
        queue->puts++;
        sl__complete(getter, 0);
        return 0;
    }
    if (queue->count == queue->room) {
        int rc = grow(queue);

        if (rc < 0)
            return rc;
    }
    push(queue, element);
    return 0;
}

static int get_without_waiting(sl_queue *queue, void *element)
{
    sl__waiter *putter = queue->putters.first;

    if (queue->count == 0)
        return queue->shut ? SL_ECLOSED : -EAGAIN;
    pop(queue, element);
    if (putter != NULL) {
        push(queue, putter->arg);
        sl__complete(putter, 0);
    }
    return 0;
}

int sl_queue_try_put(sl_queue *queue, const void *element)
{
    sl_given(queue);
    sl_given(element);
    if (!can_put_fast(queue))
        return put_without_waiting(queue, element);
    push_to_ring(queue, element);
    return 0;
}

int sl_queue_try_get(sl_queue *queue, void *element)
{
    sl_given(queue);
    sl_given(element);
    if (!can_get_fast(queue))
        return get_without_waiting(queue, element);
    pop_from_ring(queue, element);
    return 0;
}

/* One place for all who wait, reached by tail calls: the processor guesses the
 * returns after a switch right where both tasks went the same way (6 ns each,
 * see the switch). */
static __attribute__((noinline)) int
wait_in_line(sl_queue *queue, sl__waitlist *line, const char *what, void *arg)
{
    sl__waiter *waiter = sl__own_waiter_in(sl__current_loop, what, queue);

    waiter->arg = arg;
    sl__waitlist_append(line, waiter);
    return sl__park(waiter);
}

static __attribute__((noinline)) int put_slowly(sl_queue *queue,
                                                const void *element)
{
    int rc = put_without_waiting(queue, element);

    if (rc != -EAGAIN)
        return rc;
    return wait_in_line(queue, &queue->putters, "room in a queue",
                        (void *)(uintptr_t)element);
}

static __attribute__((noinline)) int get_slowly(sl_queue *queue, void *element)
{
    int rc = get_without_waiting(queue, element);

    if (rc != -EAGAIN)
        return rc;
    return wait_in_line(queue, &queue->getters, "an element in a queue",
                        element);
}

int sl_queue_put(sl_queue *queue, const void *element)
{
    sl_given(queue);
    sl_given(element);

    int rc = sl__wait_begin_in(sl__current_loop);

    if (rc < 0)
        return rc;
    if (!can_put_fast(queue))
        return put_slowly(queue, element);
    push_to_ring(queue, element);
    return 0;
}

int sl_queue_get(sl_queue *queue, void *element)
{
    sl_given(queue);
    sl_given(element);

    int rc = sl__wait_begin_in(sl__current_loop);

    if (rc < 0)
        return rc;
    if (!can_get_fast(queue))
        return get_slowly(queue, element);
    pop_from_ring(queue, element);
    return 0;
}

size_t sl_queue_count(const sl_queue *queue)
{
    sl_given(queue);
    return queue->count;
}

static unsigned long undone(const sl_queue *queue)
{
    return queue->puts - queue->dones;
}

static void done(sl_queue *queue, size_t n)
{
    sl_assert(undone(queue) >= n && "more elements done than were put");
    queue->dones += n;
    if (undone(queue) == 0)
        sl__waitlist_wake_all(&queue->joiners, 0);
}

void sl_queue_task_done(sl_queue *queue)
{
    sl_given(queue);
    done(queue, 1);
}

int sl_queue_join(sl_queue *queue)
{
    sl_given(queue);

    int rc = sl__wait_begin();

    if (rc < 0 || undone(queue) == 0)
        return rc;
    return wait_in_line(queue, &queue->joiners, "the work of a queue", NULL);
}

static void drop_elements(sl_queue *queue)
{
    size_t at = queue->is_ring ? queue->out : 0;

    for (; queue->count > 0; queue->count--, at = next_slot(queue, at))
        if (queue->drop != NULL)
            queue->drop(queue->slots + at);
    queue->in = queue->out = 0;
}

void sl_queue_shutdown(sl_queue *queue, bool immediate)
{
    sl_given(queue);

    size_t dropped = queue->count;

    queue->shut = true;
    queue->ring_room = 0;
    sl__waitlist_wake_all(&queue->putters, SL_ECLOSED);
    sl__waitlist_wake_all(&queue->getters, SL_ECLOSED);
    if (immediate) {
        drop_elements(queue);
        done(queue, dropped);
    }
}

void sl_queue_free(sl_queue *queue)
{
    if (queue == NULL)
        return;
    sl_given(queue);
    sl_assert(queue->getters.first == NULL && queue->putters.first == NULL &&
              queue->joiners.first == NULL &&
              "a queue is freed when nobody waits at it");
    drop_elements(queue);
    free(queue->slots);
    sl__release(queue);
}
