/* rehearsal.h: --dry-run: what a run would do. */
#ifndef TOOL_RUN_REHEARSAL_H
#define TOOL_RUN_REHEARSAL_H

#include "run/run.h"

/* Say what is in the books that were opened for a rehearsal. */
void rehearsal_tell(run *run);

#endif
