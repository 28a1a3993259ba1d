/* thread_channel.h: hand elements between threads: from loop to loop, or from
 * and to threads without one.
 *
 * Works like a channel (channel.h) with room for at least one element, and
 * costs two locks and a wake-up through the other loop where somebody waits.
 * Any thread may call every function here.
 */
#ifndef STARLING_THREAD_CHANNEL_H
#define STARLING_THREAD_CHANNEL_H

#include <stddef.h>

#include <starling/api.h>

SL_BEGIN

typedef struct sl_thread_channel sl_thread_channel;

typedef struct sl_thread_channel_options {
    size_t size;     /* of an element in bytes, at least 1 */
    size_t capacity; /* elements that it keeps, at least 1 */
    /* Ends an element that nobody will receive; `element` is our copy. Called
     * in the thread that drops the last reference. */
    void (*drop)(void *element);
} sl_thread_channel_options;

/* NULL without memory. Who waits at the channel holds a reference. */
SL_API sl_thread_channel *sl_thread_channel_new(size_t size, size_t capacity);
SL_API sl_thread_channel *
sl_thread_channel_new_with(const sl_thread_channel_options *options);
SL_API sl_thread_channel *sl_thread_channel_ref(sl_thread_channel *channel);
SL_API void sl_thread_channel_drop(sl_thread_channel *channel);

/* Send or receive one element; strictly first come, first served. A task waits
 * as for everything else; a thread outside of tasks is blocked. Returns 0,
 * SL_ECANCELED, SL_ECLOSED (a receive first drains what is there), or -ENOMEM:
 * there was none to wake the other side. Except for 0 nothing was moved. */
SL_API SL_WAITS int sl_thread_channel_send(sl_thread_channel *channel,
                                           const void *element);
SL_API SL_WAITS int sl_thread_channel_recv(sl_thread_channel *channel,
                                           void *element);

/* The same without waiting: -EAGAIN where the plain name would have waited. */
SL_API int sl_thread_channel_try_send(sl_thread_channel *channel,
                                      const void *element);
SL_API int sl_thread_channel_try_recv(sl_thread_channel *channel,
                                      void *element);

/* No more sends, the waiting ones included; receives end with SL_ECLOSED once
 * the channel is empty. Returns 0, or -ENOMEM if not all who wait could be
 * told: then call it again. */
SL_API int sl_thread_channel_close(sl_thread_channel *channel);

SL_END

#endif
