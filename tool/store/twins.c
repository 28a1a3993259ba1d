/* Items with the same bytes.
 *
 * Work on the second would give what the first has given, so it gets links to
 * the first one's files, under its own names, and a copy of its rows. The run
 * then holds the same as if both had been worked on, and the bytes once.
 */
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "store/handle.h"

static int read_file(sqlite3_stmt *row, const char *stem, store_twin *out)
{
    struct store_twin_file *file = &out->files[out->file_count];
    const char *folder = (const char *)sqlite3_column_text(row, 0);

    if (out->file_count == STORE_TWIN_FILES)
        return -E2BIG;
    file->folder =
        strcmp(folder, "originals") == 0 ? STORE_ORIGINALS : STORE_PROCESSED;
    snprintf(file->name, sizeof file->name, "%s",
             (const char *)sqlite3_column_text(row, 1));
    out->file_count++;
    return names_for_other(file->name,
                           (const char *)sqlite3_column_text(row, 2), stem,
                           file->other);
}

static int read_files(store *store, int64_t id, store_twin *out)
{
    db *d = &store->db;
    int rc;
    sqlite3_stmt *row = DB_PREPARE(
        d,
        "SELECT f.folder, f.name, twin.stem, mine.stem FROM file f"
        " JOIN item twin ON twin.id = f.item JOIN item mine ON mine.id = ?"
        " WHERE f.item = ? ORDER BY f.role <> 'original'",
        &rc, db_int(id), db_int(out->id));

    if (row == NULL)
        return rc;
    while ((rc = db_step(d, row)) > 0) {
        rc = read_file(row, (const char *)sqlite3_column_text(row, 3), out);
        if (rc < 0) {
            sqlite3_reset(row);
            break;
        }
    }
    return rc;
}

int store_find_twin(store *store, int64_t id, const files_stamp *stamp,
                    store_twin *out)
{
    char hash[17];
    int rc;

    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)stamp->hash);
    out->file_count = 0;
    rc = DB_ASK(&store->db,
                "SELECT id FROM item i WHERE xxh64 = ? AND bytes = ?"
                " AND state = 'done' AND duplicate_of IS NULL AND id <> ?"
                " AND EXISTS (SELECT 1 FROM file WHERE item = i.id"
                " AND role = 'original') LIMIT 1",
                &out->id, db_text(hash), db_int((int64_t)stamp->size),
                db_int(id));
    if (rc > 0)
        rc = read_files(store, id, out);
    else
        return store_pass(store, rc, "look for a picture's twin");
    /* One whose files cannot be called after another item is no twin. */
    if (rc == -EINVAL || rc == -E2BIG)
        return 0;
    return rc < 0 ? store_pass(store, rc, "read a picture's twin") : 1;
}

static int copy_row(db *d, int64_t id, const store_twin *twin, int attempts)
{
    int rc = DB_RUN(
        d,
        "UPDATE item SET state = 'done', name = ?1, attempts = ?2,"
        " duplicate_of = t.id, width = t.width, height = t.height,"
        " stars = t.stars, true_stars = t.true_stars, preview = t.preview,"
        " bytes = t.bytes, xxh64 = t.xxh64,"
        " no_star_field = t.no_star_field, background = t.background,"
        " noise = t.noise, star_width = t.star_width, snr_limit = t.snr_limit,"
        " no_ra_dec = t.no_ra_dec"
        " FROM item t WHERE t.id = ?3 AND item.id = ?4"
        " AND item.state = 'planned' AND t.state = 'done'",
        db_text(twin->files[0].other), db_int(attempts), db_int(twin->id),
        db_int(id));

    return rc == 1 ? 0 : rc < 0 ? rc : -EINVAL;
}

static int copy_file(db *d, int64_t id, const store_twin *twin,
                     const struct store_twin_file *file)
{
    int rc = DB_RUN(
        d,
        "INSERT INTO file (folder, name, item, role, size, xxh64)"
        " SELECT folder, ?, ?, role, size, xxh64 FROM file"
        " WHERE item = ? AND folder = ? AND name = ?",
        db_text(file->other), db_int(id), db_int(twin->id),
        db_text(file->folder == STORE_ORIGINALS ? "originals" : "processed"),
        db_text(file->name));

    return rc == 1 ? 0 : rc < 0 ? rc : -EINVAL;
}

static int copy_stars(db *d, int64_t id, const store_twin *twin)
{
    int rc = DB_RUN(d,
                    "INSERT INTO star (item, rank, x, y, flux, peak, fwhm, a,"
                    " b, theta, snr, flags, ra, dec) SELECT ?, rank, x, y,"
                    " flux, peak, fwhm, a, b, theta, snr, flags, ra, dec"
                    " FROM star WHERE item = ?",
                    db_int(id), db_int(twin->id));

    return rc < 0 ? rc : 0;
}

int store_mark_duplicate(store *store, int64_t id, const store_twin *twin,
                         int attempts)
{
    db *d = &store->db;
    int rc = db_savepoint(d);

    if (rc < 0)
        return store_pass(store, rc, "save the state of an item");
    rc = copy_row(d, id, twin, attempts);
    for (int i = 0; i < twin->file_count && rc == 0; i++)
        rc = copy_file(d, id, twin, &twin->files[i]);
    if (rc == 0)
        rc = copy_stars(d, id, twin);
    if (rc == 0)
        rc = DB_RUN(d, "DELETE FROM temp.address WHERE item = ?", db_int(id));
    store->has_unsynced = true;
    rc = db_release(d, rc < 0 ? rc : 0);
    return store_pass(store, rc, "save the state of an item");
}
