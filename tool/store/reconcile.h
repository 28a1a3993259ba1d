/* reconcile.h: make the folder and the database say the same again. Private to
 * the store. */
#ifndef TOOL_STORE_RECONCILE_H
#define TOOL_STORE_RECONCILE_H

#include "store/handle.h"

/* After a kill: remove unfinished files and those no row speaks of, plan again
 * what lost a file. Counts into store->recovery; the caller commits. */
int reconcile(store *store);

/* Remove the run: the files in its rows, its results, its subfolders if they
 * are empty then, the database last. Closes the database. */
int reconcile_clear(store *store);

/* Back to planned (or to fetched, if the original is still there), with all
 * that it was said to have removed. */
int reconcile_plan_again(store *store, int64_t id);

/* Remove the item's files and their rows, the files first: after a kill in
 * between the item is planned again. */
int reconcile_drop_files(store *store, int64_t id);

/* The same for archives: those that no row speaks of are removed, items of
 * those that are gone or damaged planned again. */
int reconcile_shards(store *store);
int reconcile_clear_shards(store *store);

#endif
