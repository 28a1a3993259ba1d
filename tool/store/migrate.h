/* migrate.h: databases of earlier versions become ours. Private to the store.
 */
#ifndef TOOL_STORE_MIGRATE_H
#define TOOL_STORE_MIGRATE_H

#include "store/db.h"

/* What later versions have added, for new databases as well. */
#define MIGRATE_SERVERS                                                        \
    "CREATE TABLE server ("                                                    \
    "  name TEXT NOT NULL PRIMARY KEY,"                                        \
    "  asked_at INTEGER NOT NULL," /* seconds since 1970: to be left */        \
    "  peace_s INTEGER NOT NULL"   /* alone for so long */                     \
    ") STRICT, WITHOUT ROWID;"

/* Bring an open database, of FOLDER_SCHEMA_OLDEST or later, to FOLDER_SCHEMA:
 * all of it or nothing. Returns 0 or a negative errno. */
int migrate(db *d);

/* Which version it is of, or a negative errno. */
int migrate_version(db *d);

#endif
