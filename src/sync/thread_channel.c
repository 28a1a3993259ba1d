/* Channels between threads.
 *
 * Everything in a channel is under its lock, also the variables of those who
 * wait: whoever comes from the other side copies straight into them. Then it
 * calls the waiting task's loop, and there the waiter is completed. Between the
 * two the waiter is `settled`: its exchange has happened, so a cancellation
 * that comes now is too late and leaves the task waiting for its call.
 *
 * The call is ordered before anything is moved. Where there is no memory for it
 * both sides stay as they were, and whoever comes next tries again.
 *
 * A thread outside of tasks waits for a condition instead of a call.
 */
#include <starling/thread_channel.h>

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#include <starling/error.h>
#include <starling/loop.h>

#include "base/assert.h"
#include "base/given.h"
#include "base/list.h"
#include "sched/park.h"
#include "sched/uv.h"
#include "sync/element.h"

struct sl_thread_channel {
    pthread_mutex_t lock;
    pthread_cond_t told;         /* a thread outside of tasks was settled */
    sl__list sending, receiving; /* parties, oldest first */
    size_t size, capacity;
    size_t count, head; /* head: the oldest element's place */
    unsigned refs;
    bool closed;
    void (*drop)(void *element);
    unsigned char ring[];
};

/* One task or thread that waits. */
typedef struct party {
    sl__node node;
    sl_thread_channel *channel;
    void *data;
    sl_loop *loop; /* NULL: a thread outside of tasks */
    sl__waiter waiter;
    bool settled; /* `rc` is the outcome */
    int rc;
} party;

sl_thread_channel *
sl_thread_channel_new_with(const sl_thread_channel_options *options)
{
    sl_given(options);

    sl_thread_channel *channel;
    size_t bytes;

    sl_assert(options->size > 0 && options->capacity > 0 &&
              "a thread channel keeps one element of one byte at least");
    if (__builtin_mul_overflow(options->size, options->capacity, &bytes) ||
        bytes > SIZE_MAX - sizeof *channel)
        return NULL;
    channel = calloc(1, sizeof *channel + bytes);
    if (channel == NULL)
        return NULL;
    pthread_mutex_init(&channel->lock, NULL);
    pthread_cond_init(&channel->told, NULL);
    sl__list_init(&channel->sending);
    sl__list_init(&channel->receiving);
    channel->size = options->size;
    channel->capacity = options->capacity;
    channel->drop = options->drop;
    channel->refs = 1;
    return channel;
}

sl_thread_channel *sl_thread_channel_new(size_t size, size_t capacity)
{
    return sl_thread_channel_new_with(
        &(sl_thread_channel_options){ .size = size, .capacity = capacity });
}

static void push(sl_thread_channel *channel, const void *element)
{
    size_t at = channel->head + channel->count++;

    if (at >= channel->capacity)
        at -= channel->capacity;
    sl__element_copy(channel->ring + at * channel->size, element,
                     channel->size);
}

static void *oldest(sl_thread_channel *channel)
{
    void *element = channel->ring + channel->head * channel->size;

    if (++channel->head == channel->capacity)
        channel->head = 0;
    channel->count--;
    return element;
}

static party *first(sl__list *parties)
{
    return sl__list_is_empty(parties)
               ? NULL
               : sl__container_of(parties->head.next, party, node);
}

/* In the party's loop. The lock is taken for the sake of whoever ordered this
 * call and may still be copying. */
static void wake(void *arg)
{
    party *party = arg;

    pthread_mutex_lock(&party->channel->lock);
    pthread_mutex_unlock(&party->channel->lock);
    sl__complete(&party->waiter, party->rc);
}

/* Order the party's wake-up with `rc`. 0, or -ENOMEM and nothing has changed.
 * The lock is held, and must be until the exchange is done. */
static int settle(party *party, int rc)
{
    party->rc = rc;
    if (party->loop == NULL)
        pthread_cond_broadcast(&party->channel->told);
    else if (party->loop == sl_loop_current())
        sl__complete(&party->waiter, rc);
    else if (sl_call_threadsafe(party->loop, wake, party) < 0)
        return -ENOMEM;
    party->settled = true;
    sl__node_unlink(&party->node);
    return 0;
}

static int refuse_all(sl__list *parties)
{
    while (!sl__list_is_empty(parties)) {
        int rc = settle(first(parties), SL_ECLOSED);

        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Take in what waiting senders have, as far as there is room, so that nobody
 * who comes now overtakes them. */
static int take_in(sl_thread_channel *channel)
{
    party *sender;

    while (channel->count < channel->capacity &&
           (sender = first(&channel->sending)) != NULL) {
        if (settle(sender, 0) < 0)
            return -ENOMEM;
        push(channel, sender->data);
    }
    return 0;
}

static int try_send(sl_thread_channel *channel, const void *element)
{
    party *receiver = first(&channel->receiving);

    if (channel->closed)
        return SL_ECLOSED;
    if (receiver != NULL) {
        int rc = settle(receiver, 0);

        if (rc < 0)
            return rc;
        sl__element_copy(receiver->data, element, channel->size);
        return 0;
    }
    if (take_in(channel) < 0)
        return -ENOMEM;
    if (channel->count == channel->capacity)
        return -EAGAIN;
    push(channel, element);
    return 0;
}

static int try_recv(sl_thread_channel *channel, void *element)
{
    if (channel->count == 0 && take_in(channel) < 0 && channel->count == 0)
        return -ENOMEM;
    if (channel->count == 0)
        return channel->closed ? SL_ECLOSED : -EAGAIN;
    sl__element_copy(element, oldest(channel), channel->size);
    /* Whom this cannot wake is taken in by whoever comes next. */
    (void)take_in(channel);
    return 0;
}

int sl_thread_channel_try_send(sl_thread_channel *channel, const void *element)
{
    sl_given(channel);
    sl_given(element);

    int rc;

    pthread_mutex_lock(&channel->lock);
    rc = try_send(channel, element);
    pthread_mutex_unlock(&channel->lock);
    return rc;
}

int sl_thread_channel_try_recv(sl_thread_channel *channel, void *element)
{
    sl_given(channel);
    sl_given(element);

    int rc;

    pthread_mutex_lock(&channel->lock);
    rc = try_recv(channel, element);
    pthread_mutex_unlock(&channel->lock);
    return rc;
}

static void leave(sl__waiter *waiter)
{
    party *party = waiter->arg;
    bool too_late;

    pthread_mutex_lock(&party->channel->lock);
    too_late = party->settled;
    if (!too_late)
        sl__node_unlink(&party->node);
    pthread_mutex_unlock(&party->channel->lock);
    if (!too_late)
        sl__complete(waiter, SL_ECANCELED);
}

/* The lock is held, and given back. The loop is told that help may come from
 * outside, so that it does not take this for a deadlock. */
static int wait_in_task(party *me)
{
    int rc;

    pthread_mutex_unlock(&me->channel->lock);
    sl_loop_hold(me->loop);
    rc = sl__park(&me->waiter);
    sl_loop_release(me->loop);
    return rc;
}

static int wait_in_thread(party *me)
{
    sl_thread_channel *channel = me->channel;

    while (!me->settled)
        pthread_cond_wait(&channel->told, &channel->lock);
    pthread_mutex_unlock(&channel->lock);
    return me->rc;
}

static int wait_in_line(sl_thread_channel *channel, sl__list *line,
                        const char *what, void *data)
{
    party me = {
        .channel = channel,
        .data = data,
        .loop = sl_loop_current(),
        .waiter = { .cancel = leave, .arg = &me, .what = what, .on = channel }
    };

    sl__list_append(line, &me.node);
    return me.loop != NULL ? wait_in_task(&me) : wait_in_thread(&me);
}

/* A cancel point for tasks; other threads cannot be cancelled. */
static int begin(void)
{
    return sl_loop_current() != NULL ? sl__wait_begin() : 0;
}

int sl_thread_channel_send(sl_thread_channel *channel, const void *element)
{
    sl_given(channel);
    sl_given(element);

    int rc = begin();

    if (rc < 0)
        return rc;
    pthread_mutex_lock(&channel->lock);
    rc = try_send(channel, element);
    if (rc == -EAGAIN)
        return wait_in_line(channel, &channel->sending, "another thread",
                            (void *)(uintptr_t)element);
    pthread_mutex_unlock(&channel->lock);
    return rc;
}

int sl_thread_channel_recv(sl_thread_channel *channel, void *element)
{
    sl_given(channel);
    sl_given(element);

    int rc = begin();

    if (rc < 0)
        return rc;
    pthread_mutex_lock(&channel->lock);
    rc = try_recv(channel, element);
    if (rc == -EAGAIN)
        return wait_in_line(channel, &channel->receiving, "another thread",
                            element);
    pthread_mutex_unlock(&channel->lock);
    return rc;
}

int sl_thread_channel_close(sl_thread_channel *channel)
{
    sl_given(channel);

    int rc;

    pthread_mutex_lock(&channel->lock);
    channel->closed = true;
    rc = refuse_all(&channel->sending);
    if (rc == 0)
        rc = refuse_all(&channel->receiving);
    pthread_mutex_unlock(&channel->lock);
    return rc;
}

sl_thread_channel *sl_thread_channel_ref(sl_thread_channel *channel)
{
    sl_given(channel);
    pthread_mutex_lock(&channel->lock);
    channel->refs++;
    pthread_mutex_unlock(&channel->lock);
    return channel;
}

void sl_thread_channel_drop(sl_thread_channel *channel)
{
    unsigned left;

    if (channel == NULL)
        return;
    sl_given(channel);
    pthread_mutex_lock(&channel->lock);
    left = --channel->refs;
    pthread_mutex_unlock(&channel->lock);
    if (left > 0)
        return;
    while (channel->count > 0) {
        void *element = oldest(channel);

        if (channel->drop != NULL)
            channel->drop(element);
    }
    pthread_cond_destroy(&channel->told);
    pthread_mutex_destroy(&channel->lock);
    sl__release(channel);
}
