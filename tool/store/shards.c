/* Which items are in which archive.
 *
 * An archive is complete under its name before a row speaks of it, and the
 * loose files go after that row is committed. Killed in between, the next start
 * finds either an archive that nobody knows, and removes it, or loose files
 * that no row claims, which are orphans like any other.
 */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/handle.h"
#include "store/reconcile.h"

int store_open_shards(store *store)
{
    if (store->folder.fds[STORE_SHARDS] >= 0)
        return 0;
    return folder_open_part(&store->folder, STORE_SHARDS, "shards", true,
                            &store->failure);
}

int store_next_loose(store *store, int64_t after, store_item *out)
{
    int64_t id;
    int rc = DB_ASK(&store->db,
                    "SELECT id FROM item WHERE id > ? AND state = 'done'"
                    " AND shard IS NULL ORDER BY id LIMIT 1",
                    &id, db_int(after));

    if (rc <= 0)
        return store_pass(store, rc, "look for items");
    return store_next_item(store, id - 1, STORE_IN(STORE_DONE), out);
}

int store_count_loose(store *store, int64_t *out)
{
    int rc = db_ask_values(&store->db,
                           "SELECT count(*) FROM item WHERE state = 'done'"
                           " AND shard IS NULL",
                           NULL, 0, out);

    return rc < 0 ? store_pass(store, rc, "count the items") : 0;
}

int64_t store_shard_number(store *store)
{
    int64_t number = 0;
    int rc =
        db_ask_values(&store->db, "SELECT coalesce(max(id), -1) + 1 FROM shard",
                      NULL, 0, &number);

    return rc < 0 ? store_pass(store, rc, "count the archives") : number;
}

static int note_items(db *d, int64_t shard, const int64_t *ids, size_t count)
{
    int rc = 0;

    for (size_t i = 0; i < count && rc >= 0; i++) {
        rc = DB_RUN(d,
                    "UPDATE item SET shard = ? WHERE id = ?"
                    " AND state = 'done' AND shard IS NULL",
                    db_int(shard), db_int(ids[i]));
        if (rc >= 0 && rc != 1)
            return -EINVAL;
        if (rc > 0)
            rc = DB_RUN(d, "DELETE FROM file WHERE item = ?", db_int(ids[i]));
    }
    return rc < 0 ? rc : 0;
}

int store_note_shard(store *store, const char *name, const files_stamp *stamp,
                     const int64_t *ids, size_t count)
{
    db *d = &store->db;
    int64_t number = store_shard_number(store);
    char hash[17];
    int rc = number < 0 ? (int)number : db_savepoint(d);

    if (rc < 0)
        return store_pass(store, rc, "note an archive");
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)stamp->hash);
    rc = DB_RUN(d,
                "INSERT INTO shard (id, name, size, xxh64) VALUES (?, ?, ?,"
                " ?)",
                db_int(number), db_text(name), db_int((int64_t)stamp->size),
                db_text(hash));
    if (rc >= 0)
        rc = note_items(d, number, ids, count);
    store->has_unsynced = true;
    rc = db_release(d, rc < 0 ? rc : 0);
    return store_pass(store, rc, "note an archive");
}

/* After a kill, or a user's tidying up. */

static bool is_whole(int folder, const char *name, int64_t size)
{
    struct stat info;

    return folder >= 0 &&
           fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(info.st_mode) && info.st_size == size;
}

static int next_broken(store *store, int64_t after, int64_t *id)
{
    int rc;
    sqlite3_stmt *row = DB_PREPARE(
        &store->db, "SELECT id, name, size FROM shard WHERE id > ? ORDER BY id",
        &rc, db_int(after));

    if (row == NULL)
        return rc;
    while ((rc = db_step(&store->db, row)) > 0) {
        if (is_whole(store->folder.fds[STORE_SHARDS],
                     (const char *)sqlite3_column_text(row, 1),
                     sqlite3_column_int64(row, 2)))
            continue;
        *id = sqlite3_column_int64(row, 0);
        sqlite3_reset(row);
        return 1;
    }
    return rc;
}

static int plan_shard_again(store *store, int64_t shard)
{
    db *d = &store->db;
    int64_t item;
    int rc;

    while ((rc = DB_ASK(d, "SELECT id FROM item WHERE shard = ? LIMIT 1", &item,
                        db_int(shard))) > 0) {
        rc = reconcile_plan_again(store, item);
        if (rc < 0)
            return rc;
        store->recovery.planned++;
    }
    if (rc == 0)
        rc = DB_RUN(d, "DELETE FROM shard WHERE id = ?", db_int(shard));
    return rc < 0 ? rc : 0;
}

static bool is_shard_name(const char *name)
{
    size_t digits = strspn(name, "0123456789");

    return digits >= 5 && strcmp(name + digits, ".tar") == 0;
}

static int remove_unknown(void *context, const char *name)
{
    store *store = context;
    int64_t one;
    int rc = DB_ASK(&store->db, "SELECT 1 FROM shard WHERE name = ?", &one,
                    db_text(name));

    if (rc != 0 || !is_shard_name(name))
        return rc < 0 ? rc : 0;
    if (unlinkat(store->folder.fds[STORE_SHARDS], name, 0) < 0 &&
        errno != ENOENT)
        return -errno;
    store->recovery.orphans++;
    return 0;
}

int reconcile_shards(store *store)
{
    int64_t id = -1;
    int rc;

    while ((rc = next_broken(store, id, &id)) > 0) {
        rc = plan_shard_again(store, id);
        if (rc < 0)
            return rc;
    }
    if (rc == 0 && store->folder.fds[STORE_SHARDS] >= 0)
        rc = files_each(store->folder.fds[STORE_SHARDS], remove_unknown, store);
    return rc;
}

int reconcile_clear_shards(store *store)
{
    int rc = db_run_values(&store->db, "UPDATE item SET shard = NULL", NULL, 0);

    if (rc >= 0)
        rc = db_run_values(&store->db, "DELETE FROM shard", NULL, 0);
    if (rc >= 0 && store->folder.fds[STORE_SHARDS] >= 0)
        rc = files_each(store->folder.fds[STORE_SHARDS], remove_unknown, store);
    return rc < 0 ? rc : 0;
}
