/* metadata.h: --metadata json: what is known of a picture, beside it. */
#ifndef TOOL_RUN_METADATA_H
#define TOOL_RUN_METADATA_H

#include "run/run.h"

/* On the store's thread, for an item that is done from here on: write
 * {stem}.json beside its original, if that is asked for. */
int metadata_note(run *run, store *store, int64_t id);

#endif
