/* stream.h: streams from the inside.
 *
 * A stream is freed when its owner has closed it, no task is inside, and what
 * moves its bytes has let go: each holds a reference.
 */
#ifndef SL_IO_STREAM_H
#define SL_IO_STREAM_H

#include <starling/stream.h>

#include "io/descriptor.h"

struct sl_stream {
    const sl_stream_ops *ops;
    void *state;
    sl_stream *below; /* where addresses are asked for; NULL: nobody knows */
    int fd;           /* of a native stream; -1 */
    unsigned refs;
    bool closed;
    bool reading, writing; /* a task is inside */
    bool cut;              /* a write was left in the middle */
    bool ended;            /* the other side has sent its end */
    int error;             /* that all further reads return; 0 */
    char *inbox;           /* received and not read: [begin, end) of `room` */
    size_t begin, end, room;
};

void sl__stream_init(sl_stream *stream, const sl_stream_ops *ops, void *state);
void sl__stream_unref(sl_stream *stream);

/* A stream on a non-blocking socket; takes `fd` on success. */
int sl__stream_on_socket(int fd, sl_stream **out);

/* What a stream made here waits at. */
sl__descriptor *sl__stream_descriptor(sl_stream *stream);

#endif
