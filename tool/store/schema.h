/* schema.h: the database's tables: made whole, opened with care. Private to
 * the store. */
#ifndef TOOL_STORE_SCHEMA_H
#define TOOL_STORE_SCHEMA_H

#include "store/handle.h"

/* Make run.db with its one row of the run. It appears whole or not at all. */
int schema_create(store *store, const store_identity *identity,
                  const store_options *options, store_error *error);

/* Open run.db for this store, checked; read-only for a view. */
int schema_open(store *store, bool read_only, store_error *error);

/* The same in memory alone, to try something out: a copy of run.db, or a run
 * that is new. */
int schema_rehearse(store *store, bool copy, const store_identity *identity,
                    const store_options *options, store_error *error);

/* 0, or -EEXIST with the first difference named, when the run in the database
 * is not the wanted one. */
int schema_compare(store *store, const store_identity *wanted,
                   const store_options *options, store_error *error);

#endif
