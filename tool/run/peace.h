/* peace.h: what servers asked for, from one session of a run to the next. */
#ifndef TOOL_RUN_PEACE_H
#define TOOL_RUN_PEACE_H

#include "run/run.h"

/* fetcher_options.on_peace, for a run. */
void peace_note(void *run, const char *host, sl_time length);

/* Have the fetcher leave those alone that asked for it in an earlier session,
 * unless this one is a retry.
 * Returns 0 or an error of the books. */
SL_WAITS int peace_recall(run *run);

#endif
