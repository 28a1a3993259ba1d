/* feed.h: what was typed for inputs, into the books. */
#ifndef TOOL_RUN_FEED_H
#define TOOL_RUN_FEED_H

#include "run/run.h"

/* A plan's `fill`: the inputs and lists of the run's options, be there millions
 * of them or no end. `context` is not used. */
int feed_fill(run *run, void *context);

#endif
