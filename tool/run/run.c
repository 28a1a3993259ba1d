/* A run: parts opened, items gone through, outputs written, parts closed.
 *
 * One task goes through the books and starts a task an item, as many as there
 * are slots; so neither memory nor the list of tasks grows with the run. Beside
 * them three small tasks commit the books, move the bars and listen for Ctrl-C.
 */
#include "run/run.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <starling/error.h>
#include <starling/signal.h>

#include "run/descriptors.h"
#include "run/fill.h"
#include "run/item.h"
#include "run/outcome.h"
#include "run/rehearsal.h"
#include "run/run_parts.h"
#include "run/shards.h"
#include "run/workers.h"
#include "worker/job.h"

#define COMMIT_EVERY SL_MS(200)
#define DRAW_EVERY SL_MS(100)

/* Take no new items. */
static void drain(run *run)
{
    run->draining = true;
    sl_event_set(&run->more); /* who waits for items gets none */
    order_stop(&run->order);
}

static void complain(run *run, int status, const char *format, va_list args)
{
    char text[512];

    if (run->status != 0)
        return; /* the first failure is the one to mend */
    run->status = status;
    vsnprintf(text, sizeof text, format, args);
    console_message(run->console, "%s", text);
}

void run_complain(run *run, int status, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    complain(run, status, format, args);
    va_end(args);
}

void run_fail(run *run, int status, const char *format, ...)
{
    va_list args;

    drain(run);
    va_start(args, format);
    complain(run, status, format, args);
    va_end(args);
}

static int copy_failure(store *store, void *arg)
{
    *(store_error *)arg = *store_failure(store);
    return 0;
}

int run_fail_books(run *run)
{
    store_error error = { .status = STATUS_INTERNAL };
    int rc = books_call(&run->books, copy_failure, &error);

    run_fail(run, error.status, "%s",
             rc == 0 && error.text[0] ? error.text : "the books are broken");
    return -EIO;
}

void run_count_fetched(run *run)
{
    progress_set(&run->progress, run->bar_download, ++run->fetched,
                 run->to_fetch, sl_now());
}

static void show_analyzed(run *run)
{
    progress_set(&run->progress, run->bar_analyze, run->analyzed,
                 run->to_analyze, sl_now());
}

void run_begin_analyzing(run *run)
{
    if (run->analyzing)
        return;
    run->analyzing = true;
    console_line(run->console, "%s", "");
    console_line(run->console, operations_have(&run->operations, JOB_DO_STARS)
                                   ? "🔭 Analyzing imagery on all CPU cores..."
                                   : "🎨 Processing imagery on all CPU "
                                     "cores...");
    show_analyzed(run);
}

void run_show_totals(run *run)
{
    if (run->downloading)
        progress_set(&run->progress, run->bar_download, run->fetched,
                     run->to_fetch, sl_now());
    if (run->analyzing)
        show_analyzed(run);
}

void run_count_analyzed(run *run)
{
    ++run->analyzed;
    if (run->analyzing)
        show_analyzed(run);
}

/* Going through the items. */

static void *make_item(void *arg, const store_item *row)
{
    return item_new(arg, row);
}

static void drop_item(void *item)
{
    item_free(item);
}

enum { LENGTH_SIZE = 32, DAY_S = 24 * 3600 };

/* Rounded up, so that who comes back then is not too early. */
static const char *write_length(sl_time length, char out[LENGTH_SIZE])
{
    long long seconds = length / SL_S(1) + 1;
    bool is_long = seconds > 2 * DAY_S;

    snprintf(out, LENGTH_SIZE, "%lld %s",
             is_long ? seconds / DAY_S + 1 : seconds, is_long ? "days" : "s");
    return out;
}

/* It asked for that time, or it fails and gets it from us. */
static void tell_wait(void *arg, const char *host, sl_time length)
{
    run *run = arg;
    char text[LENGTH_SIZE];

    console_message(run->console,
                    "asking %s again in %s: all that is left is there", host,
                    write_length(length, text));
}

static void open_order(run *run)
{
    order_init(&run->order,
               &(order_options){
                   .books = &run->books,
                   .fetcher = run->fetcher,
                   .states = STORE_IN(STORE_PLANNED) | STORE_IN(STORE_FETCHED) |
                             (run->options->refresh ? STORE_IN(STORE_DONE) : 0),
                   .make = make_item,
                   .drop = drop_item,
                   .patience = run->options->patience,
                   .on_wait = tell_wait,
                   .arg = run,
               });
    if (!run->filling)
        order_complete(&run->order);
    if (run->draining)
        order_stop(&run->order);
}

/* What is left has to wait for longer than the user will. */
static int give_up_for_now(run *run)
{
    sl_time length;
    const char *host = order_last(&run->order, &length);
    char text[LENGTH_SIZE];

    run_fail(run, STATUS_LATER,
             "%s asks to be left alone for %s, longer than --patience; "
             "what is left is there: the same command goes on with it then, "
             "starling retry asks now",
             host, write_length(length, text));
    return 0;
}

static void start_item(sl_group *items, const struct item_work_args *args)
{
    sl_task *task = sl_group_spawn_copy(items, item_work, args, sizeof *args);

    sl_task_set_name(task, item_stem(args->order.item));
}

static int start_items(run *run, sl_group *items)
{
    struct item_work_args args;
    int rc;

    for (;;) {
        rc = sl_semaphore_acquire(&run->slots);
        if (rc == 0)
            rc = order_next(&run->order, &args.order);
        if (rc == -EAGAIN)
            return give_up_for_now(run);
        if (rc < 0)
            return rc == SL_ECANCELED ? rc : run_fail_books(run);
        if (rc == 0)
            return 0;
        start_item(items, &args);
    }
}

/* What was cancelled because others failed is not what went wrong. */
static int first_cause(int rc, int closed)
{
    return rc == 0 || (rc == SL_ECANCELED && closed < 0) ? closed : rc;
}

static int work_through(run *run)
{
    int workers = run->pool != NULL ? sl_pool_workers(run->pool) : 0;
    int jobs = JOBS_PER_WORKER * workers;
    long items_most = (long)run->options->downloads + jobs;
    /* Who does nothing with pictures may have to look at some all the same. */
    int at_least_one = workers > 0 ? workers : 1;
    sl_group items;
    int rc;

    run->jobs = (sl_semaphore)SL_SEMAPHORE_INIT(JOBS_PER_WORKER * at_least_one);
    turns_init(&run->turns, at_least_one);
    /* Shown from here on: the first picture may be long in coming. */
    run->downloading = true;
    progress_set(&run->progress, run->bar_download, 0, run->to_fetch, sl_now());
    run->slots =
        (sl_semaphore)SL_SEMAPHORE_INIT(descriptors_items(items_most, workers));
    sl_group_open_with(&items, &(sl_group_options){ .forget_ended = true });
    open_order(run);
    rc = start_items(run, &items);
    if (rc < 0)
        drain(run);
    rc = first_cause(rc, sl_group_close(&items));
    order_fini(&run->order);
    return rc;
}

/* Tasks beside them. */

static int keep_committing(void *arg)
{
    run *run = arg;
    int rc;

    while ((rc = sl_sleep(COMMIT_EVERY)) == 0)
        /* What is under way ends by itself then; no commit will do better. */
        if (books_commit(&run->books) < 0 && run_fail_books(run) < 0)
            return 0;
    return rc;
}

static int keep_drawing(void *arg)
{
    run *run = arg;
    int rc;

    while ((rc = sl_sleep(DRAW_EVERY)) == 0)
        progress_tick(&run->progress, sl_now());
    return rc;
}

/* The first request lets what is under way finish; the second does not wait:
 * the books are as at the last commit, files appear whole or not at all, and
 * workers end with their channels. */
static int listen(void *arg)
{
    static const int requests[] = { SIGINT, SIGTERM };
    sl_signal *signals;
    run *run = arg;
    int rc = sl_signal_open(requests, 2, &signals);

    if (rc < 0)
        return rc;
    while ((rc = sl_signal_next(signals)) > 0) {
        if (run->interrupted != 0) {
            console_restore(run->console);
            _exit(128 + rc);
        }
        run->interrupted = rc;
        drain(run);
        fetcher_drain(run->fetcher);
        console_message(run->console,
                        "finishing what is under way; once more stops at once");
    }
    sl_signal_close(signals);
    return rc;
}

static int fill_and_work(run *run)
{
    sl_group filling;
    int rc, closed, finished;

    sl_group_open(&filling);
    rc = fill_start(run, &filling);
    if (rc == 0 && !run->draining && !run->idle && !run->options->dry_run &&
        (run->filling || run->to_fetch > 0))
        rc = work_through(run);
    if (rc < 0 || run->draining)
        sl_group_cancel(&filling);
    closed = sl_group_close(&filling);
    finished = fill_finish(run);
    rc = first_cause(rc, closed);
    return rc < 0 ? rc : finished;
}

static int work_with_helpers(run *run)
{
    sl_group beside;
    int rc;

    sl_group_open(&beside);
    sl_task_set_name(sl_group_spawn(&beside, keep_committing, run),
                     "commit the books");
    sl_task_set_name(sl_group_spawn(&beside, keep_drawing, run),
                     "draw the bars");
    sl_task_set_name(sl_group_spawn(&beside, listen, run), "listen for Ctrl-C");
    if (options_want_tar(run->options))
        sl_task_set_name(sl_group_spawn(&beside, shards_keep_packing, run),
                         "pack the archives");
    rc = fill_and_work(run);
    progress_end(&run->progress, sl_now());
    sl_group_cancel(&beside);
    return first_cause(rc, sl_group_close(&beside));
}

void run_expect_downloads(run *run)
{
    progress_rename(&run->progress, run->bar_download, "Downloading");
}

/* Once it is known what is done: of a run that exists its books tell. What is
 * named, not listed by a service, may all be on this machine. */
static void add_bars(run *run)
{
    bool has_stars = operations_have(&run->operations, JOB_DO_STARS);

    run->bar_download = progress_add(
        &run->progress, run->plan->obeys_robots ? "Reading" : "Downloading",
        "img");
    run->bar_analyze = progress_add(
        &run->progress, has_stars ? "Analyzing" : "Processing", "img");
}

static int close_workers(void *arg)
{
    workers_close(arg);
    return 0;
}

/* Nobody needs the workers any more, and processes take their time to end. */
static void write_outcome(run *run)
{
    sl_group ending;
    int closed;

    sl_group_open(&ending);
    sl_task_set_name(sl_group_spawn(&ending, close_workers, run),
                     "end the workers");
    outcome_write(run);
    closed = sl_group_close(&ending);
    if (closed < 0 && closed != SL_ECANCELED)
        run_fail(run, STATUS_INTERNAL, "%s", sl_strerror(closed));
}

static void go_and_tell(run *run)
{
    int rc = run_parts_open(run);

    add_bars(run);
    if (rc == 0)
        rc = work_with_helpers(run);
    if (rc < 0 && run->status == 0 && run->interrupted == 0)
        run_fail(run, rc == -ENOMEM ? STATUS_LATER : STATUS_INTERNAL, "%s",
                 sl_explain(rc));
    shards_finish(run);
    if (run->options->dry_run && run->filled)
        rehearsal_tell(run);
    else if (run->filled)
        write_outcome(run);
    else if (run->empty && !run->options->dry_run)
        books_discard(&run->books);
    run_parts_close(run);
}

int run_whole(run *run, const run_plan *plan)
{
    run->plan = plan;
    operations_choose(run->options, &run->operations);
    progress_init(&run->progress, run->console,
                  (enum progress_mode)run->options->progress);
    go_and_tell(run);
    return outcome_status(run);
}
