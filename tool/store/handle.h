/* handle.h: what an open store consists of. Private to the store's files. */
#ifndef TOOL_STORE_HANDLE_H
#define TOOL_STORE_HANDLE_H

#include "store/db.h"
#include "store/folder.h"
#include "store/names.h"
#include "store/store.h"

/* Where store_next_item() stands. Whoever asks for the item after that one, as
 * a loop over all does, has the same statement step on. */
typedef struct store_reader {
    sqlite3_stmt *row; /* standing there as long as db.lent is the same */
    int64_t id;
    unsigned states;
} store_reader;

struct store {
    db db;
    run_folder folder;
    enum files_sync sync;
    store_reader reader;
    int64_t newest, kept;        /* ids: planned last; committed, if above 0 */
    bool is_taken_away;          /* the folder; `failure` says so */
    bool has_unsynced;           /* files were recorded since the last commit */
    bool has_addresses;          /* some that could not be stored are kept */
    const text_secrets *secrets; /* lent; or NULL */
    int64_t salt;                /* of the items' identities */
    const char *name;            /* template of stems; lent; or NULL */
    char *own_name;              /* the same if it was recalled */
    store_recovery recovery;
    store_error failure;
};

/* Note why a call failed and return rc: with words of ours ... */
int store_fail(store *store, int rc, int status, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* ... or those that rc implies; 0 and above pass through. `doing` completes
 * "cannot ...": "save the state of an item". */
int store_pass(store *store, int rc, const char *doing);

/* Make a stem that no item has, nor one whose outputs could have the
 * same names: `stem`, or that with a number. */
int store_choose_stem(store *store, char stem[NAMES_MAX + 1]);

/* The state of that name in the database. */
enum store_state store_state_of(const char *name);

/* For a query of items in a set of states: SQL, and its five values. An IN
 * would build a table each time; the + keeps SQLite from sorting all items of a
 * state for one of them. */
#define STORE_STATE_IS_ASKED                                                   \
    "(+state = ? OR +state = ? OR +state = ? OR +state = ? OR +state = ?)"
#define STORE_ASKED(states)                                                    \
    store_if_asked(states, STORE_PLANNED),                                     \
        store_if_asked(states, STORE_FETCHED),                                 \
        store_if_asked(states, STORE_DONE),                                    \
        store_if_asked(states, STORE_FAILED),                                  \
        store_if_asked(states, STORE_SKIPPED)

/* A state's name, or NULL, which no row equals, if it is not asked for. */
db_value store_if_asked(unsigned states, enum store_state state);

/* The longest text that is stored; what is beyond it is cut. */
enum { STORE_TEXT_MAX = 4096 };

/* `raw` without secrets and control bytes, in `out`, always valid UTF-8; NULL
 * stays NULL. Every text from outside is stored like this. */
const char *store_clean(const store *store, const char *raw,
                        char out[STORE_TEXT_MAX]);

#endif
