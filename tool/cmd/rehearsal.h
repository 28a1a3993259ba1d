/* rehearsal.h: --dry-run: what a run would do. */
#ifndef TOOL_CMD_REHEARSAL_H
#define TOOL_CMD_REHEARSAL_H

#include "cmd/run.h"

/* Say what is in the books that were opened for a rehearsal. */
void rehearsal_tell(run *run);

#endif
