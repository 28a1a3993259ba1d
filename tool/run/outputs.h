/* outputs.h: stars.csv, stars.fits, summary.json and report.html, from the
 * books. */
#ifndef TOOL_RUN_OUTPUTS_H
#define TOOL_RUN_OUTPUTS_H

#include "run/run.h"
#include "report/report.h"

/* All of this on the store's thread. */

/* Fill in a report on the run; it reads from the store until
 * outputs_forget(). elapsed_s is that of all sessions. */
int outputs_read(store *store, report_run *out);
void outputs_forget(report_run *report);

/* Write the three files. A failure is the run's and has been told. */
int outputs_write(run *run, store *store, const report_run *report);

/* The summary on stdout. */
void outputs_print_json(run *run, const report_run *report);

/* An item as the summary has it, in a text that the caller frees. On the
 * store's thread. Returns 0 or a negative errno. */
int outputs_item_json(store *store, const store_item *item, char **text,
                      size_t *size);

#endif
