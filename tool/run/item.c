/* One item, from its URL to its row.
 *
 *     body      fetched, or read from a file (of the user's, or of this run)
 *     original  on disk, before the row says "fetched"
 *     answer    from a worker: verdict, stars, pictures that it made
 *     results   on disk, before the row says "done"
 *
 * Bytes live in shared memory all the way; the main program looks at no more
 * than the first sixteen of them. Whatever goes wrong with the item ends in its
 * row as a class and a reason; what goes wrong with the run (a full disk, a
 * broken pool) stops the run and leaves the item as it is.
 */
#include "run/item.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <starling/error.h>

#include "run/content.h"
#include "run/item_body.h"
#include "run/item_look.h"
#include "run/keep.h"
#include "run/log.h"
#include "run/metadata.h"
#include "run/results.h"
#include "run/workers.h"
#include "source/inputs.h"
#include "worker/job.h"

static char *copy_text(const char *text)
{
    return strdup(text != NULL ? text : "");
}

item *item_new(run *run, const store_item *row)
{
    item *item = calloc(1, sizeof *item);

    if (item == NULL)
        return NULL;
    item->run = run;
    item->id = row->id;
    item->was_fetched = row->state == STORE_FETCHED;
    item->has_original = row->original != NULL;
    item->address = copy_text(row->address);
    item->url = copy_text(row->url);
    item->stem = copy_text(row->stem);
    item->host = copy_text(row->host);
    item->original = copy_text(row->original);
    item->checksum = copy_text(row->checksum);
    item->etag = copy_text(row->etag);
    item->last_modified = copy_text(row->last_modified);
    item->xxh64 = copy_text(row->xxh64);
    item->was_done = row->state == STORE_DONE;
    item->body.fd = -1;
    results_init(&item->results);
    if (item->address != NULL && item->url != NULL && item->stem != NULL &&
        item->host != NULL && item->original != NULL &&
        item->checksum != NULL && item->etag != NULL &&
        item->last_modified != NULL && item->xxh64 != NULL)
        return item;
    item_free(item);
    return NULL;
}

void item_free(item *item)
{
    sl_shm_close(&item->body);
    results_fini(&item->results);
    free(item->address);
    free(item->url);
    free(item->stem);
    free(item->host);
    free(item->original);
    free(item->checksum);
    free(item->etag);
    free(item->last_modified);
    free(item->xxh64);
    free(item->encoding);
    free(item);
}

const char *item_stem(const item *item)
{
    return item->stem;
}

static void trace_item(const item *item, enum trace_kind kind, sl_time begin,
                       sl_time end)
{
    trace_stage(&item->run->trace, item->lane, kind, item->stem, begin, end);
    log_stage(item->run->log, item->stem, trace_kind_name(kind), end - begin);
}

/* The original. */

static store_fetched fetched_of(const item *item)
{
    bool is_kept = item->kept.role != NULL;

    return (store_fetched){
        .name = item->name[0] != '\0' ? item->name : NULL,
        .original = is_kept ? &item->kept : NULL,
        .stamp = &item->content.stamp,
        .etag = is_kept ? item_or_null(item->etag) : NULL,
        .last_modified = is_kept ? item_or_null(item->last_modified) : NULL,
        .attempts = item->course.attempts,
    };
}

static int note_fetched(store *store, void *arg)
{
    item *item = arg;
    store_fetched fetched = fetched_of(item);

    return store_mark_fetched(store, item->id, &fetched);
}

static bool has_work(const item *item)
{
    return item->run->operations.request.operations != 0;
}

/* An item without further work is done in a moment: that tells both. */
static int tell_fetched(item *item)
{
    int rc;

    item->is_untold = !has_work(item);
    if (item->is_untold)
        return 0;
    rc = books_change(&item->run->books, note_fetched, item);

    return rc < 0 ? run_fail_books(item->run) : 0;
}

static int note_content(store *store, void *arg)
{
    item *item = arg;
    char stem[FILE_NAME_SIZE] = "";
    int rc = store_note_content(store, item->id, &item->content.stamp, stem,
                                sizeof stem);
    char *copy = rc == 0 && stem[0] != '\0' ? strdup(stem) : NULL;

    if (copy != NULL) {
        free(item->stem);
        item->stem = copy;
    }
    return rc == 0 && stem[0] != '\0' && copy == NULL ? -ENOMEM : rc;
}

static int describe_content(item *item)
{
    char reason[CONTENT_REASON_MAX];
    int rc =
        content_describe(item->run, &item->content, item->checksum, reason);

    if (rc == 0)
        return item_no_good(item, "checksum", reason);
    return rc < 0 ? rc : 0;
}

/* In one visit to the store's thread. */
static int note_and_find_twin(store *store, void *arg)
{
    item *item = arg;
    int rc = store_names_by_content(store) ? note_content(store, item) : 0;

    return rc < 0 ? rc
                  : store_find_twin(store, item->id, &item->content.stamp,
                                    item->twin);
}

static int note_duplicate(store *store, void *arg)
{
    item *item = arg;

    return store_mark_duplicate(store, item->id, item->twin,
                                item->course.attempts);
}

static int claim_content(item *item)
{
    run *run = item->run;
    store_twin twin;
    int rc;

    item->twin = &twin;
    rc = content_claim(run, &item->content, note_and_find_twin, item,
                       item->twin);
    if (rc > 0 && books_change(&run->books, note_duplicate, item) < 0)
        rc = run_fail_books(run);
    item->twin = NULL;
    return rc;
}

/* What the bytes are known by; a picture keeps it from its first session.
 * Returns 1 if another item has the same bytes: then this one is done. */
static int identify(item *item)
{
    run *run = item->run;
    int rc;

    item->content = (content){ .data = item->body.data, .size = item->size };
    if (item->was_fetched)
        return 0;
    rc = describe_content(item);
    if (rc < 0)
        return rc;
    if (inputs_is_url(item->address) && !run->options->keep_duplicates)
        return claim_content(item);
    return store_names_by_content(run->books.store) &&
                   books_change(&run->books, note_content, item) < 0
               ? run_fail_books(run)
               : 0;
}

/* A local picture is its own original; a fetched one is kept if it is one. */
static int keep_original(item *item)
{
    keep file = { .folder = STORE_ORIGINALS,
                  .name = item->name,
                  .data = item->body.data,
                  .size = item->size,
                  .known = &item->content.stamp };
    int rc;

    if (item->was_fetched)
        return 0;
    if (!inputs_is_url(item->address))
        return tell_fetched(item);
    snprintf(item->name, sizeof item->name, "%s%s%s", item->stem,
             job_format_extension(item->found.format),
             job_packing_extension(item->packing));
    rc = keep_files(item->run, &file, 1);
    if (rc < 0)
        return rc;
    item->kept =
        (store_file){ STORE_ORIGINALS, "original", item->name, file.stamp };
    return tell_fetched(item);
}

/* The answer. */

/* Columns that are empty although the header is about the sky. */
static void tell_places(const item *item)
{
    uint32_t places = item->results.answer.places;

    if (places == JOB_PLACES_OTHER || places == JOB_PLACES_UNCLEAR)
        console_message(item->run->console, "%s: no ra and dec: %s", item->stem,
                        job_places_reason(places));
}

static int judge_answer(item *item, int rc)
{
    job_answer *answer = &item->results.answer;

    if (rc == -ENOSPC)
        return item_no_good(
            item, "too-large",
            "what was made of it is larger than could be expected");
    if (rc < 0)
        return item_judge_job(item, rc);
    if (!job_answer_check(answer, (size_t)rc, item->results.memory.size))
        return item_no_good(item, "protocol",
                            "the worker's answer makes no sense");
    if (answer->verdict != JOB_GOOD)
        return item_no_good(item, job_verdict_name(answer->verdict),
                            answer->reason);
    tell_places(item);
    return 0;
}

/* Whoever is in line when the run is to end leaves, if its original is kept, or
 * the user's: the next session goes on from that. */
static int wait_in_line(item *item)
{
    run *run = item->run;
    int rc = sl_semaphore_try_acquire(&run->jobs);

    if (rc != -EAGAIN)
        return rc;
    rc = sl_semaphore_acquire(&run->jobs);
    if (rc == 0 && run->draining && item->proven) {
        sl_semaphore_release(&run->jobs);
        return SL_ECANCELED;
    }
    return rc;
}

static int wait_and_ask(item *item, sl_pool *pool)
{
    run *run = item->run;
    sl_time begin = sl_now(), end;
    int rc = wait_in_line(item);
    turn turn;

    if (rc < 0)
        return rc;
    turns_enter(&run->turns, &turn);
    rc = results_ask(run, pool, &item->results, &item->body, item->size);
    end = sl_now();
    turns_leave(&run->turns, &turn);
    sl_semaphore_release(&run->jobs);
    if (turn.began != 0) {
        trace_item(item, TRACE_WAIT, begin, turn.began);
        trace_item(item, TRACE_ANALYZE, turn.began, end);
    }
    return rc;
}

/* Those that read its format, which may not be installed. */
static int find_workers(item *item, sl_pool **pool)
{
    uint32_t format = item->found.format;
    int rc = workers_for(item->run, format, pool);

    if (rc == -ENOENT)
        return item_no_good(item, job_verdict_name(JOB_UNSUPPORTED),
                            job_format_needs(format));
    if (rc < 0 && rc != SL_ECANCELED)
        run_fail(item->run, STATUS_INTERNAL,
                 "cannot start the workers for rare formats: %s",
                 sl_explain(rc));
    return rc;
}

static int work_on(item *item)
{
    sl_pool *pool;
    int rc = find_workers(item, &pool);

    if (rc < 0)
        return rc;
    rc = wait_and_ask(item, pool);
    if (rc == SL_EBROKEN) {
        run_fail(item->run, STATUS_INTERNAL, "workers keep dying: %s",
                 sl_errmsg());
        return rc;
    }
    rc = judge_answer(item, rc);
    if (rc == 0 && !item->proven && item->packing == JOB_PLAIN &&
        item->results.answer.format == JOB_FITS)
        return item_no_good(
            item, "truncated",
            "the connection ended and nothing shows that the file "
            "is whole");
    return rc;
}

/* The results. */

static int note_done(store *store, void *arg)
{
    item *item = arg;
    const run_plan *plan = item->run->plan;
    int64_t true_stars =
        plan->truth != NULL ? plan->truth(plan->context, item->url) : -1;
    store_fetched fetched = fetched_of(item);
    int rc = results_note(store, item->id, item->run, &item->results,
                          item->is_untold ? &fetched : NULL, true_stars);

    if (rc == 0)
        rc = metadata_note(item->run, store, item->id);

    return rc == -EBADMSG ? item_no_good(item, "protocol",
                                         "the worker's stars make no sense")
                          : rc;
}

static int note_failed(store *store, void *arg)
{
    item *item = arg;
    bool has_bytes = item->content.data != NULL && !item->was_fetched;
    int rc =
        has_bytes ? store_note_bytes(store, item->id, &item->content.stamp) : 0;

    if (rc < 0)
        return rc;
    if (item->skipped)
        return store_mark_skipped(store, item->id, item->reason);
    return store_mark_failed(store, item->id, item->class_name, item->reason,
                             item->course.attempts);
}

/* Outcomes. */

static int keep_results(item *item)
{
    int rc = results_keep(item->run, &item->results, item->stem);

    if (rc < 0)
        return rc;
    rc = books_change(&item->run->books, note_done, item);
    return rc < 0 && !item->failed ? run_fail_books(item->run) : rc;
}

static int traced(item *item, enum trace_kind kind, int (*step)(struct item *))
{
    sl_time begin = sl_now();
    int rc = step(item);

    trace_item(item, kind, begin, sl_now());
    return rc;
}

static int go(item *item)
{
    int rc;

    /* There is nobody to ask for news of a file of ours. */
    if (item->was_done && (item->turn == NULL || !item->has_original)) {
        item->unchanged = true;
        item_give_turn_back(item);
        return -ECANCELED;
    }
    rc = traced(item, TRACE_FETCH, item_get_body);

    item_give_turn_back(item);
    if (rc == 0 && item->was_done)
        rc = item_compare_with_old(item);
    if (rc < 0)
        return rc;
    item->counted_fetched = true;
    run_count_fetched(item->run);
    rc = identify(item);
    if (rc > 0)
        return 0;
    if (rc == 0)
        rc = item_look(item);
    /* Of what ended with the connection only a decoder can say that it is
     * whole: so it comes before the file does, whatever else there is to do. */
    if (rc == 0 && !item->proven)
        rc = work_on(item);
    if (rc == 0)
        rc = traced(item, TRACE_KEEP, keep_original);
    if (rc == 0 && item->proven && has_work(item))
        rc = work_on(item);
    if (rc == 0)
        rc = traced(item, TRACE_WRITE, keep_results);
    return rc;
}

/* An item that was let go of, for the next session, is at no bar's end. */
static void count_ended(item *item)
{
    if (!item->counted_fetched)
        run_count_fetched(item->run);
    run_count_analyzed(item->run);
}

static void log_end_of(const item *item, int rc, sl_time begin)
{
    log_outcome(
        item->run->log,
        &(log_item){ .item = item->stem,
                     .url = item->url,
                     .outcome = item->failed      ? "failed"
                                : item->put_off   ? "later"
                                : item->unchanged ? "done"
                                : rc == 0         ? "done"
                                                  : "left",
                     .class_name = item->failed ? item->class_name : NULL,
                     .reason = item->failed ? item->reason : NULL,
                     .attempts = item->course.attempts,
                     .took = sl_now() - begin });
}

int item_work(void *arg)
{
    struct item_work_args *args = arg;
    item *item = args->order.item;
    run *run = item->run;
    sl_time begin = sl_now();
    int rc;

    item->turn = args->order.turn;
    item->course = args->order.course;
    item->lane = trace_take_lane(&run->trace);
    rc = go(item);
    if (item->failed && item->was_done)
        item_keep_old(item);
    if (item->failed && books_change(&run->books, note_failed, item) < 0)
        rc = run_fail_books(run);
    else if (rc < 0 && !item->failed && !item->put_off && !item->unchanged &&
             run->status == 0 && !run->draining)
        run_fail(run, STATUS_INTERNAL, "%s: %s", item->url, sl_explain(rc));
    log_end_of(item, rc, begin);
    content_release(run, &item->content);
    if (item->held > 0)
        budget_give(&run->budget, item->held);
    if (rc == 0 || item->failed || item->unchanged)
        count_ended(item);
    trace_give_lane(&run->trace, item->lane);
    sl_semaphore_release(&run->slots);
    item_free(item);
    return 0;
}
