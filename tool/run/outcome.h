/* outcome.h: what a run leaves: files, words, an exit status. */
#ifndef TOOL_RUN_OUTCOME_H
#define TOOL_RUN_OUTCOME_H

#include "run/run.h"
#include "report/report.h"

/* Balance the books; write stars.csv, stars.fits, summary.json and report.html;
 * print the summary. A failure in it is the run's. */
void outcome_write(run *run);

/* The exit status, once everything is closed. */
int outcome_status(const run *run);

/* One line of the summary: what became of an item. */
void outcome_print_item(run *run, const store_item *item);

/* "16 planned: 12 done, ..." */
void outcome_print_totals(run *run, const report_run *report);

#endif
