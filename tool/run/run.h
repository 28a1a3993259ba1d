/* run.h: one run of the tool: its parts, and its way through the items. */
#ifndef TOOL_RUN_RUN_H
#define TOOL_RUN_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include <starling/clock.h>
#include <starling/event.h>
#include <starling/group.h>
#include <starling/lock.h>
#include <starling/pool.h>
#include <starling/semaphore.h>

#include "cli/console.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/status.h"
#include "run/books.h"
#include "run/budget.h"
#include "run/order.h"
#include "run/operations.h"
#include "run/trace.h"
#include "run/trays.h"
#include "run/turns.h"
#include "fetch/fetch.h"
#include "store/store.h"

enum { RUN_CLAIM_LISTS = 64 };

typedef struct run run;
struct run {
    const struct options *options;
    console *console;
    const char *out;          /* the run's folder */
    const char *command_line; /* as typed, for the report */
    operations operations;    /* what is done with each picture */

    books books;
    sl_pool *pool;
    sl_pool *rare_pool; /* see workers.h; NULL: not needed so far */
    sl_lock opening_pool;
    sl_lock unpacking; /* a body that its server compressed */
    fetcher *fetcher;
    order order; /* in which items begin */
    budget budget;
    sl_semaphore slots; /* items under way */
    sl_semaphore jobs;  /* of them those at the workers */
    turns turns;        /* of those, who is being served */
    trays trays;        /* for those that are small */
    sl_crew *files;     /* threads that read and write pictures */
    visits writes;      /* to them */
    trace trace;
    FILE *log; /* see log.h; NULL: none is wanted */
    /* Bytes that are being worked on, see content.h. */
    struct content *claims[RUN_CLAIM_LISTS];
    sl_event claim_over;

    progress progress;
    int bar_download, bar_analyze;
    int64_t to_fetch, fetched; /* items of this session */
    int64_t to_analyze, analyzed;
    bool downloading; /* items are being started */
    bool analyzing;   /* the first picture has reached a worker */
    uint64_t typical; /* bytes of a picture so far, for the budget */

    bool filling;    /* more items may come into the books */
    sl_event more;   /* items came, or no more will, or the run drains */
    int fill_result; /* once it is over */
    bool filled;     /* there are items in the books */
    bool empty;      /* there are none, for sure */
    bool idle;       /* there is nothing to do: all stays as it is */
    bool
        obeys_robots; /* what servers do not want programs to have is skipped */
    bool draining;    /* take no new items: Ctrl-C, or a failure of the run */
    int interrupted;  /* signal that asked for it; 0: none */
    int status;       /* exit status of a failure of the run; 0: none */
    sl_time start;
    int64_t stale;              /* items whose new version could not be had */
    int64_t failed, unexpected; /* items, known once the outputs are written */

    const struct run_plan *plan;
};

struct report_run; /* see report.h */

/* What differs between commands. */
typedef struct run_plan {
    const char *command;
    const char *option_text; /* what changes results, one name=value a line */
    const char *originals;   /* folder for originals; NULL: "images" */
    bool fresh;
    bool reopen;  /* a run that exists, whatever its command and options */
    int per_host; /* unless the user said how many */
    bool allow_loopback;
    bool obeys_robots; /* its addresses come from a list, not from a service */

    /* Put items into the books. Called on a task of its own when everything is
     * open; items are worked on while it goes on. */
    int (*fill)(run *run, void *context);
    /* Also when items are left from before; else only the first time. */
    bool refill;
    void *context;

    /* Which items are meant to fail; NULL: none. */
    bool (*must_fail)(void *context, const char *url);
    int64_t expected_failures;
    /* How many stars there are in an item; NULL, or -1: not known. */
    int64_t (*truth)(void *context, const char *url);
    /* What is said of the items at the end; NULL: a line of each. On the
     * store's thread. */
    int (*tell)(run *run, store *store, const struct report_run *report,
                void *context);
} run_plan;

/* Open the parts, fill, go through the items, write the outputs, close.
 * Returns the exit status. To be called from a task. */
int run_whole(run *run, const run_plan *plan);

/* The workers alone, for a command that needs them before its run. Then either
 * run_whole() or run_abandon() must follow, which returns the exit status. */
SL_WAITS int run_open_pool(run *run);
int run_abandon(run *run);

/* Some of its pictures come from servers. */
void run_expect_downloads(run *run);

/* The run as a whole failed: say so once, take no new items. */
void run_fail(run *run, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, but what is in the books is still worked on. */
void run_complain(run *run, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A change to the books failed. */
SL_WAITS int run_fail_books(run *run);

/* 1 if there are items in the books so far, 0 if there are none. */
SL_WAITS int run_has_items(run *run);

/* The first picture has reached a worker: says so once. */
void run_begin_analyzing(run *run);

/* There are more items than before: for the bars, if they are shown. */
void run_show_totals(run *run);

/* One more is over: for the bars. */
void run_count_fetched(run *run);
void run_count_analyzed(run *run);

#endif
