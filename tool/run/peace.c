/* Who starts a run again, because a server had nothing to give, should not be
 * the reason why it has nothing to give for longer. */
#include "run/peace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Pauses of a moment are over before the next session begins. */
#define WORTH_NOTING SL_S(2)

enum { SERVERS_MAX = 4096 };

/* No server is believed to want more, and no database either. */
#define LONGEST_S (INT64_C(366) * 24 * 3600)

typedef struct peace {
    const char *host;
    int64_t length_s;
} peace;

static int note(store *store, void *arg)
{
    peace *peace = arg;

    return store_note_peace(store, peace->host, peace->length_s);
}

void peace_note(void *arg, const char *host, sl_time length)
{
    run *run = arg;
    peace peace = { host, (int64_t)(length / SL_S(1)) };

    /* What a service refuses is refused to a key; there may soon be another. */
    if (length < WORTH_NOTING || !run->plan->obeys_robots)
        return;
    if (books_change(&run->books, note, &peace) < 0 && run_fail_books(run) < 0)
        return; /* the run ends */
}

/* The books are read on their thread, the fetcher belongs to the loop's. */
typedef struct recalled {
    struct {
        char *host;
        int64_t left_s;
    } servers[SERVERS_MAX];
    int count;
} recalled;

static void take(void *arg, const char *host, int64_t left_s)
{
    recalled *all = arg;
    char *copy = all->count < SERVERS_MAX ? strdup(host) : NULL;

    if (copy == NULL)
        return; /* it will say so again */
    all->servers[all->count].host = copy;
    all->servers[all->count++].left_s = left_s < LONGEST_S ? left_s : LONGEST_S;
}

static int read_all(store *store, void *arg)
{
    return store_each_peace(store, take, arg);
}

int peace_recall(run *run)
{
    recalled *all = calloc(1, sizeof *all);
    int rc = all != NULL ? 0 : -ENOMEM;

    /* A retry is somebody's decision to ask once more. */
    if (rc == 0 && !run->plan->reopen)
        rc = books_call(&run->books, read_all, all);
    for (int i = 0; all != NULL && i < all->count; i++) {
        fetcher_grant_peace(run->fetcher, all->servers[i].host,
                            SL_S(all->servers[i].left_s));
        free(all->servers[i].host);
    }
    free(all);
    return rc;
}
