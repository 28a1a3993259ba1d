/* diagnosis.h: when much went wrong: what, in one line. */
#ifndef TOOL_CMD_DIAGNOSIS_H
#define TOOL_CMD_DIAGNOSIS_H

#include "cmd/run.h"
#include "report/report.h"

/* "37 of 40 failures are dns: ...", if so much failed, and so much of it for
 * one reason, that there is one thing to mend. On the store's thread. Returns
 * 0 or an error of the store. */
int diagnosis_print(run *run, store *store, const report_run *report);

#endif
