/* failures.h: which items failed, as far as one takes it in. */
#ifndef TOOL_RUN_FAILURES_H
#define TOOL_RUN_FAILURES_H

#include "run/run.h"
#include "report/report.h"

enum { FAILURES_IN_FULL = 1000 }; /* as many are told at a run's end */

/* A line for each failure of a class. Without one (NULL) for each failure, or
 * where those are many, for a few of each class, and how to see the others. On
 * the store's thread. Returns 0 or an error of the store. */
int failures_print(run *run, store *store, const report_run *report,
                   const char *class_name);

/* There is nothing to do about failures (of a class): say so, and which there
 * are. On the store's thread; returns as above. */
int failures_tell_none(run *run, store *store, const char *class_name);

#endif
