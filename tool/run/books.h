/* books.h: the store, kept by a thread of its own.
 *
 * SQLite blocks, and a store belongs to one thread; tasks hand it calls and
 * wait. Changes gather there and are made to last by books_commit(), which
 * somebody calls every 200 ms.
 */
#ifndef TOOL_RUN_BOOKS_H
#define TOOL_RUN_BOOKS_H

#include <stdbool.h>

#include <starling/api.h>
#include <starling/thread.h>

#include "run/visits.h"
#include "store/store.h"

typedef struct books {
    sl_crew *thread;
    visits calls; /* to it */
    store *store; /* only on that thread */
    bool changed; /* since the last commit */
} books;

/* store_open(), store_rehearse(), or one of the two below. */
typedef int books_opener(const char *run_dir, const store_identity *identity,
                         const store_options *options, store **out,
                         store_error *error);

/* Start the thread and have `open` open the run's store on it. Returns 0, or an
 * error with *error filled. */
SL_WAITS int books_open(books *books, books_opener *open, const char *run_dir,
                        const store_identity *identity,
                        const store_options *options, store_error *error);

/* store_view() and store_reopen(), for which a run is what it is. */
books_opener books_view, books_reopen;

/* Close the store and end the thread. */
void books_close(books *books);

/* The same for a run in which nothing has happened: it is removed. */
void books_discard(books *books);

/* Call fn(store, arg) on the store's thread and wait for its result. A request
 * to stop does not reach the wait: what happened must be in the books. */
SL_WAITS int books_call(books *books, int (*fn)(store *store, void *arg),
                        void *arg);

/* The same for a call that changes something. */
SL_WAITS int books_change(books *books, int (*fn)(store *store, void *arg),
                          void *arg);

SL_WAITS int books_commit(books *books);

#endif
