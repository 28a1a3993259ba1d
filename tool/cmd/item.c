/* One item, from its URL to its row.
 *
 *     body      fetched, or read from a file (of the user's, or of this run)
 *     original  on disk, before the row says "fetched"
 *     answer    from a worker: verdict, stars, the marked picture
 *     results   on disk, before the row says "done"
 *
 * Bytes live in shared memory all the way; the main program looks at no more
 * than the first sixteen of them. Whatever goes wrong with the item ends in its
 * row as a class and a reason; what goes wrong with the run (a full disk, a
 * broken pool) stops the run and leaves the item as it is.
 */
#include "cmd/item.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <starling/error.h>
#include <starling/scope.h>

#include "cmd/picture_file.h"
#include "source/inputs.h"
#include "worker/job.h"
#include "worker/sniff.h"

enum {
    CLASS_SIZE = 40,
    REASON_SIZE = 320,
    FILE_NAME_SIZE = 256,
    GUESS_MIN = 64 << 10,
    WORKER_TRIES = 2, /* a picture that killed two workers gets no third */
};

struct item {
    run *run;
    int lane; /* in the trace */
    int64_t id;
    bool was_fetched;  /* in an earlier session */
    bool has_original; /* ... and it lies in the run's folder */
    char *address, *url, *stem, *original; /* of the URL: to get, to show */
    /* from here on: what this session has learnt */
    sl_shm body, result;
    uint64_t size, held; /* bytes; `held`: taken from the budget */
    bool proven, counted_fetched, failed;
    int attempts;
    char name[FILE_NAME_SIZE];
    char class_name[CLASS_SIZE], reason[REASON_SIZE];
    job_stars_answer answer;
    store_file kept, marked; /* roles NULL: there is none */
    char marked_name[FILE_NAME_SIZE];
    files_stamp original_stamp;
};

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
    item->original = copy_text(row->original);
    item->body.fd = item->result.fd = -1;
    if (item->address != NULL && item->url != NULL && item->stem != NULL &&
        item->original != NULL)
        return item;
    item_free(item);
    return NULL;
}

void item_free(item *item)
{
    sl_shm_close(&item->body);
    sl_shm_close(&item->result);
    free(item->address);
    free(item->url);
    free(item->stem);
    free(item->original);
    free(item);
}

/* The item is no good: remember why. Always returns -ECANCELED, a code that no
 * step of an item's way returns for another reason. */
static int no_good(item *item, const char *class_name, const char *reason)
{
    item->failed = true;
    snprintf(item->class_name, sizeof item->class_name, "%s", class_name);
    snprintf(item->reason, sizeof item->reason, "%s", reason);
    return -ECANCELED;
}

static void trace_item(const item *item, enum trace_kind kind, sl_time begin,
                       sl_time end)
{
    trace_stage(&item->run->trace, item->lane, kind, item->stem, begin, end);
}

/* The body. */

typedef struct reading {
    item *item;
    int folder;
    const char *path;
} reading;

static int read_body(void *arg)
{
    reading *reading = arg;
    item *item = reading->item;

    return picture_file_read(reading->folder, reading->path,
                             (uint64_t)item->run->options->max_bytes,
                             &item->body, &item->size);
}

static int get_from_file(item *item, int folder, const char *path)
{
    reading reading = { item, folder, path };
    int rc = sl_crew_call(item->run->files, read_body, &reading);

    item->proven = true; /* a file has the length that it has */
    if (rc == -EFBIG)
        return no_good(item, "too-large", "the file is over --max-bytes");
    if (rc < 0 && rc != -ENOMEM && rc != -EMFILE && rc != -ENFILE &&
        rc != SL_ECANCELED)
        return no_good(item, "unreadable", sl_strerror(rc));
    return rc;
}

static int get_from_network(item *item)
{
    run *run = item->run;
    fetch_result result;
    int rc =
        fetch_get(run->fetcher, item->address, &(fetch_options){ 0 }, &result);

    item->attempts = result.attempts;
    if (rc == 0) {
        item->body = result.body;
        item->size = result.size;
        item->proven = result.proven;
        result.body = (sl_shm){ .fd = -1 };
    } else if (rc != SL_ECANCELED) {
        no_good(item, result.class_name, result.reason);
        rc = -ECANCELED;
    }
    fetch_result_fini(&result);
    return rc;
}

static int get_body(item *item)
{
    run *run = item->run;
    uint64_t guess = run->typical > GUESS_MIN ? run->typical : GUESS_MIN;
    int rc = budget_take(&run->budget, guess);

    if (rc < 0)
        return rc;
    item->held = guess;
    if (item->has_original)
        rc =
            get_from_file(item, store_folder(run->books.store, STORE_ORIGINALS),
                          item->original);
    else if (item->address[0] == '\0')
        rc = no_good(item, "hidden",
                     "a part of its address is secret and was not stored");
    else if (inputs_is_url(item->address))
        rc = get_from_network(item);
    else
        rc = get_from_file(item, AT_FDCWD, item->address);
    if (rc < 0)
        return rc;
    budget_correct(&run->budget, item->held, item->size);
    item->held = item->size;
    run->typical = (3 * run->typical + item->size) / 4;
    if (item->size == 0)
        return no_good(item, "empty", "there are no bytes");
    return 0;
}

/* The original. */

typedef struct writing {
    item *item;
    enum store_folder folder;
    const char *name;
    const void *data;
    uint64_t size;
    files_stamp *stamp;
} writing;

static int write_file(void *arg)
{
    writing *writing = arg;
    run *run = writing->item->run;
    static const enum files_sync policies[] = { [SYNC_BATCH] = FILES_SYNC_BATCH,
                                                [SYNC_ITEM] = FILES_SYNC_ITEM,
                                                [SYNC_OFF] = FILES_SYNC_OFF };
    /* No row speaks of such a file, or it would have been removed when the
     * run was opened: what has the name meanwhile is not ours. */
    files_how how = { .sync = policies[run->options->sync] };

    return files_write(store_folder(run->books.store, writing->folder),
                       writing->name, writing->data, writing->size, &how,
                       writing->stamp);
}

static int keep_file(item *item, writing *writing)
{
    sl_scope shield;
    int rc;

    sl_shield_open(&shield, SL_FOREVER);
    rc = sl_crew_call(item->run->files, write_file, writing);
    rc = sl_scope_close(&shield, rc);
    if (rc < 0)
        run_fail(item->run, files_exit_status(rc), "cannot write %s/%s: %s",
                 item->run->out, writing->name, files_reason(rc));
    return rc;
}

static int note_fetched(store *store, void *arg)
{
    item *item = arg;

    return store_mark_fetched(
        store, item->id, item->name[0] != '\0' ? item->name : NULL,
        item->kept.role != NULL ? &item->kept : NULL, item->attempts);
}

static int tell_fetched(item *item)
{
    int rc = books_change(&item->run->books, note_fetched, item);

    return rc < 0 ? run_fail_books(item->run) : 0;
}

/* A local picture is its own original; a fetched one is kept if it is one. */
static int keep_original(item *item)
{
    sniffed sniffed = sniff(item->body.data, item->size);
    const char *extension = job_format_extension(sniffed.format);
    writing writing = { .item = item,
                        .folder = STORE_ORIGINALS,
                        .name = item->name,
                        .data = item->body.data,
                        .size = item->size,
                        .stamp = &item->original_stamp };
    int rc;

    if (item->was_fetched)
        return 0;
    if (!inputs_is_url(item->address))
        return tell_fetched(item);
    if (sniffed.verdict != JOB_GOOD)
        return no_good(item, job_verdict_name(sniffed.verdict), sniffed.reason);
    snprintf(item->name, sizeof item->name, "%s%s", item->stem, extension);
    rc = keep_file(item, &writing);
    if (rc < 0)
        return rc;
    item->kept = (store_file){ STORE_ORIGINALS, "original", item->name,
                               item->original_stamp };
    return tell_fetched(item);
}

/* The stars. */

/* Room for the stars, and for a marked picture of any size that is allowed:
 * address space only, until a worker writes there. */
static size_t result_room(const run *run)
{
    return JOB_STARS_MAX * sizeof(job_star) + (1 << 20) +
           3 * (size_t)run->options->max_pixels;
}

static int ask_worker(item *item)
{
    run *run = item->run;
    job_stars_request in = { .body_size = item->size,
                             .max_pixels = (uint64_t)run->options->max_pixels,
                             .threshold = (double)run->options->threshold,
                             .detector = (uint32_t)run->options->detector,
                             .draw = true };
    sl_job_request request = { .job = JOB_STARS,
                               .in = &in,
                               .in_size = sizeof in,
                               .out = &item->answer,
                               .out_capacity = sizeof item->answer,
                               .body = &item->body,
                               .result = &item->result,
                               .limit = run->options->timeout };
    int rc = sl_shm_open(result_room(run), &item->result);

    if (rc < 0) {
        run_fail(run, STATUS_LATER,
                 "no room for the results of a picture (%s); a smaller "
                 "--max-pixels needs less",
                 sl_strerror(rc));
        return -EIO;
    }
    run_begin_analyzing(run);
    for (int try = 1; try <= WORKER_TRIES; try++) {
        rc = sl_pool_run(run->pool, &request);
        if (rc != SL_EWORKERDIED)
            break;
    }
    return rc;
}

static int judge_answer(item *item, int rc)
{
    job_stars_answer *answer = &item->answer;
    char reason[REASON_SIZE];

    if (rc == SL_ETIMEDOUT)
        return no_good(item, "timeout",
                       "finding stars took longer than --timeout");
    if (rc == SL_EWORKERDIED) {
        snprintf(reason, sizeof reason, "the worker that held it died twice");
        return no_good(item, sl_errmsg(), reason);
    }
    if (rc == -ENOMEM)
        return no_good(item, "memory", "over the worker's memory limit");
    if (rc < 0)
        return rc;
    if (!job_stars_answer_check(answer, (size_t)rc, item->result.size))
        return no_good(item, "protocol", "the worker's answer makes no sense");
    if (answer->verdict != JOB_GOOD)
        return no_good(item, job_verdict_name(answer->verdict), answer->reason);
    return 0;
}

static int wait_and_ask(item *item)
{
    run *run = item->run;
    sl_time begin = sl_now(), end;
    int rc = sl_semaphore_acquire(&run->jobs);
    turn turn;

    if (rc < 0)
        return rc;
    turns_enter(&run->turns, &turn);
    rc = ask_worker(item);
    end = sl_now();
    turns_leave(&run->turns, &turn);
    sl_semaphore_release(&run->jobs);
    if (turn.began != 0) {
        trace_item(item, TRACE_WAIT, begin, turn.began);
        trace_item(item, TRACE_ANALYZE, turn.began, end);
    }
    return rc;
}

static int find_stars(item *item)
{
    int rc = wait_and_ask(item);

    if (rc == SL_EBROKEN) {
        run_fail(item->run, STATUS_INTERNAL, "workers keep dying: %s",
                 sl_errmsg());
        return rc;
    }
    rc = judge_answer(item, rc);
    if (rc == 0 && !item->proven && item->answer.format == JOB_FITS)
        return no_good(item, "truncated",
                       "the connection ended and nothing shows that the file "
                       "is whole");
    return rc;
}

/* The results. */

static int keep_marked(item *item)
{
    files_stamp stamp;
    writing writing = { .item = item,
                        .folder = STORE_PROCESSED,
                        .name = item->marked_name,
                        .data = (char *)item->result.data +
                                item->answer.marked_offset,
                        .size = item->answer.marked_size,
                        .stamp = &stamp };
    int rc;

    /* detected_space_0.jpg for space_0.jpg; the marked picture is a JPEG
     * whatever the original was. */
    snprintf(item->marked_name, sizeof item->marked_name, "detected_%s.jpg",
             item->stem);
    rc = keep_file(item, &writing);
    if (rc == 0)
        item->marked =
            (store_file){ STORE_PROCESSED, "marked", item->marked_name, stamp };
    return rc;
}

static int note_done(store *store, void *arg)
{
    item *item = arg;
    const job_stars_answer *answer = &item->answer;
    const run_plan *plan = item->run->plan;
    const job_star *from = item->result.data;
    store_star *stars = calloc(answer->star_count + 1, sizeof *stars);
    store_result result = {
        .width = answer->width,
        .height = answer->height,
        .star_count = answer->star_count,
        .true_stars = -1,
        .stars = stars,
        .files = &item->marked,
        .file_count = 1,
        .preview = (const char *)item->result.data + answer->preview_offset,
        .preview_size = answer->preview_size,
    };
    int rc = 0;

    if (stars == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < answer->star_count && rc == 0; i++) {
        job_star star = from[i]; /* copied: the worker could still write */

        if (!job_star_check(&star, answer->width, answer->height))
            rc = no_good(item, "protocol", "the worker's stars make no sense");
        stars[i] =
            (store_star){ star.x, star.y, star.flux,  star.peak, star.fwhm,
                          star.a, star.b, star.theta, star.snr,  star.flags };
    }
    if (plan->truth != NULL)
        result.true_stars = plan->truth(plan->context, item->url);
    if (rc == 0)
        rc = store_mark_done(store, item->id, &result);
    free(stars);
    return rc;
}

static int note_failed(store *store, void *arg)
{
    item *item = arg;

    return store_mark_failed(store, item->id, item->class_name, item->reason,
                             item->attempts);
}

/* Outcomes. */

static int keep_results(item *item)
{
    int rc = keep_marked(item);

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
    int rc = traced(item, TRACE_FETCH, get_body);

    if (rc < 0)
        return rc;
    item->counted_fetched = true;
    run_count_fetched(item->run);
    rc = traced(item, TRACE_KEEP, keep_original);
    if (rc == 0)
        rc = find_stars(item);
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

int item_work(void *arg)
{
    item *item = *(struct item **)arg;
    run *run = item->run;
    int rc;

    item->lane = trace_take_lane(&run->trace);
    rc = go(item);
    if (item->failed && books_change(&run->books, note_failed, item) < 0)
        rc = run_fail_books(run);
    else if (rc < 0 && !item->failed && run->status == 0 && !run->draining)
        run_fail(run, STATUS_INTERNAL, "%s: %s", item->url,
                 sl_errmsg()[0] ? sl_errmsg() : sl_strerror(rc));
    if (item->held > 0)
        budget_give(&run->budget, item->held);
    if (rc == 0 || item->failed)
        count_ended(item);
    trace_give_lane(&run->trace, item->lane);
    sl_semaphore_release(&run->slots);
    item_free(item);
    return 0;
}
