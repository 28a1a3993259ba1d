/* Reading a run: its items in order, their stars, its totals, its books. */
#include "store/store.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "store/handle.h"

static const char *text_at(sqlite3_stmt *row, int column)
{
    return (const char *)sqlite3_column_text(row, column);
}

static int64_t count_at(sqlite3_stmt *row, int column)
{
    if (sqlite3_column_type(row, column) == SQLITE_NULL)
        return -1;
    return sqlite3_column_int64(row, column);
}

static void read_item(sqlite3_stmt *row, store_item *out)
{
    *out = (store_item){
        .id = sqlite3_column_int64(row, 0),
        .state = store_state_of(text_at(row, 1)),
        .name = text_at(row, 2),
        .stem = text_at(row, 3),
        .url = text_at(row, 4),
        .address = sqlite3_column_int(row, 5) != 0
                       ? sqlite3_column_blob(row, 18)
                       : text_at(row, 35),
        .title = text_at(row, 6),
        .date = text_at(row, 7),
        .class_name = text_at(row, 8),
        .reason = text_at(row, 9),
        .attempts = sqlite3_column_int64(row, 10),
        .width = count_at(row, 11),
        .height = count_at(row, 12),
        .stars = count_at(row, 13),
        .true_stars = count_at(row, 14),
        .original = text_at(row, 15),
        .marked = text_at(row, 16),
        .edges = text_at(row, 24),
        .thumbs = sqlite3_column_int64(row, 25),
        .preview = sqlite3_column_blob(row, 17),
        .preview_size = (size_t)sqlite3_column_bytes(row, 17),
        .checksum = text_at(row, 19),
        .extra = text_at(row, 20),
        .duplicate_of = text_at(row, 21),
        .xxh64 = text_at(row, 22),
        .bytes = count_at(row, 23),
        .host = text_at(row, 26),
        .etag = text_at(row, 27),
        .last_modified = text_at(row, 28),
        .sky = { .no_star_field = text_at(row, 29),
                 .background = sqlite3_column_double(row, 30),
                 .noise = sqlite3_column_double(row, 31),
                 .star_width = sqlite3_column_double(row, 32),
                 .snr_limit = sqlite3_column_double(row, 33),
                 .no_ra_dec = text_at(row, 36) },
        .shard = text_at(row, 34),
    };
}

db_value store_if_asked(unsigned states, enum store_state state)
{
    return db_text(states & STORE_IN(state) ? store_state_name(state) : NULL);
}

/* NULL on failure, *rc says why. Each question that need not be asked (an item
 * without a width has no results) is a way down a tree that is saved. */
static sqlite3_stmt *begin_reading(store *store, int64_t after, unsigned states,
                                   int *rc)
{
    return DB_PREPARE(
        &store->db,
        "SELECT id, state, name, stem, url, url_masked, title, date, class,"
        " reason, attempts, width, height, stars, true_stars,"
        " (SELECT name FROM file WHERE item = id AND role = 'original'),"
        " CASE WHEN width IS NOT NULL THEN"
        "  (SELECT name FROM file WHERE item = id AND role = 'marked') END,"
        " preview, CASE WHEN url_masked THEN"
        "  (SELECT bytes FROM temp.address a WHERE a.item = item.id) END,"
        " checksum, extra,"
        " CASE WHEN duplicate_of IS NOT NULL THEN"
        "  (SELECT name FROM item d WHERE d.id = item.duplicate_of) END,"
        " xxh64, bytes,"
        " CASE WHEN width IS NOT NULL THEN"
        "  (SELECT name FROM file WHERE item = id AND role = 'edges') END,"
        " CASE WHEN width IS NOT NULL THEN (SELECT count(*) FROM file WHERE "
        "item = id"
        "   AND role > 'thumb-' AND role < 'thumb.') ELSE 0 END,"
        " host, etag, last_modified,"
        " no_star_field, background, noise, star_width, snr_limit,"
        " CASE WHEN shard IS NOT NULL THEN"
        "  (SELECT name FROM shard WHERE shard.id = item.shard) END,"
        " coalesce(path, url), no_ra_dec"
        " FROM item"
        " WHERE id > ? AND " STORE_STATE_IS_ASKED " ORDER BY id",
        rc, db_int(after), STORE_ASKED(states));
}

static bool stands_at(const store *store, int64_t id, unsigned states)
{
    const store_reader *reader = &store->reader;

    return store->db.broken == 0 && reader->row != NULL &&
           reader->row == store->db.lent && reader->id == id &&
           reader->states == states;
}

int store_next_item(store *store, int64_t after, unsigned states,
                    store_item *out)
{
    sqlite3_stmt *row = store->reader.row;
    int rc = 0;

    if (!stands_at(store, after, states)) {
        db_lend(&store->db, NULL);
        row = begin_reading(store, after, states, &rc);
    }
    if (row != NULL)
        rc = db_step(&store->db, row);
    if (rc > 0) {
        read_item(row, out);
        store->db.lent = row;
        store->reader = (store_reader){ row, out->id, states };
    } else {
        store->db.lent = NULL; /* at the end it is reset already */
    }
    return store_pass(store, rc, "read an item");
}

int store_has_hidden(store *store)
{
    int64_t one;
    int rc = db_ask_values(
        &store->db,
        "SELECT 1 FROM item i WHERE url_masked AND state IN ('planned',"
        " 'fetched') AND NOT EXISTS (SELECT 1 FROM temp.address a"
        " WHERE a.item = i.id) LIMIT 1",
        NULL, 0, &one);

    return store_pass(store, rc, "look for items");
}

static double place_at(sqlite3_stmt *row, int column)
{
    return sqlite3_column_type(row, column) == SQLITE_NULL
               ? NAN
               : sqlite3_column_double(row, column);
}

static void read_star(sqlite3_stmt *row, store_star *out)
{
    *out = (store_star){
        .x = sqlite3_column_double(row, 0),
        .y = sqlite3_column_double(row, 1),
        .flux = (float)sqlite3_column_double(row, 2),
        .peak = (float)sqlite3_column_double(row, 3),
        .fwhm = (float)sqlite3_column_double(row, 4),
        .a = (float)sqlite3_column_double(row, 5),
        .b = (float)sqlite3_column_double(row, 6),
        .theta = (float)sqlite3_column_double(row, 7),
        .snr = (float)sqlite3_column_double(row, 8),
        .flags = (uint32_t)sqlite3_column_int64(row, 9),
        .ra = place_at(row, 10),
        .dec = place_at(row, 11),
    };
}

int store_each_star(store *store, int64_t id,
                    int (*take)(void *context, const store_star *star),
                    void *context)
{
    store_star star;
    int rc, taken = 0;
    sqlite3_stmt *row = DB_PREPARE(
        &store->db,
        "SELECT x, y, flux, peak, fwhm, a, b, theta, snr, flags, ra, dec"
        " FROM star WHERE item = ? ORDER BY rank",
        &rc, db_int(id));

    if (row == NULL)
        return store_pass(store, rc, "read the stars");
    while ((rc = db_step(&store->db, row)) > 0) {
        read_star(row, &star);
        taken = take(context, &star);
        if (taken != 0) {
            sqlite3_reset(row);
            return taken;
        }
    }
    return store_pass(store, rc, "read the stars");
}

int store_each_file(store *store, int64_t id,
                    int (*take)(void *context, const store_file *file),
                    void *context)
{
    int rc, taken = 0;
    sqlite3_stmt *row =
        DB_PREPARE(&store->db,
                   "SELECT role, name, folder, size FROM file WHERE item = ?"
                   " ORDER BY length(role), role",
                   &rc, db_int(id));

    if (row == NULL)
        return store_pass(store, rc, "read the files");
    while ((rc = db_step(&store->db, row)) > 0) {
        store_file file = { .folder = strcmp(text_at(row, 2), "originals") == 0
                                          ? STORE_ORIGINALS
                                          : STORE_PROCESSED,
                            .role = text_at(row, 0),
                            .name = text_at(row, 1),
                            .stamp = { .size = (uint64_t)sqlite3_column_int64(
                                           row, 3) } };

        taken = take(context, &file);
        if (taken != 0) {
            sqlite3_reset(row);
            return taken;
        }
    }
    return store_pass(store, rc, "read the files");
}

/* Neither of the two groups rows: SQLite sorts for that, and what it sorts, it
 * keeps. */
int store_count(store *store, store_counts *out)
{
    store_counts made = { 0 };
    int rc;
    sqlite3_stmt *row =
        DB_PREPARE(&store->db,
                   "SELECT total(stars), count(*) FILTER (WHERE state = ?),"
                   " count(*) FILTER (WHERE state = ?),"
                   " count(*) FILTER (WHERE state = ?),"
                   " count(*) FILTER (WHERE state = ?),"
                   " count(*) FILTER (WHERE state = ?) FROM item",
                   &rc, STORE_ASKED(STORE_ANY));

    if (row == NULL)
        return store_pass(store, rc, "count the items");
    rc = db_step(&store->db, row);
    if (rc > 0) {
        made.stars = (int64_t)sqlite3_column_double(row, 0);
        for (int state = 0; state < STORE_STATES; state++) {
            made.in[state] = sqlite3_column_int64(row, state + 1);
            made.planned += made.in[state];
        }
        sqlite3_reset(row);
        *out = made;
    }
    return store_pass(store, rc < 0 ? rc : 0, "count the items");
}

static int tally_classes(store *store)
{
    return db_script(&store->db,
                     "CREATE TEMP TABLE IF NOT EXISTS tally ("
                     "  class TEXT PRIMARY KEY, count INTEGER NOT NULL,"
                     "  reason TEXT NOT NULL) WITHOUT ROWID;"
                     "DELETE FROM temp.tally;"
                     "INSERT INTO temp.tally SELECT class, 1, reason FROM item"
                     " WHERE state = 'failed' ON CONFLICT DO UPDATE SET"
                     " count = count + 1, reason = min(reason,"
                     " excluded.reason)");
}

int store_count_classes(store *store, store_class out[], int max)
{
    int rc = tally_classes(store), n = 0;
    sqlite3_stmt *row = NULL;

    if (rc == 0)
        row = DB_PREPARE(&store->db,
                         "SELECT class, count, reason FROM temp.tally"
                         " ORDER BY count DESC, class LIMIT ?",
                         &rc, db_int(max));
    if (row == NULL)
        return store_pass(store, rc, "count the failures");
    while ((rc = db_step(&store->db, row)) > 0) {
        store_class *class = &out[n++];

        snprintf(class->name, sizeof class->name, "%s", text_at(row, 0));
        class->count = sqlite3_column_int64(row, 1);
        snprintf(class->reason, sizeof class->reason, "%s", text_at(row, 2));
    }
    return rc < 0 ? store_pass(store, rc, "count the failures") : n;
}

static int ask_whether(store *store, const char *sql, const char *doing)
{
    int64_t found = 0;
    int rc = db_ask_values(&store->db, sql, NULL, 0, &found);

    rc = store_pass(store, rc, doing);
    return rc < 0 ? rc : found != 0;
}

int store_has_items(store *store)
{
    return ask_whether(store, "SELECT EXISTS (SELECT 1 FROM item)",
                       "look for items");
}

int store_has_places(store *store)
{
    return ask_whether(
        store, "SELECT EXISTS (SELECT 1 FROM star WHERE ra IS NOT NULL)",
        "read the stars");
}

int store_read_run(store *store, store_run *out)
{
    int rc;
    sqlite3_stmt *row;

    db_lend(&store->db, NULL);
    row = db_prepare(
        &store->db,
        "SELECT command, operations, options, version,"
        " command_line, originals, processed, started_at,"
        " finished_at, elapsed_s, expected_failures, filled FROM run",
        NULL, 0, &rc);
    if (row != NULL)
        rc = db_step(&store->db, row);
    if (rc == 0)
        rc = -EUCLEAN; /* schema_open() saw the row */
    if (rc < 0)
        return store_pass(store, rc, "read the run");
    db_lend(&store->db, row);
    *out = (store_run){
        .command = text_at(row, 0),
        .operations = text_at(row, 1),
        .options = text_at(row, 2),
        .version = text_at(row, 3),
        .command_line = text_at(row, 4),
        .originals = text_at(row, 5),
        .processed = text_at(row, 6),
        .started_at = text_at(row, 7),
        .finished_at = text_at(row, 8),
        .elapsed_s = sqlite3_column_double(row, 9),
        .expected_failures = sqlite3_column_int64(row, 10),
        .filled = text_at(row, 11),
    };
    return 0;
}

int store_expect_failures(store *store, int64_t count)
{
    int rc = db_begin(&store->db);

    if (rc == 0)
        rc = DB_RUN(&store->db, "UPDATE run SET expected_failures = ?",
                    db_int(count));
    return store_pass(store, rc < 0 ? rc : 0, "save the run");
}

int store_note_filled(store *store, const char *filled)
{
    int rc = db_begin(&store->db);

    if (rc == 0)
        rc = DB_RUN(&store->db, "UPDATE run SET filled = ?", db_text(filled));
    return store_pass(store, rc < 0 ? rc : 0, "save the run");
}

int store_finish(store *store, double elapsed_s)
{
    int rc = db_begin(&store->db);

    if (rc == 0)
        rc = DB_RUN(&store->db,
                    "UPDATE run SET elapsed_s = elapsed_s + ?, finished_at ="
                    " strftime('%Y-%m-%dT%H:%M:%SZ', 'now')",
                    db_real(elapsed_s));
    if (rc < 0)
        return store_pass(store, rc, "save the run");
    return store_commit(store);
}

/* Each query counts what must not exist. */
static const struct {
    const char *sql, *words;
} audits[] = {
    { "SELECT count(*) FROM item i WHERE state <> 'done'"
      " AND EXISTS (SELECT 1 FROM star WHERE item = i.id)",
      "items that are not done but have stars" },
    { "SELECT count(*) FROM item i WHERE state <> 'done' AND EXISTS"
      " (SELECT 1 FROM file WHERE item = i.id AND role <> 'original')",
      "items that are not done but have results" },
    { "SELECT count(*) FROM item i WHERE state = 'done' AND coalesce(stars, 0)"
      " <> (SELECT count(*) FROM star WHERE item = i.id)",
      "items whose stars are not as many as counted" },
};

int store_check(store *store, int64_t planned)
{
    int64_t found = 0;
    store_counts counts;
    int rc = store_count(store, &counts);

    if (rc < 0)
        return rc;
    if (planned >= 0 && counts.planned != planned)
        return store_fail(store, -EPROTO, 5,
                          "the books do not balance: %lld items were planned, "
                          "%lld are in %s/" FOLDER_DATABASE,
                          (long long)planned, (long long)counts.planned,
                          store->folder.shown);
    for (size_t i = 0; i < sizeof audits / sizeof *audits; i++) {
        rc = db_ask_values(&store->db, audits[i].sql, NULL, 0, &found);
        if (rc < 0)
            return store_pass(store, rc, "check the books");
        if (found != 0)
            return store_fail(
                store, -EPROTO, 5,
                "the books do not balance: %lld %s in %s/" FOLDER_DATABASE,
                (long long)found, audits[i].words, store->folder.shown);
    }
    return 0;
}
