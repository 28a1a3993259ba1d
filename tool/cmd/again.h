/* again.h: what a retry goes through, and what has come of it. */
#ifndef TOOL_CMD_AGAIN_H
#define TOOL_CMD_AGAIN_H

#include "run/run.h"
#include "report/report.h"

enum { AGAIN_FEW = 20 }; /* as many get a line each */

typedef struct again {
    int64_t ids[AGAIN_FEW], count; /* the first of them; all of them */
    store_counts before;           /* with these planned */
    const char *refusal;           /* why not: "is a demo, ..."; NULL: it may */
} again;

/* Whether the run may go through what failed (of the class that was asked for)
 * and what else is left, with the options of now. Which of those that it was
 * begun with are missing is said; where without them all would be refused,
 * again->refusal says so. On the store's thread. Returns 1, 0, or an error of
 * the store. */
int again_may(again *again, run *run, store *store, const store_run *row);

/* Everything is planned: note what. On the store's thread. */
int again_note(again *again, store *store);

/* For the plan's `tell`: the few, or how many and what is wrong with those that
 * failed. */
int again_tell(run *run, store *store, const report_run *report, void *again);

#endif
