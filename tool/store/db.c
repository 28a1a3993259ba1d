/* The few ways in which the store talks to SQLite.
 *
 * A disk that fills up can make SQLite roll a whole transaction back by
 * itself, in the middle of a batch. Rows that were reported as written are
 * gone then, and going on would commit the later half of a batch without the
 * earlier. So the first such error is kept in `broken` and every later call
 * returns it: the run ends, and the next start finds the state of the last
 * commit.
 */
#include "store/db.h"

#include <assert.h>
#include <errno.h>
#include <sys/resource.h>

/* SQLite undoes what it had begun before it says why, and by then the reason
 * may be forgotten. Where files may not grow that is more likely than a disk
 * that breaks. */
static int reason_of_io_error(int system)
{
    struct rlimit largest;

    if (system > 0 && system != EIO)
        return -system;
    return getrlimit(RLIMIT_FSIZE, &largest) == 0 &&
                   largest.rlim_cur != RLIM_INFINITY
               ? -EFBIG
               : -EIO;
}

int db_error(db *d, int code)
{
    int system = d->handle != NULL ? sqlite3_system_errno(d->handle) : 0;

    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return 0;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_FULL:
        return system == EDQUOT ? -EDQUOT : -ENOSPC;
    case SQLITE_READONLY:
        return -EROFS;
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return -EACCES;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EBUSY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return -EUCLEAN;
    case SQLITE_CONSTRAINT:
        return -EINVAL;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        return reason_of_io_error(system);
    default:
        return -EUCLEAN; /* a planted file: our tables are not in it */
    }
}

/* Only after a failed step: did the batch survive it? */
static int note_error(db *d, int code)
{
    int rc = db_error(d, code);

    if (rc < 0 && rc != -EINVAL && d->broken == 0 && d->in_batch)
        d->broken = rc;
    return rc;
}

static int bind_value(sqlite3_stmt *statement, int at, const db_value *value)
{
    switch (value->type) {
    case DB_INT:
        return sqlite3_bind_int64(statement, at, value->integer);
    case DB_REAL:
        return sqlite3_bind_double(statement, at, value->real);
    case DB_TEXT:
        return sqlite3_bind_text(statement, at, value->data, -1, SQLITE_STATIC);
    case DB_BLOB:
        return sqlite3_bind_blob64(statement, at, value->data,
                                   (sqlite3_uint64)value->integer,
                                   SQLITE_STATIC);
    default:
        return sqlite3_bind_null(statement, at);
    }
}

static sqlite3_stmt *find_statement(db *d, const char *sql, int *code)
{
    size_t i = 0;

    while (i < DB_STATEMENTS && d->kept[i].sql != NULL && d->kept[i].sql != sql)
        i++;
    assert(i < DB_STATEMENTS);
    *code = SQLITE_OK;
    if (d->kept[i].sql == NULL) {
        *code =
            sqlite3_prepare_v3(d->handle, sql, -1, SQLITE_PREPARE_PERSISTENT,
                               &d->kept[i].statement, NULL);
        if (*code != SQLITE_OK)
            return NULL;
        d->kept[i].sql = sql;
    }
    return d->kept[i].statement;
}

sqlite3_stmt *db_prepare(db *d, const char *sql, const db_value *values,
                         size_t count, int *rc)
{
    sqlite3_stmt *statement;
    int code;

    *rc = d->broken;
    if (*rc < 0)
        return NULL;
    statement = find_statement(d, sql, &code);
    for (size_t i = 0; code == SQLITE_OK && i < count; i++)
        code = bind_value(statement, (int)i + 1, &values[i]);
    *rc = db_error(d, code);
    return *rc < 0 ? NULL : statement;
}

void db_lend(db *d, sqlite3_stmt *statement)
{
    if (d->lent != NULL)
        sqlite3_reset(d->lent);
    d->lent = statement;
}

int db_step(db *d, sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement), rc;

    if (code == SQLITE_ROW)
        return 1;
    rc = note_error(d, code);
    sqlite3_reset(statement);
    return rc;
}

int db_run_values(db *d, const char *sql, const db_value *values, size_t count)
{
    int rc;
    sqlite3_stmt *statement = db_prepare(d, sql, values, count, &rc);

    if (statement == NULL)
        return rc;
    rc = db_step(d, statement);
    return rc < 0 ? rc : sqlite3_changes(d->handle);
}

int db_ask_values(db *d, const char *sql, const db_value *values, size_t count,
                  int64_t *out)
{
    int rc;
    sqlite3_stmt *statement = db_prepare(d, sql, values, count, &rc);

    if (statement == NULL)
        return rc;
    rc = db_step(d, statement);
    if (rc > 0) {
        *out = sqlite3_column_int64(statement, 0);
        sqlite3_reset(statement);
    }
    return rc;
}

int db_script(db *d, const char *sql)
{
    if (d->broken < 0)
        return d->broken;
    return note_error(d, sqlite3_exec(d->handle, sql, NULL, NULL, NULL));
}

int db_begin(db *d)
{
    int rc;

    db_lend(d, NULL); /* an open row would keep the log from being folded in */
    if (d->broken < 0 || d->in_batch)
        return d->broken;
    /* IMMEDIATE: whoever else holds the file is met here, where waiting is
     * harmless, not in the middle of a batch. */
    rc = db_script(d, "BEGIN IMMEDIATE");
    d->in_batch = rc == 0;
    return rc;
}

int db_commit(db *d)
{
    int rc;

    db_lend(d, NULL);
    if (d->broken < 0 || !d->in_batch)
        return d->broken;
    rc = db_script(d, "COMMIT");
    if (rc == 0)
        d->in_batch = false;
    return rc;
}

int db_savepoint(db *d)
{
    int rc = db_begin(d);

    if (rc == 0)
        rc = db_run_values(d, "SAVEPOINT step", NULL, 0);
    return rc < 0 ? rc : 0;
}

int db_release(db *d, int rc)
{
    int released;

    if (rc < 0 && d->broken == 0)
        released = db_script(d, "ROLLBACK TO step; RELEASE step");
    else
        released = db_run_values(d, "RELEASE step", NULL, 0);
    return rc < 0 ? rc : released < 0 ? released : 0;
}

void db_close(db *d)
{
    for (size_t i = 0; i < DB_STATEMENTS; i++)
        sqlite3_finalize(d->kept[i].statement);
    /* An open batch is rolled back; what was committed is safe either way. */
    sqlite3_close_v2(d->handle);
    *d = (db){ 0 };
}
