/* trace.h: --trace FILE: the stages of each item, for a trace viewer.
 *
 *     trace_open(&trace, "run.trace.json")
 *     lane = trace_take_lane(&trace);            for as long as the item lives
 *     trace_stage(&trace, lane, TRACE_FETCH, name, begin, sl_now());
 *     trace_give_lane(&trace, lane);
 *     trace_close(&trace)
 *
 * The file is in the Trace Event Format, which chrome://tracing and Perfetto
 * show. All of this belongs to the loop's thread. Without a file, all but
 * trace_open() do nothing.
 */
#ifndef TOOL_RUN_TRACE_H
#define TOOL_RUN_TRACE_H

#include <stdint.h>
#include <stdio.h>

#include <starling/clock.h>

enum trace_kind {
    TRACE_FETCH,   /* until the body is here */
    TRACE_KEEP,    /* until the original is on disk */
    TRACE_WAIT,    /* for a worker */
    TRACE_ANALYZE, /* in a worker */
    TRACE_WRITE,   /* until the results are on disk and in the books */
    TRACE_KINDS
};

enum { TRACE_LANES = 8192 }; /* items at a time that get a line of their own */

typedef struct trace {
    FILE *file; /* NULL: none is wanted */
    sl_time start;
    int lanes;                        /* ever used */
    uint64_t taken[TRACE_LANES / 64]; /* a bit a lane */
} trace;

/* "fetch", "keep" ... */
const char *trace_kind_name(enum trace_kind kind);

/* Begin a trace in `path`, an older one is overwritten. 0 or -errno. */
int trace_open(trace *trace, const char *path);

/* End it. Returns 0, or -errno if the file is not whole. */
int trace_close(trace *trace);

/* The lowest free lane. */
int trace_take_lane(trace *trace);
void trace_give_lane(trace *trace, int lane);

/* An item called `name` was in a stage from `begin` to `end`. */
void trace_stage(trace *trace, int lane, enum trace_kind kind, const char *name,
                 sl_time begin, sl_time end);

#endif
