/* After a kill, a row and a file can disagree in two ways.
 *
 * A file without a row: it was written, and the commit did not come. It is
 * removed, since only the commit knows its size and hash; the item is still
 * planned and will make it again. Only names that belong to an item of ours
 * are touched: a user's note in the folder stays.
 *
 * A row without its file: a user deleted it, or the power went before a file
 * was on the disk (`--sync off`). The item is planned again; when its original
 * is still whole, it only has to be computed again and nobody is asked for it.
 * Sizes are compared here, not hashes: reading gigabytes at every start costs
 * more than it finds.
 */
#include "store/reconcile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/names.h"

static const char *const folder_words[STORE_FOLDERS] = {
    [STORE_RUN] = "",
    [STORE_ORIGINALS] = "originals",
    [STORE_PROCESSED] = "processed",
};

static enum store_folder folder_of_word(const char *word)
{
    return strcmp(word, "originals") == 0 ? STORE_ORIGINALS : STORE_PROCESSED;
}

/* Ids gathered first, since the table cannot be changed while it is read; not
 * all, since a million files can be missing. */
enum { IDS_MOST = 512 };

typedef struct id_list {
    int64_t ids[IDS_MOST];
    size_t count;
} id_list;

/* Rows come ordered by item, so a repeated id is the last one. Returns whether
 * there is room for another. */
static bool add_id(id_list *list, int64_t id)
{
    if (list->count == 0 || list->ids[list->count - 1] != id)
        list->ids[list->count++] = id;
    return list->count < IDS_MOST;
}

static bool is_whole(const store *store, const char *folder, const char *name,
                     int64_t size)
{
    struct stat info;
    int fd = store->folder.fds[folder_of_word(folder)];

    return fstatat(fd, name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(info.st_mode) && info.st_size == size;
}

static int find_incomplete(store *store, int64_t after, id_list *list)
{
    int rc;
    sqlite3_stmt *files =
        DB_PREPARE(&store->db,
                   "SELECT f.item, f.folder, f.name, f.size FROM file f"
                   " JOIN item i ON i.id = f.item WHERE f.item > ?"
                   " AND i.state IN ('fetched', 'done') ORDER BY f.item",
                   &rc, db_int(after));

    if (files == NULL)
        return rc;
    while ((rc = db_step(&store->db, files)) > 0) {
        if (is_whole(store, (const char *)sqlite3_column_text(files, 1),
                     (const char *)sqlite3_column_text(files, 2),
                     sqlite3_column_int64(files, 3)))
            continue;
        if (!add_id(list, sqlite3_column_int64(files, 0))) {
            sqlite3_reset(files);
            break;
        }
    }
    return rc;
}

/* 1 if the item's original is on disk as its row says, else 0. */
static int has_original(store *store, int64_t id)
{
    int rc;
    sqlite3_stmt *file = DB_PREPARE(&store->db,
                                    "SELECT folder, name, size FROM file"
                                    " WHERE item = ? AND role = 'original'",
                                    &rc, db_int(id));

    if (file == NULL)
        return rc;
    rc = db_step(&store->db, file);
    if (rc > 0) {
        rc = is_whole(store, (const char *)sqlite3_column_text(file, 0),
                      (const char *)sqlite3_column_text(file, 1),
                      sqlite3_column_int64(file, 2));
        sqlite3_reset(file);
    }
    return rc;
}

int reconcile_plan_again(store *store, int64_t id)
{
    db *d = &store->db;
    int whole = has_original(store, id);
    int rc = whole < 0 ? whole : db_savepoint(d);

    if (rc < 0)
        return rc;
    rc = DB_RUN(d, "DELETE FROM star WHERE item = ?", db_int(id));
    if (rc >= 0)
        rc = DB_RUN(d,
                    "DELETE FROM file WHERE item = ?"
                    " AND (role <> 'original' OR ?)",
                    db_int(id), db_int(!whole));
    if (rc >= 0)
        rc = DB_RUN(d,
                    "UPDATE item SET state = ?, class = NULL, reason = NULL,"
                    " attempts = 0, bytes = NULL, xxh64 = NULL,"
                    " duplicate_of = NULL, shard = NULL, width = NULL, height "
                    "= NULL, stars = NULL,"
                    " true_stars = NULL, preview = NULL WHERE id = ?",
                    db_text(whole ? "fetched" : "planned"), db_int(id));
    return db_release(d, rc < 0 ? rc : 0);
}

int reconcile_drop_files(store *store, int64_t id)
{
    db *d = &store->db;
    int rc;
    sqlite3_stmt *files = DB_PREPARE(
        d, "SELECT folder, name FROM file WHERE item = ?", &rc, db_int(id));

    if (files == NULL)
        return rc;
    while ((rc = db_step(d, files)) > 0) {
        const char *folder = (const char *)sqlite3_column_text(files, 0);
        int fd = store->folder.fds[folder_of_word(folder)];

        if (unlinkat(fd, (const char *)sqlite3_column_text(files, 1), 0) < 0 &&
            errno != ENOENT) {
            rc = -errno;
            sqlite3_reset(files);
            break;
        }
    }
    if (rc == 0)
        rc = DB_RUN(d, "DELETE FROM file WHERE item = ?", db_int(id));
    return rc < 0 ? rc : 0;
}

static int plan_incomplete_again(store *store)
{
    id_list list = { 0 };
    int64_t after = 0;
    int rc;

    do {
        list.count = 0;
        rc = find_incomplete(store, after, &list);
        for (size_t i = 0; rc >= 0 && i < list.count; i++)
            rc = reconcile_plan_again(store, list.ids[i]);
        if (rc >= 0)
            store->recovery.planned += (int64_t)list.count;
        after = list.ids[IDS_MOST - 1];
    } while (rc >= 0 && list.count == IDS_MOST);
    return rc < 0 ? rc : 0;
}

typedef struct {
    store *store;
    enum store_folder folder;
    int fd;
} place;

static int is_our_stem(void *context, const char *stem)
{
    place *at = context;
    int64_t one;

    return DB_ASK(&at->store->db, "SELECT 1 FROM item WHERE stem = ?", &one,
                  db_text(stem));
}

static int remove_if_orphan(void *context, const char *name)
{
    place *at = context;
    int64_t one;
    int rc = DB_ASK(&at->store->db,
                    "SELECT 1 FROM file WHERE folder = ? AND name = ?", &one,
                    db_text(folder_words[at->folder]), db_text(name));

    if (rc != 0)
        return rc < 0 ? rc : 0; /* a row speaks of it */
    rc = names_each_stem(
        name, at->folder == STORE_ORIGINALS ? NAMES_ORIGINAL : NAMES_OUTPUT,
        is_our_stem, at);
    if (rc <= 0)
        return rc; /* somebody else's */
    if (unlinkat(at->fd, name, 0) < 0 && errno != ENOENT && errno != EISDIR)
        return -errno;
    at->store->recovery.orphans++;
    return 0;
}

static int remove_orphans(store *store, enum store_folder folder)
{
    place at = { .store = store,
                 .folder = folder,
                 .fd = store->folder.fds[folder] };

    return at.fd < 0 ? 0 : files_each(at.fd, remove_if_orphan, &at);
}

static int sweep_all(store *store)
{
    for (int i = 0; i < STORE_FOLDERS; i++) {
        int fd = store->folder.fds[i];
        int rc = fd < 0 ? 0 : files_sweep(fd);

        if (rc < 0)
            return rc;
        store->recovery.unfinished += rc;
    }
    return 0;
}

int reconcile(store *store)
{
    int rc = sweep_all(store);

    if (rc == 0)
        rc = reconcile_shards(store);
    if (rc == 0)
        rc = plan_incomplete_again(store);
    if (rc == 0)
        rc = remove_orphans(store, STORE_ORIGINALS);
    if (rc == 0)
        rc = remove_orphans(store, STORE_PROCESSED);
    return rc;
}

/* Once no row claims a file, all of them are orphans. */
static int remove_files(store *store)
{
    int rc = db_run_values(&store->db, "DELETE FROM file", NULL, 0);

    if (rc >= 0)
        rc = sweep_all(store);
    if (rc >= 0)
        rc = remove_orphans(store, STORE_ORIGINALS);
    if (rc >= 0)
        rc = remove_orphans(store, STORE_PROCESSED);
    return rc;
}

/* A subfolder that the user put files into is not empty and stays. */
static int remove_part(store *store, enum store_folder part, const char *name)
{
    int *fd = &store->folder.fds[part];

    if (*fd < 0)
        return 0;
    close(*fd);
    *fd = -1;
    if (unlinkat(store->folder.fds[STORE_RUN], name, AT_REMOVEDIR) < 0 &&
        errno != ENOTEMPTY && errno != EEXIST && errno != ENOENT &&
        errno != ENOTDIR) /* a link to a folder: the user's */
        return -errno;
    return 0;
}

static int remove_parts(store *store)
{
    store_run run;
    int rc = store_read_run(store, &run);

    if (rc == 0)
        rc = remove_part(store, STORE_ORIGINALS, run.originals);
    if (rc == 0)
        rc = remove_part(store, STORE_PROCESSED, run.processed);
    if (rc == 0)
        rc = remove_part(store, STORE_SHARDS, "shards");
    return rc;
}

int reconcile_clear(store *store)
{
    static const char *const results[] = {
        FOLDER_RESULTS,
        FOLDER_DATABASE "-wal",
        FOLDER_DATABASE "-shm",
        FOLDER_DATABASE,
    };
    int rc = remove_files(store);

    if (rc == 0)
        rc = reconcile_clear_shards(store);
    if (rc == 0)
        rc = remove_parts(store);
    db_close(&store->db);
    for (size_t i = 0; rc == 0 && i < sizeof results / sizeof *results; i++)
        if (unlinkat(store->folder.fds[STORE_RUN], results[i], 0) < 0 &&
            errno != ENOENT)
            rc = -errno;
    store->recovery = (store_recovery){ 0 }; /* a new run begins */
    return rc;
}
