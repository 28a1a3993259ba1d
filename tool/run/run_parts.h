/* run_parts.h: what a run consists of, opened and closed. For run.c only. */
#ifndef TOOL_RUN_RUN_PARTS_H
#define TOOL_RUN_RUN_PARTS_H

#include "run/run.h"

/* Returns 0, or an error that has been told; close them in either case. */
SL_WAITS int run_parts_open(run *run);
void run_parts_close(run *run);

#endif
