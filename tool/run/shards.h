/* shards.h: --output tar: pictures that are done, moved into archives. */
#ifndef TOOL_RUN_SHARDS_H
#define TOOL_RUN_SHARDS_H

#include "run/run.h"

/* A task's body: whenever enough pictures are done, pack them. Ends when
 * cancelled. */
int shards_keep_packing(void *run);

/* At the end of a run that was not stopped and wants archives: pack what is
 * left. A failure is the run's and has been told. */
void shards_finish(run *run);

#endif
