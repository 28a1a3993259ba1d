/* Items server by server: past those of servers that are busy, and on through
 * those of one. Both follow the order of planning. */
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

#include "store/handle.h"
#include "store/reconcile.h"

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, *(const char *const *)b);
}

static bool is_passed(const store_hosts *hosts, const char *name)
{
    const char *const *found = NULL;

    if (name != NULL && hosts->count > 0)
        found = bsearch(name, hosts->names, hosts->count, sizeof *hosts->names,
                        compare_names);
    if (found != NULL)
        hosts->on_pass(hosts->arg, (size_t)(found - hosts->names));
    return found != NULL;
}

/* Step on to a row whose host is not among `hosts`. */
static int step_past(store *store, sqlite3_stmt *row, const store_hosts *hosts,
                     int64_t *id)
{
    int rc;

    while ((rc = db_step(&store->db, row)) > 0) {
        *id = sqlite3_column_int64(row, 0);
        if (!is_passed(hosts, (const char *)sqlite3_column_text(row, 1)))
            break;
    }
    if (rc > 0)
        sqlite3_reset(row);
    return rc;
}

int store_next_elsewhere(store *store, int64_t *after, unsigned states,
                         const store_hosts *hosts, store_item *out)
{
    int rc;
    sqlite3_stmt *row =
        DB_PREPARE(&store->db,
                   "SELECT id, host FROM item"
                   " WHERE id > ? AND " STORE_STATE_IS_ASKED " ORDER BY id",
                   &rc, db_int(*after), STORE_ASKED(states));

    if (row != NULL)
        rc = step_past(store, row, hosts, after);
    if (rc <= 0)
        return store_pass(store, rc, "read an item");
    return store_next_item(store, *after - 1, states, out);
}

int store_next_of_host(store *store, const char *host, int64_t after,
                       int64_t upto, unsigned states, store_item *out)
{
    int64_t id = 0;
    int rc = DB_ASK(&store->db,
                    "SELECT id FROM item WHERE host = ? AND id > ? AND id <= ?"
                    " AND " STORE_STATE_IS_ASKED " ORDER BY id LIMIT 1",
                    &id, db_text(host), db_int(after), db_int(upto),
                    STORE_ASKED(states));

    if (rc <= 0)
        return store_pass(store, rc, "read an item");
    return store_next_item(store, id - 1, states, out);
}

int store_renew(store *store, int64_t id)
{
    db *d = &store->db;
    int rc = db_savepoint(d);

    if (rc < 0)
        return store_pass(store, rc, "plan an item again");
    /* Others have files of their own, with the bytes that it no longer has. */
    rc = DB_RUN(d, "UPDATE item SET duplicate_of = NULL WHERE duplicate_of = ?",
                db_int(id));
    if (rc >= 0)
        rc = DB_RUN(d,
                    "UPDATE item SET etag = NULL, last_modified = NULL"
                    " WHERE id = ? AND state = 'done'",
                    db_int(id));
    if (rc >= 0)
        rc = reconcile_drop_files(store, id);
    if (rc >= 0)
        rc = reconcile_plan_again(store, id);
    rc = db_release(d, rc < 0 ? rc : 0);
    return store_pass(store, rc, "plan an item again");
}
