/* diagnosis.h: when much went wrong: what, in a line or two. */
#ifndef TOOL_RUN_DIAGNOSIS_H
#define TOOL_RUN_DIAGNOSIS_H

#include "run/run.h"
#include "report/report.h"

/* "300 network, 100 http-404": how many failures of which class. */
void diagnosis_list(const store_class classes[], int count, char *text,
                    size_t size);

/* Where there are more failures than one takes in line by line, how many of
 * which class; and "37 of 40 failures are dns: ...", if so much failed, and so
 * much of it for one reason, that there is one thing to mend. On the store's
 * thread. Returns 0 or an error of the store. */
int diagnosis_print(run *run, store *store, const report_run *report);

#endif
