/* sniff.h: what the first bytes of a file say it is. */
#ifndef TOOL_WORKER_DECODE_SNIFF_H
#define TOOL_WORKER_DECODE_SNIFF_H

#include <stddef.h>
#include <stdint.h>

typedef struct sniffed {
    uint32_t format;    /* enum job_format */
    uint32_t verdict;   /* JOB_GOOD when there is a decoder for the format */
    const char *reason; /* static text; "" when good */
} sniffed;

/* Only the bytes count: neither name nor content type is asked. What is packed
 * is no picture to this. */
sniffed sniff(const void *data, size_t size);

/* What a file is packed with, enum job_packing. */
uint32_t sniff_packing(const void *data, size_t size);

#endif
