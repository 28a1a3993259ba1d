/* error.h: what functions return, and the words that go with it.
 *
 * Every function returns 0 or a count when it worked and a negative number
 * when it did not: a system error as -errno (the numbers libuv uses, too; their
 * names come with this header) or one of the codes below.
 */
#ifndef STARLING_ERROR_H
#define STARLING_ERROR_H

#include <errno.h>

#include <starling/api.h>

SL_BEGIN

enum {
    SL_OK = 0,
    SL_ETIMEDOUT = -ETIMEDOUT, /* a limit's own time is over */
    SL_ECANCELED = -ECANCELED, /* the task was asked to stop */
    SL_ECLOSED = -5001,        /* the other side, or the object, was closed */
    SL_EBROKEN = -5002,        /* a barrier or pool was given up */
    SL_EDEADLOCK = -5003,      /* nothing could ever wake what is waiting */
    SL_EREUSED = -5004,        /* an await-once object was awaited twice */
    SL_EWORKERDIED = -5005, /* the worker process that held the job is gone */
    SL_ENOTREADY = -5006,   /* the result is not there yet */
    SL_EINCOMPLETE = -5007, /* the stream ended in the middle of something */
};

/* Words for a code: "timed out". Never NULL, never freed. */
SL_API const char *sl_strerror(int rc);

/* Give the current task's error a text: return sl_fail(rc, "open %s", path).
 * The text (at most 255 bytes, cut there) travels with `rc` to whoever
 * receives the task's result. Outside a task it is kept per thread.
 * Returns rc. */
SL_API int sl_fail(int rc, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The text of the error that this task last made or received; "" if none.
 * Valid until the task's next call into the library. */
SL_API const char *sl_errmsg(void);

/* The best words for an error that this task has at hand: that text, if it is
 * about `rc`, else sl_strerror(rc). As valid. */
SL_API const char *sl_explain(int rc);

SL_END

#endif
