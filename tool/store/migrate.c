/* One step a version, all in one transaction, the version's number included: a
 * kill leaves the database of before. */
#include "store/migrate.h"

#include <errno.h>

#include "store/folder.h"

/* By the version that it begins with. */
static const char *const steps[] = {
    [4] = MIGRATE_SERVERS "PRAGMA user_version = 5",
    [5] = "ALTER TABLE item ADD COLUMN path TEXT;"
          "ALTER TABLE run ADD COLUMN folder TEXT;"
          "PRAGMA user_version = 6",
    [6] = "ALTER TABLE item ADD COLUMN no_ra_dec TEXT;"
          "PRAGMA user_version = 7",
};

_Static_assert(sizeof steps / sizeof *steps == FOLDER_SCHEMA,
               "there is a step to each version");

int migrate_version(db *d)
{
    int64_t version = 0;
    int rc = db_ask_values(d, "PRAGMA user_version", NULL, 0, &version);

    return rc < 0 ? rc : (int)version;
}

int migrate(db *d)
{
    int version = migrate_version(d), rc = 0;

    if (version < 0 || version == FOLDER_SCHEMA)
        return version < 0 ? version : 0;
    if (version < FOLDER_SCHEMA_OLDEST || version > FOLDER_SCHEMA)
        return -EUCLEAN; /* folder_look() has seen another one */
    rc = db_begin(d);
    for (; rc == 0 && version < FOLDER_SCHEMA; version++)
        rc = db_script(d, steps[version]);
    return rc == 0 ? db_commit(d) : rc;
}
