/* fill.h: items into the books, while the first of them are worked on. */
#ifndef TOOL_RUN_FILL_H
#define TOOL_RUN_FILL_H

#include "run/run.h"

/* Start the plan's `fill` as a task of `group`, and wait until there is
 * something to work on or there will be nothing, or the run drains. Returns 0
 * or an error that was told; run->filling tells whether there is more to come.
 */
SL_WAITS int fill_start(run *run, sl_group *group);

/* Once the group is closed: see what is in the books. Returns what `fill` did.
 */
SL_WAITS int fill_finish(run *run);

/* Items were added, of which so many are to be worked on. */
void fill_count(run *run, int64_t to_work);

#endif
