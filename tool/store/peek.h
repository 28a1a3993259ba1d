/* peek.h: a database read without leaving a trace beside it. Private to the
 * store. */
#ifndef TOOL_STORE_PEEK_H
#define TOOL_STORE_PEEK_H

#include <sqlite3.h>

#include "store/folder.h"

/* Open run.db read-only. Returns SQLite's code; *out is to be closed in every
 * case. */
int peek_open(const run_folder *folder, sqlite3 **out);

#endif
