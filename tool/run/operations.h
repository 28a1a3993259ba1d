/* operations.h: what a run does with its pictures. */
#ifndef TOOL_RUN_OPERATIONS_H
#define TOOL_RUN_OPERATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/options.h"
#include "worker/job.h"

typedef struct operations {
    job_request request; /* for a picture, but for its size and limits */
} operations;

enum { OPERATIONS_NAMES_SIZE = 64, OPERATIONS_TEXT_SIZE = 1024 };

/* What the command and its options ask for. */
void operations_choose(const struct options *options, operations *out);

/* What a choice of --format stands for: enum job_format. */
uint32_t operations_format(int choice);

/* As a run remembers it: the names in a fixed order, and all that changes
 * results, one name=value a line. */
void operations_names(const operations *operations,
                      char names[OPERATIONS_NAMES_SIZE]);
void operations_describe(const operations *operations,
                         char text[OPERATIONS_TEXT_SIZE]);

/* The way back, for a run that goes on. 0, or -EINVAL for what no version of
 * ours wrote; lines that speak of something else are passed over. */
int operations_recall(const char *names, const char *text, operations *out);

/* Whether one of them is asked for; what: enum job_operation. */
bool operations_have(const operations *operations, unsigned what);

/* Result memory for a picture of at most `max_pixels`: address space only,
 * until a worker writes there. */
size_t operations_room(const operations *operations, uint64_t max_pixels);

/* What the thumbnail for a box is called: "64", or "64x48". */
void operations_thumb_size(const operations *operations, uint32_t index,
                           char out[24]);

#endif
