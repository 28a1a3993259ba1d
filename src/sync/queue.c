/* A bounded queue. Elements go from hand to hand where somebody waits: a put
 * copies straight into the oldest getter's variable, a get takes the oldest
 * putter's element into the ring in its place. So the order is that of the
 * calls, a cancelled putter has put nothing and a cancelled getter has taken
 * nothing. */
#include <starling/queue.h>

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <starling/error.h>

#include "base/assert.h"
#include "sched/park.h"

struct sl_queue {
    size_t size, capacity;
    size_t count, head; /* head: the oldest element's place */
    bool shut;
    sl__waitlist getters, putters; /* waiter.arg: their element */
    unsigned char ring[];
};

sl_queue *sl_queue_new(int kind, size_t size, size_t capacity)
{
    sl_queue *queue;
    size_t bytes;

    sl_assert(kind == SL_FIFO && size > 0 && capacity > 0);
    if (__builtin_mul_overflow(size, capacity, &bytes) ||
        bytes > SIZE_MAX - sizeof *queue)
        return NULL;
    queue = calloc(1, sizeof *queue + bytes);
    if (queue == NULL)
        return NULL;
    queue->size = size;
    queue->capacity = capacity;
    return queue;
}

void sl_queue_free(sl_queue *queue)
{
    if (queue == NULL)
        return;
    sl_assert(queue->getters.first == NULL && queue->putters.first == NULL);
    free(queue);
}

static void push(sl_queue *queue, const void *element)
{
    size_t at = queue->head + queue->count++;

    if (at >= queue->capacity)
        at -= queue->capacity;
    memcpy(queue->ring + at * queue->size, element, queue->size);
}

static void pop(sl_queue *queue, void *element)
{
    memcpy(element, queue->ring + queue->head * queue->size, queue->size);
    if (++queue->head == queue->capacity)
        queue->head = 0;
    queue->count--;
}

int sl_queue_try_put(sl_queue *queue, const void *element)
{
    sl__waiter *getter = queue->getters.first;

    if (queue->shut)
        return SL_ECLOSED;
    if (getter != NULL) {
        memcpy(getter->arg, element, queue->size);
        sl__complete(getter, 0);
        return 0;
    }
    if (queue->count == queue->capacity)
        return -EAGAIN;
    push(queue, element);
    return 0;
}

int sl_queue_try_get(sl_queue *queue, void *element)
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

int sl_queue_put(sl_queue *queue, const void *element)
{
    sl__waiter waiter = { .what = "room in a queue",
                          .on = queue,
                          .arg = (void *)(uintptr_t)element };
    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    rc = sl_queue_try_put(queue, element);
    if (rc != -EAGAIN)
        return rc;
    sl__waitlist_append(&queue->putters, &waiter);
    return sl__park(&waiter);
}

int sl_queue_get(sl_queue *queue, void *element)
{
    sl__waiter waiter = { .what = "an element in a queue",
                          .on = queue,
                          .arg = element };
    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    rc = sl_queue_try_get(queue, element);
    if (rc != -EAGAIN)
        return rc;
    sl__waitlist_append(&queue->getters, &waiter);
    return sl__park(&waiter);
}

size_t sl_queue_count(const sl_queue *queue)
{
    return queue->count;
}

void sl_queue_shutdown(sl_queue *queue)
{
    queue->shut = true;
    sl__waitlist_wake_all(&queue->putters, SL_ECLOSED);
    sl__waitlist_wake_all(&queue->getters, SL_ECLOSED);
}
