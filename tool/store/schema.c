/* The database of a run.
 *
 * It is made under an unfinished name and renamed, so a run.db that exists has
 * its tables, its ids and its row; no later start has to guess how far an
 * earlier one came. The application id is written before the switch to WAL:
 * it then stands in the main file, where folder_look() reads it.
 *
 * What is opened may have been edited or planted. SQLite is told to trust
 * nothing in the schema (defensive mode, no triggers, no views) and to check
 * the pages first. The constraints hold the accounting up even against our own
 * mistakes: a row in two states, or a failure without a class, cannot be
 * written.
 */
#include "store/schema.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "store/migrate.h"
#include "store/peek.h"

#define TEXT_OF(number) TEXT_OF_EXPANDED(number)
#define TEXT_OF_EXPANDED(number) #number

/* The words are for people with a `sqlite3` at hand, hence texts and not
 * numbers for states and hashes. */
static const char tables[] =
    "CREATE TABLE run ("
    "  id INTEGER PRIMARY KEY CHECK (id = 1),"
    "  command TEXT NOT NULL,"
    "  operations TEXT NOT NULL,"
    "  options TEXT NOT NULL,"
    "  version TEXT NOT NULL,"
    "  command_line TEXT NOT NULL,"
    "  originals TEXT NOT NULL,"
    "  processed TEXT NOT NULL,"
    "  salt INTEGER NOT NULL,"
    "  started_at TEXT NOT NULL,"
    "  finished_at TEXT,"
    "  folder TEXT," /* its path, as of the last session */
    "  filled TEXT," /* up to where its inputs are in the books */
    "  elapsed_s REAL NOT NULL DEFAULT 0,"
    "  expected_failures INTEGER NOT NULL DEFAULT 0"
    ") STRICT;"
    "CREATE TABLE item ("
    "  id INTEGER PRIMARY KEY," /* and the order of planning */
    "  identity TEXT NOT NULL UNIQUE,"
    "  url TEXT NOT NULL,"
    "  url_masked INTEGER NOT NULL,"
    "  stem TEXT NOT NULL COLLATE NOCASE UNIQUE,"
    "  name TEXT NOT NULL,"
    "  host TEXT,"          /* NULL: a file on this machine, */
    "  path TEXT,"          /* whose path from the root this is */
    "  etag TEXT,"          /* of the original, as its server */
    "  last_modified TEXT," /* called that version of it */
    "  title TEXT,"
    "  date TEXT,"
    "  checksum TEXT," /* that was asked for */
    "  extra TEXT,"    /* what else a list said: a JSON object */
    "  bytes INTEGER," /* of the original, and their XXH64 */
    "  xxh64 TEXT,"
    /* The item whose original has the very same bytes. */
    "  duplicate_of INTEGER REFERENCES item (id),"
    /* The archive that its files are in, instead of in the folders. */
    "  shard INTEGER REFERENCES shard (id),"
    /* An IN of that many would build a table for each row. */
    "  state TEXT NOT NULL DEFAULT 'planned' CHECK (state = 'planned'"
    "    OR state = 'fetched' OR state = 'done' OR state = 'failed'"
    "    OR state = 'skipped'),"
    "  class TEXT CHECK ((class IS NOT NULL) = (state = 'failed')),"
    "  reason TEXT CHECK"
    "    ((reason IS NOT NULL) = (state IN ('failed', 'skipped'))),"
    "  attempts INTEGER NOT NULL DEFAULT 0,"
    "  width INTEGER,"
    "  height INTEGER,"
    "  stars INTEGER,"
    "  true_stars INTEGER,"
    /* Why a picture is taken to show no star field; '' if it shows one. */
    "  no_star_field TEXT,"
    "  background REAL," /* grey levels, of a FITS picture its own units */
    "  noise REAL,"
    "  star_width REAL," /* pixels, at half height */
    "  snr_limit REAL,"  /* one star in twenty of the list has less */
    /* Why stars have no place on the sky; '' if they have. */
    "  no_ra_dec TEXT,"
    "  preview BLOB"
    ") STRICT;"
    /* Its rows stand in the order of planning, host by host. */
    "CREATE INDEX item_host ON item (host);"
    /* The number to try next for a stem that more than one item wants. */
    "CREATE TABLE numbered ("
    "  stem TEXT NOT NULL COLLATE NOCASE PRIMARY KEY,"
    "  next INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE file ("
    "  folder TEXT NOT NULL CHECK (folder IN ('originals', 'processed')),"
    "  name TEXT NOT NULL,"
    "  item INTEGER NOT NULL REFERENCES item (id),"
    "  role TEXT NOT NULL,"
    "  size INTEGER NOT NULL,"
    "  xxh64 TEXT NOT NULL,"
    "  PRIMARY KEY (folder, name),"
    "  UNIQUE (item, role)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX item_by_content ON item (xxh64) WHERE xxh64 IS NOT NULL;"
    "CREATE TABLE shard ("
    "  id INTEGER PRIMARY KEY,"
    "  name TEXT NOT NULL UNIQUE,"
    "  size INTEGER NOT NULL,"
    "  xxh64 TEXT NOT NULL"
    ") STRICT;"
    "CREATE INDEX item_by_shard ON item (shard) WHERE shard IS NOT NULL;"
    "CREATE TABLE star ("
    "  item INTEGER NOT NULL REFERENCES item (id),"
    "  rank INTEGER NOT NULL," /* 1: the brightest */
    "  x REAL NOT NULL, y REAL NOT NULL, flux REAL NOT NULL,"
    "  peak REAL NOT NULL, fwhm REAL NOT NULL, a REAL NOT NULL,"
    "  b REAL NOT NULL, theta REAL NOT NULL, snr REAL NOT NULL,"
    "  flags INTEGER NOT NULL,"
    "  ra REAL, dec REAL," /* degrees */
    "  PRIMARY KEY (item, rank)"
    ") STRICT, WITHOUT ROWID;" MIGRATE_SERVERS;

static int refuse_database(const store *store, int rc, const char *doing,
                           store_error *error)
{
    if (rc == -EUCLEAN)
        return folder_refuse(error, rc, 3,
                             "%s/" FOLDER_DATABASE " is damaged; move the "
                             "folder away or use another --out",
                             store->folder.shown);
    return folder_refuse(error, rc, files_exit_status(rc),
                         "cannot %s %s/" FOLDER_DATABASE ": %s", doing,
                         store->folder.shown, files_reason(rc));
}

static const char *or_else(const char *text, const char *otherwise)
{
    return text != NULL ? text : otherwise;
}

static int insert_run(store *store, const store_identity *identity,
                      const store_options *options)
{
    char line[STORE_TEXT_MAX];
    const char *clean = store_clean(store, options->command_line, line);
    uint64_t salt;

    if (getrandom(&salt, sizeof salt, 0) != (ssize_t)sizeof salt)
        return -EIO;
    return DB_RUN(&store->db,
                  "INSERT INTO run (id, command, operations, options, version,"
                  " command_line, originals, processed, salt, started_at)"
                  " VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?,"
                  " strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))",
                  db_text(identity->command), db_text(identity->operations),
                  db_text(identity->options), db_text(identity->version),
                  db_text(or_else(clean, "")),
                  db_text(or_else(options->originals, "images")),
                  db_text(or_else(options->processed, "processed_images")),
                  db_int((int64_t)(salt >> 1)));
}

static int make_tables(store *store, const store_identity *identity,
                       const store_options *options)
{
    db *d = &store->db;
    /* The rollback journal may stay in memory: nobody recovers this file. */
    int rc = db_script(
        d, "PRAGMA journal_mode = MEMORY;"
           "PRAGMA synchronous = FULL;"
           "PRAGMA application_id = " TEXT_OF(
               0x53744C67) ";"
                           "PRAGMA user_version = " TEXT_OF(FOLDER_SCHEMA));

    if (rc == 0)
        rc = db_begin(d);
    if (rc == 0)
        rc = db_script(d, tables);
    if (rc == 0)
        rc = insert_run(store, identity, options);
    if (rc >= 0)
        rc = db_commit(d);
    return rc;
}

static int open_new(store *store, const char *path)
{
    return db_error(&store->db,
                    sqlite3_open_v2(path, &store->db.handle,
                                    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
                                        SQLITE_OPEN_NOMUTEX,
                                    NULL));
}

int schema_create(store *store, const store_identity *identity,
                  const store_options *options, store_error *error)
{
    int folder = store->folder.fds[STORE_RUN];
    char path[FOLDER_PATH_MAX];
    int rc;

    folder_database(&store->folder, FILES_UNFINISHED, path);
    rc = open_new(store, path);
    if (rc == 0)
        rc = make_tables(store, identity, options);
    db_close(&store->db);
    if (rc == 0) {
        /* The log of a database that is gone must not meet the new one. */
        unlinkat(folder, FOLDER_DATABASE "-wal", 0);
        unlinkat(folder, FOLDER_DATABASE "-shm", 0);
        if (renameat(folder, FOLDER_DATABASE FILES_UNFINISHED, folder,
                     FOLDER_DATABASE) < 0 ||
            fsync(folder) < 0)
            rc = -errno;
    }
    if (rc < 0) {
        unlinkat(folder, FOLDER_DATABASE FILES_UNFINISHED, 0);
        return refuse_database(store, rc, "make", error);
    }
    return 0;
}

/* Before anything of the file is used. */
static int distrust(db *d)
{
    static const int off[] = { SQLITE_DBCONFIG_TRUSTED_SCHEMA,
                               SQLITE_DBCONFIG_ENABLE_TRIGGER,
                               SQLITE_DBCONFIG_ENABLE_VIEW };
    int code = sqlite3_db_config(d->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);

    for (size_t i = 0; code == SQLITE_OK && i < sizeof off / sizeof *off; i++)
        code = sqlite3_db_config(d->handle, off[i], 0, NULL);
    sqlite3_extended_result_codes(d->handle, 1);
    /* Somebody looks into the database with another program: wait for it. */
    sqlite3_busy_timeout(d->handle, 10000);
    return db_error(d, code);
}

static int check_pages(db *d)
{
    int rc;
    sqlite3_stmt *check = db_prepare(d, "PRAGMA quick_check(1)", NULL, 0, &rc);

    if (check == NULL)
        return rc;
    rc = db_step(d, check);
    if (rc > 0 &&
        strcmp((const char *)sqlite3_column_text(check, 0), "ok") != 0)
        rc = -EUCLEAN;
    sqlite3_reset(check);
    return rc < 0 ? rc : 0;
}

/* How every handle works, and the salt of the run in it. */
static int settle_in(store *store)
{
    db *d = &store->db;
    int64_t salt = 0;
    /* Addresses as they are, secrets and all, stay in this process. Twice as
     * many pages in memory save no time, and half as many are written twice. */
    int rc = db_script(d, "PRAGMA cell_size_check = ON;"
                          "PRAGMA foreign_keys = ON;"
                          "PRAGMA temp_store = MEMORY;"
                          "PRAGMA cache_size = -1000;"
                          "CREATE TEMP TABLE address ("
                          "  item INTEGER PRIMARY KEY, bytes BLOB NOT NULL)");

    if (rc == 0)
        rc = DB_ASK(d, "SELECT salt FROM run WHERE id = ?", &salt, db_int(1));
    if (rc == 0)
        rc = -EUCLEAN; /* every run.db of ours has this row */
    store->salt = salt;
    if (rc > 0)
        rc = db_ask_values(d, "SELECT coalesce(max(id), 0) FROM item", NULL, 0,
                           &store->newest);
    store->kept = store->newest;
    return rc < 0 ? rc : 0;
}

/* Pages, not rows: the copy is what the file is. */
static int copy_database(db *d, const run_folder *folder)
{
    sqlite3 *file = NULL;
    int code = peek_open(folder, &file);
    sqlite3_backup *copy = NULL;

    if (code == SQLITE_OK)
        copy = sqlite3_backup_init(d->handle, "main", file, "main");
    if (copy != NULL) {
        sqlite3_backup_step(copy, -1);
        code = sqlite3_backup_finish(copy);
    } else if (code == SQLITE_OK) {
        code = sqlite3_errcode(d->handle);
    }
    sqlite3_close(file);
    return db_error(d, code);
}

/* A database of an earlier version is not to be changed by who only looks:
 * that is done with a copy. */
static int look_at_copy(store *store)
{
    int rc;

    db_close(&store->db);
    rc = open_new(store, ":memory:");
    if (rc == 0)
        rc = copy_database(&store->db, &store->folder);
    if (rc == 0)
        rc = distrust(&store->db);
    return rc < 0 ? rc : migrate(&store->db);
}

int schema_open(store *store, bool read_only, store_error *error)
{
    db *d = &store->db;
    char path[FOLDER_PATH_MAX];
    int rc;

    folder_database(&store->folder, "", path);
    rc = db_error(d, read_only ? peek_open(&store->folder, &d->handle)
                               : sqlite3_open_v2(path, &d->handle,
                                                 SQLITE_OPEN_READWRITE |
                                                     SQLITE_OPEN_NOMUTEX,
                                                 NULL));
    if (rc == 0)
        rc = distrust(d);
    if (rc == 0 && !read_only)
        rc = db_script(d, "PRAGMA journal_mode = WAL;"
                          "PRAGMA synchronous = FULL");
    if (rc == 0 && !read_only)
        rc = check_pages(d);
    if (rc == 0 && !read_only)
        rc = migrate(d);
    if (rc == 0 && read_only && migrate_version(d) != FOLDER_SCHEMA)
        rc = look_at_copy(store);
    if (rc == 0)
        rc = settle_in(store);
    return rc < 0 ? refuse_database(store, rc, "open", error) : 0;
}

int schema_rehearse(store *store, bool copy, const store_identity *identity,
                    const store_options *options, store_error *error)
{
    db *d = &store->db;
    /* A file without a name in the folder for such, if it has to be one at all:
     * a list may have millions of lines, and fifty thousand fit into the cache.
     */
    int rc = open_new(store, "");

    if (rc == 0)
        rc = copy ? copy_database(d, &store->folder)
                  : make_tables(store, identity, options);
    if (rc == 0)
        rc = distrust(d);
    if (rc == 0)
        rc = migrate(d);
    if (rc == 0)
        rc = settle_in(store);
    if (rc == 0)
        rc = db_script(d, "PRAGMA cache_size = -16000");
    return rc < 0 ? refuse_database(store, rc, "read", error) : 0;
}

static void quote_line(const char *line, size_t n, char out[128])
{
    if (n == 0)
        strcpy(out, "nothing");
    else
        snprintf(out, 128, "'%.*s'", (int)(n < 100 ? n : 100), line);
}

/* The first line of `a` that is not the line at its place in `b`. */
static void find_difference(const char *a, const char *b, char first[128],
                            char second[128])
{
    size_t in_a, in_b;

    for (;;) {
        in_a = strcspn(a, "\n");
        in_b = strcspn(b, "\n");
        if (in_a != in_b || memcmp(a, b, in_a) != 0 ||
            (a[in_a] == '\0' && b[in_b] == '\0'))
            break;
        a += in_a + (a[in_a] != '\0');
        b += in_b + (b[in_b] != '\0');
    }
    quote_line(a, in_a, first);
    quote_line(b, in_b, second);
}

static int compare_text(const run_folder *folder, const char *what,
                        const char *had, const char *wanted, store_error *error)
{
    char before[128], now[128];

    if (strcmp(had, wanted) == 0)
        return 0;
    find_difference(had, wanted, before, now);
    return folder_refuse(error, -EEXIST, 2,
                         "%s holds a run with %s: %s there, %s "
                         "asked for; use another --out, or --fresh to start "
                         "over",
                         folder->shown, what, before, now);
}

int schema_compare(store *store, const store_identity *wanted,
                   const store_options *options, store_error *error)
{
    const run_folder *folder = &store->folder;
    store_run run;
    int rc = store_read_run(store, &run);

    if (rc < 0)
        return refuse_database(store, rc, "read", error);
    rc = compare_text(folder, "another command", run.command, wanted->command,
                      error);
    if (rc == 0)
        rc = compare_text(folder, "other operations", run.operations,
                          wanted->operations, error);
    if (rc == 0)
        rc = compare_text(folder, "other options", run.options, wanted->options,
                          error);
    if (rc == 0)
        rc = compare_text(folder, "another folder for originals", run.originals,
                          or_else(options->originals, "images"), error);
    if (rc == 0)
        rc = compare_text(folder, "another folder for results", run.processed,
                          or_else(options->processed, "processed_images"),
                          error);
    return rc;
}
