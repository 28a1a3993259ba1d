/* queue.h: a bounded queue between tasks. Elements have a fixed size and are
 * copied in and out. */
#ifndef STARLING_QUEUE_H
#define STARLING_QUEUE_H

#include <stddef.h>

#include <starling/api.h>

SL_BEGIN

typedef struct sl_queue sl_queue;

enum { SL_FIFO };

/* A queue of at most `capacity` (at least 1) elements of `size` bytes (at
 * least 1). NULL without memory. Free it when no task waits at it. */
SL_API sl_queue *sl_queue_new(int kind, size_t size, size_t capacity);
SL_API void sl_queue_free(sl_queue *queue);

/* Put or get one element, waiting for room or for one; strictly first come,
 * first served. 0, SL_ECANCELED (nothing was moved), or SL_ECLOSED after a
 * shutdown (a get first drains what is there). */
SL_API SL_WAITS int sl_queue_put(sl_queue *queue, const void *element);
SL_API SL_WAITS int sl_queue_get(sl_queue *queue, void *element);

/* 0, SL_ECLOSED, or -EAGAIN where the plain name would have waited. */
SL_API int sl_queue_try_put(sl_queue *queue, const void *element);
SL_API int sl_queue_try_get(sl_queue *queue, void *element);

SL_API size_t sl_queue_count(const sl_queue *queue);

/* No more puts; gets end with SL_ECLOSED once it is empty. */
SL_API void sl_queue_shutdown(sl_queue *queue);

SL_END

#endif
