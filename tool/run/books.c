/* The store's thread: a crew of one. */
#include "run/books.h"

#include <errno.h>
#include <limits.h>

#include <starling/error.h>

typedef struct call {
    books *books;
    int (*fn)(store *store, void *arg);
    void *arg;
} call;

static int run_call(void *arg)
{
    call *call = arg;

    return call->fn(call->books->store, call->arg);
}

int books_call(books *books, int (*fn)(store *store, void *arg), void *arg)
{
    call call = { books, fn, arg };

    return visits_call(&books->calls, run_call, &call);
}

int books_change(books *books, int (*fn)(store *store, void *arg), void *arg)
{
    books->changed = true;
    return books_call(books, fn, arg);
}

static int commit(store *store, void *arg)
{
    (void)arg;
    return store_commit(store);
}

int books_commit(books *books)
{
    if (!books->changed)
        return 0;
    books->changed = false;
    return books_call(books, commit, NULL);
}

int books_view(const char *run_dir, const store_identity *identity,
               const store_options *options, store **out, store_error *error)
{
    (void)identity;
    (void)options;
    return store_view(run_dir, out, error);
}

int books_reopen(const char *run_dir, const store_identity *identity,
                 const store_options *options, store **out, store_error *error)
{
    (void)identity;
    return store_reopen(run_dir, options, out, error);
}

typedef struct opening {
    books_opener *open;
    const char *run_dir;
    const store_identity *identity;
    const store_options *options;
    store **out;
    store_error *error;
} opening;

static int open_store(store *none, void *arg)
{
    opening *opening = arg;

    (void)none;
    return opening->open(opening->run_dir, opening->identity, opening->options,
                         opening->out, opening->error);
}

int books_open(books *books, books_opener *open, const char *run_dir,
               const store_identity *identity, const store_options *options,
               store_error *error)
{
    opening opening = {
        open, run_dir, identity, options, &books->store, error
    };
    int rc;

    books->store = NULL;
    books->changed = false;
    books->thread = sl_crew_new(1, "store");
    if (books->thread == NULL)
        return -ENOMEM;
    visits_init(&books->calls, books->thread, 1, INT_MAX);
    rc = books_call(books, open_store, &opening);
    if (rc < 0)
        books_close(books);
    return rc;
}

static int close_store(store *store, void *arg)
{
    (void)arg;
    store_close(store);
    return 0;
}

static int discard_store(store *store, void *arg)
{
    (void)arg;
    store_discard(store);
    return 0;
}

static void end(books *books, int (*how)(store *store, void *arg))
{
    if (books->thread == NULL)
        return;
    /* The thread is ours alone and idle: the call is made. */
    if (books->store != NULL && books_call(books, how, NULL) == 0)
        books->store = NULL;
    sl_crew_free(books->thread);
    books->thread = NULL;
}

void books_close(books *books)
{
    end(books, close_store);
}

void books_discard(books *books)
{
    end(books, discard_store);
}
