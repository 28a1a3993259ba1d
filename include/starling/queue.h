/* queue.h: a queue between tasks. Elements have a fixed size and are copied in
 * and out.
 *
 *     sl_queue *jobs = sl_queue_new(SL_FIFO, sizeof(struct job), 100);
 *     rc = sl_queue_put(jobs, &job);         waits while 100 are in it
 *     sl_queue_shutdown(jobs, false);        no more jobs
 *     while ((rc = sl_queue_get(jobs, &job)) == 0)
 *         ...                                ends with SL_ECLOSED
 */
#ifndef STARLING_QUEUE_H
#define STARLING_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include <starling/api.h>

SL_BEGIN

typedef struct sl_queue sl_queue;

/* Which element a get takes: the oldest, the newest, or the smallest (of equal
 * ones the oldest). */
enum { SL_FIFO, SL_LIFO, SL_PRIORITY };

typedef struct sl_queue_options {
    int kind;
    size_t size;     /* of an element in bytes, at least 1 */
    size_t capacity; /* elements; 0: as many as memory holds */
    /* SL_PRIORITY: less than 0 if `a` comes before `b`, as for qsort(). */
    int (*compare)(const void *a, const void *b);
    /* Ends an element that nobody will get: at an immediate shutdown, and when
     * a queue is freed that is not empty. `element` is the queue's copy. */
    void (*drop)(void *element);
} sl_queue_options;

/* A queue of `kind` SL_FIFO or SL_LIFO; NULL without memory. The memory for a
 * bounded queue is taken here, so that a put into it cannot run out of any. */
SL_API sl_queue *sl_queue_new(int kind, size_t size, size_t capacity);
SL_API sl_queue *sl_queue_new_with(const sl_queue_options *options);

/* When no task waits at it. Elements in it are dropped. */
SL_API void sl_queue_free(sl_queue *queue);

/* Put or get one element, waiting for room or for one; strictly first come,
 * first served. Returns 0, SL_ECANCELED (nothing was moved), SL_ECLOSED after
 * a shutdown (a get first drains what is there), or -ENOMEM from a put into an
 * unbounded queue. An element that was not put is still the caller's. */
SL_API SL_WAITS int sl_queue_put(sl_queue *queue, const void *element);
SL_API SL_WAITS int sl_queue_get(sl_queue *queue, void *element);

/* The same without waiting: -EAGAIN where the plain name would have waited. */
SL_API int sl_queue_try_put(sl_queue *queue, const void *element);
SL_API int sl_queue_try_get(sl_queue *queue, void *element);

/* Elements that a get would find now. */
SL_API size_t sl_queue_count(const sl_queue *queue);

/* Say, once for each element that was got, that its work is done. */
SL_API void sl_queue_task_done(sl_queue *queue);

/* Wait until that has been said of every element ever put. Returns 0 or
 * SL_ECANCELED. */
SL_API SL_WAITS int sl_queue_join(sl_queue *queue);

/* No more puts, the waiting ones included; gets end with SL_ECLOSED once the
 * queue is empty. `immediate` empties it here and now: the elements are dropped
 * and count as done. May be called again, to make a shutdown immediate. */
SL_API void sl_queue_shutdown(sl_queue *queue, bool immediate);

SL_END

#endif
