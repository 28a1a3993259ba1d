/* Channels: a ring and two lines of offers.
 *
 * What waits in a line is an offer: "I have this element" or "I have room for
 * one". Whoever comes from the other side takes up the oldest, copying straight
 * between the two tasks; a receive that makes room in the ring takes in the
 * oldest waiting sender's element. So there is never a waiting sender while
 * there is room, nor a waiting receiver while there is an element, and nobody
 * overtakes. That an offer may be one of several of its task is select.c's
 * business alone.
 */
#include "sync/channel.h"

#include <errno.h>
#include <stdlib.h>

#include <starling/error.h>

#include "base/assert.h"
#include "base/given.h"
#include "sched/switch.h"
#include "sync/element.h"

sl_channel *sl_channel_new_with(const sl_channel_options *options)
{
    sl_given(options);

    sl_channel *channel;
    size_t bytes;

    sl_assert(options->size > 0 && "an element has at least one byte");
    if (__builtin_mul_overflow(options->size, options->capacity, &bytes) ||
        bytes > SIZE_MAX - sizeof *channel)
        return NULL;
    channel = calloc(1, sizeof *channel + bytes);
    if (channel == NULL)
        return NULL;
    sl__list_init(&channel->sending);
    sl__list_init(&channel->receiving);
    channel->size = options->size;
    channel->capacity = options->capacity;
    channel->end = bytes;
    channel->drop = options->drop;
    channel->refs = 1;
    channel->dice = 2463534242;
    return channel;
}

sl_channel *sl_channel_new(size_t size, size_t capacity)
{
    return sl_channel_new_with(
        &(sl_channel_options){ .size = size, .capacity = capacity });
}

static inline size_t next_place(const sl_channel *channel, size_t at)
{
    at += channel->size;
    return at == channel->end ? 0 : at;
}

static inline void push(sl_channel *channel, const void *element)
{
    sl__element_copy(channel->ring + channel->in, element, channel->size);
    channel->in = next_place(channel, channel->in);
    channel->count++;
}

/* Its memory is good until the next push. */
static inline void *oldest(sl_channel *channel)
{
    void *element = channel->ring + channel->out;

    channel->out = next_place(channel, channel->out);
    channel->count--;
    return element;
}

static void drop_elements(sl_channel *channel)
{
    while (channel->count > 0) {
        void *element = oldest(channel);

        if (channel->drop != NULL)
            channel->drop(element);
    }
}

static inline sl__offer *first(sl__list *offers)
{
    return sl__list_is_empty(offers)
               ? NULL
               : sl__container_of(offers->head.next, sl__offer, node);
}

static inline int send_now(sl_channel *channel, const void *element)
{
    sl__offer *receiver = first(&channel->receiving);

    if (channel->closed)
        return SL_ECLOSED;
    if (receiver != NULL) {
        sl__element_copy(receiver->data, element, channel->size);
        sl__offer_taken(receiver);
        return 0;
    }
    if (channel->count == channel->capacity)
        return -EAGAIN;
    push(channel, element);
    return 0;
}

static inline int recv_now(sl_channel *channel, void *element)
{
    sl__offer *sender = first(&channel->sending);

    if (channel->count > 0) {
        sl__element_copy(element, oldest(channel), channel->size);
        if (sender != NULL) {
            push(channel, sender->data);
            sl__offer_taken(sender);
        }
        return 0;
    }
    if (sender == NULL)
        return channel->closed ? SL_ECLOSED : -EAGAIN;
    sl__element_copy(element, sender->data, channel->size);
    sl__offer_taken(sender);
    return 0;
}

int sl_channel_try_send(sl_channel *channel, const void *element)
{
    sl_given(channel);
    sl_given(element);
    return send_now(channel, element);
}

int sl_channel_try_recv(sl_channel *channel, void *element)
{
    sl_given(channel);
    sl_given(element);
    return recv_now(channel, element);
}

/* Apart, so that who need not wait does not pay for the waiter. */
static __attribute__((noinline)) int wait_for(int op, sl_channel *channel,
                                              void *data)
{
    sl_channel_case only = { op, channel, data };
    sl__offer offer;

    return sl__offers_wait(1, &only, &offer);
}

int sl_channel_send(sl_channel *channel, const void *element)
{
    sl_given(channel);
    sl_given(element);

    int rc = sl__wait_begin_in(sl__current_loop);

    if (rc < 0)
        return rc;
    rc = send_now(channel, element);
    if (rc != -EAGAIN)
        return rc;
    return wait_for(SL_CASE_SEND, channel, (void *)(uintptr_t)element);
}

int sl_channel_recv(sl_channel *channel, void *element)
{
    sl_given(channel);
    sl_given(element);

    int rc = sl__wait_begin_in(sl__current_loop);

    if (rc < 0)
        return rc;
    rc = recv_now(channel, element);
    if (rc != -EAGAIN)
        return rc;
    return wait_for(SL_CASE_RECV, channel, element);
}

void sl_channel_close(sl_channel *channel)
{
    sl_given(channel);
    channel->closed = true;
    sl__offers_refuse(&channel->sending);
    sl__offers_refuse(&channel->receiving);
}

bool sl_channel_is_closed(const sl_channel *channel)
{
    sl_given(channel);
    return channel->closed;
}

size_t sl_channel_count(const sl_channel *channel)
{
    sl_given(channel);
    return channel->count;
}

sl_channel *sl_channel_ref(sl_channel *channel)
{
    sl_given(channel);
    channel->refs++;
    return channel;
}

void sl_channel_drop(sl_channel *channel)
{
    if (channel == NULL)
        return;
    sl_given(channel);
    if (--channel->refs > 0)
        return;
    sl_assert(first(&channel->sending) == NULL &&
              first(&channel->receiving) == NULL &&
              "whoever waits at a channel holds a reference");
    drop_elements(channel);
    sl__release(channel);
}

sl_channel *sl_channel_sender_ref(sl_channel *channel)
{
    sl_given(channel);
    channel->senders++;
    return sl_channel_ref(channel);
}

void sl_channel_sender_drop(sl_channel *channel)
{
    sl_given(channel);
    sl_assert(channel->senders > 0 &&
              "a sender is dropped as often as it was held");
    if (--channel->senders == 0)
        sl_channel_close(channel);
    sl_channel_drop(channel);
}

sl_channel *sl_channel_receiver_ref(sl_channel *channel)
{
    sl_given(channel);
    channel->receivers++;
    return sl_channel_ref(channel);
}

void sl_channel_receiver_drop(sl_channel *channel)
{
    sl_given(channel);
    sl_assert(channel->receivers > 0 &&
              "a receiver is dropped as often as it was held");
    if (--channel->receivers == 0) {
        sl_channel_close(channel);
        drop_elements(channel);
    }
    sl_channel_drop(channel);
}
