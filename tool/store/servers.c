/* What servers have asked of us outlasts the session that they asked. It is
 * kept as a time by the wall clock and a length: should that clock be set back
 * meanwhile, nobody waits for longer than was asked. */
#include "store/store.h"

#include <time.h>

#include "store/handle.h"

int store_note_peace(store *store, const char *host, int64_t length_s)
{
    int rc =
        DB_RUN(&store->db,
               "INSERT INTO server (name, asked_at, peace_s)"
               " VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
               " asked_at = excluded.asked_at, peace_s = excluded.peace_s",
               db_text(host), db_int((int64_t)time(NULL)), db_int(length_s));

    return store_pass(store, rc < 0 ? rc : 0, "save what a server asked for");
}

/* How much of it is left. */
static int64_t left_of(int64_t asked_at, int64_t length_s)
{
    int64_t gone_s = (int64_t)time(NULL) - asked_at;

    return gone_s > 0 ? length_s - gone_s : length_s;
}

int store_each_peace(store *store,
                     void (*take)(void *arg, const char *host, int64_t left_s),
                     void *arg)
{
    db *d = &store->db;
    int rc;
    sqlite3_stmt *row = db_prepare(
        d, "SELECT name, asked_at, peace_s FROM server", NULL, 0, &rc);

    while (row != NULL && (rc = db_step(d, row)) > 0) {
        int64_t left =
            left_of(sqlite3_column_int64(row, 1), sqlite3_column_int64(row, 2));

        if (left > 0)
            take(arg, (const char *)sqlite3_column_text(row, 0), left);
    }
    return store_pass(store, rc, "read what servers asked for");
}
