/* channel.h: hand elements from task to task, and wait for several at once.
 *
 * A channel of capacity 0 keeps nothing: a send waits until somebody receives.
 * Elements have a fixed size and are copied in and out; an element that was not
 * sent is still the caller's. A channel is a counted reference and belongs to
 * one loop; for two threads see thread_channel.h.
 */
#ifndef STARLING_CHANNEL_H
#define STARLING_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>

#include <starling/api.h>

SL_BEGIN

typedef struct sl_channel sl_channel;

typedef struct sl_channel_options {
    size_t size;     /* of an element in bytes, at least 1 */
    size_t capacity; /* elements that it keeps */
    /* Ends an element that nobody will receive; `element` is our copy. */
    void (*drop)(void *element);
} sl_channel_options;

/* NULL without memory. */
SL_API sl_channel *sl_channel_new(size_t size, size_t capacity);
SL_API sl_channel *sl_channel_new_with(const sl_channel_options *options);
SL_API sl_channel *sl_channel_ref(sl_channel *channel);
SL_API void sl_channel_drop(sl_channel *channel);

/* References of those who send, or receive: give each task one of its own. When
 * the last sender is dropped the channel is closed, so that its receivers come
 * to an end; when the last receiver is, it is closed and emptied, so that its
 * senders do. A channel that never had such a reference ends by
 * sl_channel_close() only. */
SL_API sl_channel *sl_channel_sender_ref(sl_channel *channel);
SL_API void sl_channel_sender_drop(sl_channel *channel);
SL_API sl_channel *sl_channel_receiver_ref(sl_channel *channel);
SL_API void sl_channel_receiver_drop(sl_channel *channel);

/* Send or receive one element; strictly first come, first served. Returns 0,
 * SL_ECANCELED (nothing was moved), or SL_ECLOSED (a receive first drains what
 * is there). */
SL_API SL_WAITS int sl_channel_send(sl_channel *channel, const void *element);
SL_API SL_WAITS int sl_channel_recv(sl_channel *channel, void *element);

/* The same without waiting: -EAGAIN where the plain name would have waited. */
SL_API int sl_channel_try_send(sl_channel *channel, const void *element);
SL_API int sl_channel_try_recv(sl_channel *channel, void *element);

/* No more sends, the waiting ones included; receives end with SL_ECLOSED once
 * the channel is empty. */
SL_API void sl_channel_close(sl_channel *channel);
SL_API bool sl_channel_is_closed(const sl_channel *channel);

/* Elements that it keeps now. */
SL_API size_t sl_channel_count(const sl_channel *channel);

enum { SL_CASE_SEND, SL_CASE_RECV };

typedef struct sl_channel_case {
    int op;
    sl_channel *channel; /* NULL takes this case out */
    void *data;          /* the element to send, or room for one */
} sl_channel_case;

/* Wait until one of the cases can happen, and do that one and no other; the
 * same channel may occur in several. Among those that can happen at once a
 * random one is taken, so that none is starved. A case whose channel is closed
 * (and, to receive, empty) is out. Returns the index of the case, SL_ECANCELED
 * (nothing was moved), SL_ECLOSED if all are out, or -ENOMEM. */
SL_API SL_WAITS int sl_channel_select(int n, const sl_channel_case cases[]);
SL_API int sl_channel_try_select(int n, const sl_channel_case cases[]);

SL_END

#endif
