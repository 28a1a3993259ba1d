/* counts.h: how often each path was asked for. */
#ifndef TOOL_ORIGIN_COUNTS_H
#define TOOL_ORIGIN_COUNTS_H

#include <stddef.h>
#include <stdint.h>

typedef struct origin_count origin_count;

typedef struct origin_counts {
    origin_count *slots[1024]; /* chains by hash */
    size_t names;
} origin_counts;

/* Count one more and return how many that makes, from 1 on; 0 when it could
 * not be remembered, for want of memory or because there are too many names. */
uint64_t origin_counts_add(origin_counts *counts, const char *name);
uint64_t origin_counts_get(const origin_counts *counts, const char *name);
void origin_counts_fini(origin_counts *counts);

#endif
