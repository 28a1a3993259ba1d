/* descriptors.h: how much can be open at once. */
#ifndef TOOL_RUN_DESCRIPTORS_H
#define TOOL_RUN_DESCRIPTORS_H

#include <stdbool.h>

enum { DESCRIPTORS_LEAST = 32 }; /* measured: 25 with one worker */

/* Whether anything can be done at all with what may be open. */
bool descriptors_suffice(long *number);

enum { JOBS_PER_WORKER = 2 }; /* one that runs, one that is ready to */

/* Raise the limit to what this user may have. */
void descriptors_raise_limit(void);

/* As many workers as fit, at most `wanted`, at least one. */
int descriptors_workers(int wanted);

/* As many items under way as fit beside the workers, at least one. */
long descriptors_items(long wanted, int workers);

#endif
