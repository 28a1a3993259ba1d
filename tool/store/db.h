/* db.h: SQLite with fewer words: statements kept by their text, typed values,
 * errors as negative errno. Private to the store; one thread at a time. */
#ifndef TOOL_STORE_DB_H
#define TOOL_STORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

enum { DB_STATEMENTS = 64 }; /* distinct texts that the store uses, rounded */

typedef struct db {
    sqlite3 *handle;
    struct {
        const char *sql; /* a literal: compared by address */
        sqlite3_stmt *statement;
    } kept[DB_STATEMENTS];
    sqlite3_stmt *lent; /* stands on a row whose texts a caller may read */
    bool in_batch;      /* a transaction is open */
    int broken;         /* first error that left the batch in doubt; sticks */
} db;

typedef struct db_value {
    enum { DB_NULL, DB_INT, DB_REAL, DB_TEXT, DB_BLOB } type;
    int64_t integer; /* DB_INT; DB_BLOB: bytes */
    double real;
    const void *data; /* lent until the statement has run */
} db_value;

static inline db_value db_int(int64_t value)
{
    return (db_value){ .type = DB_INT, .integer = value };
}

/* Numbers below 0 mean "not known" and are stored as NULL. */
static inline db_value db_count(int64_t value)
{
    return value < 0 ? (db_value){ .type = DB_NULL } : db_int(value);
}

static inline db_value db_real(double value)
{
    return (db_value){ .type = DB_REAL, .real = value };
}

static inline db_value db_text(const char *text)
{
    return (db_value){ .type = text ? DB_TEXT : DB_NULL, .data = text };
}

static inline db_value db_blob(const void *data, size_t size)
{
    return (db_value){ .type = size > 0 ? DB_BLOB : DB_NULL,
                       .integer = (int64_t)size,
                       .data = data };
}

/* The negative errno for an SQLite result code. */
int db_error(db *d, int code);

/* A statement ready to be stepped, its values bound. `sql` must be a literal.
 * sqlite3_reset() it when done. NULL on failure, *rc says why. */
sqlite3_stmt *db_prepare(db *d, const char *sql, const db_value *values,
                         size_t count, int *rc);

/* Let the row that a statement stands on be read until the next lending or the
 * next change. */
void db_lend(db *d, sqlite3_stmt *statement);

/* Step: 1 a row, 0 the end, or a negative errno. Resets unless it is a row. */
int db_step(db *d, sqlite3_stmt *statement);

/* Run a statement without rows. Returns the number of rows it changed. */
int db_run_values(db *d, const char *sql, const db_value *values, size_t count);

/* The first column of the first row as a number; *out is untouched when there
 * is no row. Returns 1, 0 or a negative errno. */
int db_ask_values(db *d, const char *sql, const db_value *values, size_t count,
                  int64_t *out);

#define DB_VALUES(...)                                                         \
    (const db_value[]){ __VA_ARGS__ },                                         \
        sizeof((const db_value[]){ __VA_ARGS__ }) / sizeof(db_value)
#define DB_PREPARE(d, sql, rc, ...)                                            \
    db_prepare(d, sql, DB_VALUES(__VA_ARGS__), rc)
#define DB_RUN(d, sql, ...) db_run_values(d, sql, DB_VALUES(__VA_ARGS__))
#define DB_ASK(d, sql, out, ...)                                               \
    db_ask_values(d, sql, DB_VALUES(__VA_ARGS__), out)

/* Several statements without values, for the schema and for pragmas. */
int db_script(db *d, const char *sql);

/* Open a transaction unless one is open. */
int db_begin(db *d);
int db_commit(db *d);

/* Make the changes between the two one step: all of them or none. */
int db_savepoint(db *d);
int db_release(db *d, int rc);

/* Finish all statements, drop an open batch, close. */
void db_close(db *d);

#endif
