/* results.h: what a worker made of one picture, checked, kept and noted. */
#ifndef TOOL_RUN_RESULTS_H
#define TOOL_RUN_RESULTS_H

#include <starling/shm.h>

#include "run/run.h"
#include "worker/job.h"

enum { RESULTS_NAME_SIZE = 256, RESULTS_ROLE_SIZE = 32 };

/* What a picture that was made is called, and what it is of its item. */
typedef struct results_name {
    char name[RESULTS_NAME_SIZE], role[RESULTS_ROLE_SIZE];
} results_name;

typedef struct results {
    job_answer answer; /* checked before it is used */
    sl_shm memory;     /* the worker could still write there */
    size_t file_count;
    store_file files[JOB_OUTPUTS_MAX];
    results_name *names; /* of the files; NULL: there are none */
} results;

void results_init(results *results);
void results_fini(results *results);

/* Have one of these workers do the run's operations on a body of `size` bytes.
 * Returns the answer's length or what sl_pool_run() returns; -EIO when the run
 * has failed.
 */
SL_WAITS int results_ask(run *run, sl_pool *pool, results *results,
                         const sl_shm *body, uint64_t size);

/* Write the pictures, named after the item's stem. */
SL_WAITS int results_keep(run *run, results *results, const char *stem);

/* Note the item as done, with all that was found and made, and as fetched if
 * `fetched` is not NULL. -EBADMSG when the worker's stars make no sense. On the
 * store's thread. */
int results_note(store *store, int64_t id, const run *run,
                 const results *results, const store_fetched *fetched,
                 int64_t true_stars);

#endif
