/* faults.h: what a request may order to go wrong with its answer. */
#ifndef TOOL_ORIGIN_FAULTS_H
#define TOOL_ORIGIN_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include <starling/clock.h>

enum { ORIGIN_REDIRECT_MAX = 512 };

/* Parameter of the query in brackets. */
typedef struct origin_faults {
    sl_time latency;     /* before the answer begins [latency_ms] */
    uint64_t bandwidth;  /* bytes a second; 0: no limit [bandwidth] */
    int status;          /* instead of the real one; 0: none [status] */
    int64_t retry_after; /* seconds; -1: none [retry_after] */
    int64_t cut;    /* send so much of the body, then close; -1: all [cut] */
    bool stall;     /* send half of the body, then nothing more [stall] */
    bool no_length; /* the body ends with the connection [no_length] */
    bool chunked;   /* chunks instead of a length [chunked] */
    char redirect[ORIGIN_REDIRECT_MAX]; /* Location of a 302 [redirect] */
    int64_t times; /* only the first so many requests; -1: all [times] */
} origin_faults;

/* Read them from a query; `normal` is what happens without. Returns 0 or
 * -EINVAL for a value that is out of range. */
int origin_faults_read(const char *query, const origin_faults *normal,
                       origin_faults *faults);

#endif
