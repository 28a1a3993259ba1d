/* Queues.
 *
 * Elements go from hand to hand where somebody waits: a put copies straight
 * into the oldest getter's variable, a get that makes room takes in the oldest
 * putter's element. So both lines are served in the order of the calls, a
 * cancelled putter has put nothing and a cancelled getter has taken nothing.
 *
 * The three kinds differ only in where an element is stored. Ring and stack
 * share `slots`; the heap keeps a number beside each element. A bounded queue
 * has all its slots from the start, an unbounded one doubles them.
 */
#include <starling/queue.h>

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <starling/error.h>

#include "base/assert.h"
#include "sched/park.h"
#include "sync/element.h"
#include "sync/heap.h"

enum {
    FIRST_SLOTS = 16, /* of an unbounded queue */
    SPARE_SLOTS = 2,  /* the heap puts one element aside while it works */
};

struct sl_queue {
    int kind;
    bool shut;
    size_t count, room; /* elements; that fit into the slots */
    size_t head;        /* SL_FIFO: the oldest element's place */
    unsigned char *slots;
    sl__waitlist getters, putters; /* waiter.arg: their element */
    sl__order order;
    size_t capacity; /* 0: unbounded */
    size_t undone;   /* elements put and not said to be done */
    unsigned long puts;
    void (*drop)(void *element);
    sl__waitlist joiners;
};

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
    return true;
}

sl_queue *sl_queue_new_with(const sl_queue_options *options)
{
    size_t stride = options->size, capacity = options->capacity;
    sl_queue *queue;

    sl_assert(options->size > 0 && "an element has at least one byte");
    sl_assert(options->kind >= SL_FIFO && options->kind <= SL_PRIORITY);
    sl_assert((options->kind != SL_PRIORITY || options->compare != NULL) &&
              "a priority queue wants a comparison");
    if (options->kind == SL_PRIORITY)
        stride = sl__heap_stride(options->size);
    queue = calloc(1, sizeof *queue);
    if (queue == NULL || stride == 0)
        goto fail;
    queue->kind = options->kind;
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

static inline unsigned char *slot(sl_queue *queue, size_t at)
{
    return queue->slots + at * queue->order.stride;
}

/* There is room. */
static inline void push(sl_queue *queue, const void *element)
{
    size_t at = queue->count;

    if (queue->kind == SL_PRIORITY) {
        sl__heap_push(&queue->order, queue->slots, at, element, queue->puts++);
    } else {
        if (queue->kind == SL_FIFO && (at += queue->head) >= queue->room)
            at -= queue->room;
        sl__element_copy(slot(queue, at), element, queue->order.size);
    }
    queue->count++;
}

/* It is not empty. */
static inline void pop(sl_queue *queue, void *element)
{
    size_t at = queue->head;

    if (queue->kind == SL_PRIORITY) {
        sl__heap_pop(&queue->order, queue->slots, queue->count, element);
    } else {
        if (queue->kind == SL_LIFO)
            at = queue->count - 1;
        else if (++queue->head == queue->room)
            queue->head = 0;
        sl__element_copy(element, slot(queue, at), queue->order.size);
    }
    queue->count--;
}

/* Make room in a full queue: 0, -EAGAIN if it is bounded, or -ENOMEM. */
static __attribute__((noinline)) int grow(sl_queue *queue)
{
    size_t before = queue->room, wrapped = queue->head;

    if (queue->capacity > 0)
        return -EAGAIN;
    if (before > SIZE_MAX / 2 || !allot(queue, 2 * before))
        return -ENOMEM;
    /* What had wrapped around to the front goes on behind the old end. */
    memcpy(slot(queue, before), queue->slots, wrapped * queue->order.stride);
    return 0;
}

static inline int put_without_waiting(sl_queue *queue, const void *element)
{
    sl__waiter *getter = queue->getters.first;

    if (queue->shut)
        return SL_ECLOSED;
    if (getter != NULL) {
        sl__element_copy(getter->arg, element, queue->order.size);
        queue->undone++;
        sl__complete(getter, 0);
        return 0;
    }
    if (queue->count == queue->room) {
        int rc = grow(queue);

        if (rc < 0)
            return rc;
    }
    push(queue, element);
    queue->undone++;
    return 0;
}

static inline int get_without_waiting(sl_queue *queue, void *element)
{
    sl__waiter *putter = queue->putters.first;

    if (queue->count == 0)
        return queue->shut ? SL_ECLOSED : -EAGAIN;
    pop(queue, element);
    if (putter != NULL) {
        push(queue, putter->arg);
        queue->undone++;
        sl__complete(putter, 0);
    }
    return 0;
}

int sl_queue_try_put(sl_queue *queue, const void *element)
{
    return put_without_waiting(queue, element);
}

int sl_queue_try_get(sl_queue *queue, void *element)
{
    return get_without_waiting(queue, element);
}

/* Apart, so that who need not wait does not pay for the waiter. */
static __attribute__((noinline)) int
wait_in_line(sl_queue *queue, sl__waitlist *line, const char *what, void *arg)
{
    sl__waiter waiter = { .what = what, .on = queue, .arg = arg };

    sl__waitlist_append(line, &waiter);
    return sl__park(&waiter);
}

int sl_queue_put(sl_queue *queue, const void *element)
{
    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    rc = put_without_waiting(queue, element);
    if (rc != -EAGAIN)
        return rc;
    return wait_in_line(queue, &queue->putters, "room in a queue",
                        (void *)(uintptr_t)element);
}

int sl_queue_get(sl_queue *queue, void *element)
{
    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    rc = get_without_waiting(queue, element);
    if (rc != -EAGAIN)
        return rc;
    return wait_in_line(queue, &queue->getters, "an element in a queue",
                        element);
}

size_t sl_queue_count(const sl_queue *queue)
{
    return queue->count;
}

static void done(sl_queue *queue, size_t n)
{
    sl_assert(queue->undone >= n && "more elements done than were put");
    queue->undone -= n;
    if (queue->undone == 0)
        sl__waitlist_wake_all(&queue->joiners, 0);
}

void sl_queue_task_done(sl_queue *queue)
{
    done(queue, 1);
}

int sl_queue_join(sl_queue *queue)
{
    int rc = sl__wait_begin();

    if (rc < 0 || queue->undone == 0)
        return rc;
    return wait_in_line(queue, &queue->joiners, "the work of a queue", NULL);
}

static void drop_elements(sl_queue *queue)
{
    for (size_t i = 0, at = queue->head; i < queue->count; i++, at++) {
        if (at == queue->room)
            at = 0;
        if (queue->drop != NULL)
            queue->drop(slot(queue, at));
    }
    queue->count = queue->head = 0;
}

void sl_queue_shutdown(sl_queue *queue, bool immediate)
{
    size_t dropped = queue->count;

    queue->shut = true;
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
    sl_assert(queue->getters.first == NULL && queue->putters.first == NULL &&
              queue->joiners.first == NULL &&
              "a queue is freed when nobody waits at it");
    drop_elements(queue);
    free(queue->slots);
    free(queue);
}
