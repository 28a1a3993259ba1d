/* shards.h: --output tar: pictures that are done, moved into archives. */
#ifndef TOOL_CMD_SHARDS_H
#define TOOL_CMD_SHARDS_H

#include "cmd/run.h"

/* A task's body: whenever enough pictures are done, pack them. Ends when
 * cancelled. */
int shards_keep_packing(void *run);

/* Pack what is left. Returns 0 or an error that was told. */
SL_WAITS int shards_finish(run *run);

#endif
