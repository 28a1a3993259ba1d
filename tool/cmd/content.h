/* content.h: what a picture's bytes are known by. */
#ifndef TOOL_CMD_CONTENT_H
#define TOOL_CMD_CONTENT_H

#include "cmd/run.h"

/* Do the bytes have the checksum, which is in the form of checksum.h? Returns
 * 1, or 0 with the reason in words, or an error of the run. */
SL_WAITS int content_check(run *run, const char *checksum, const void *data,
                           uint64_t size, char *reason, size_t reason_size);

#endif
