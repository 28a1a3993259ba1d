/* The end of a run, all of it on the store's thread: the books are asked once
 * and nothing else changes them meanwhile. */
#include "run/outcome.h"

#include <string.h>

#include "run/diagnosis.h"
#include "run/failures.h"
#include "run/outputs.h"

/* Words. */

static void print_stars(console *console, const store_item *item)
{
    const char *reason = item->sky.no_star_field;

    if (item->true_stars >= 0)
        console_line(
            console, "🔍 Found %lld stars in %s (%lld are there to be found)",
            (long long)item->stars, item->name, (long long)item->true_stars);
    else if (item->stars == 0 && reason != NULL && reason[0] != '\0')
        console_line(console, "🔍 Found 0 stars in %s (no star field: %s)",
                     item->name, reason);
    else
        console_line(console, "🔍 Found %lld stars in %s",
                     (long long)item->stars, item->name);
}

/* A line for each thing that was done with it. */
static void print_done(console *console, const store_item *item)
{
    if (item->stars >= 0)
        print_stars(console, item);
    if (item->thumbs > 0)
        console_line(
            console, "🖼️ Made %lld %s of %s", (long long)item->thumbs,
            item->thumbs == 1 ? "thumbnail" : "thumbnails", item->name);
    if (item->edges != NULL)
        console_line(console, "✏️ Traced the edges in %s", item->name);
    /* What was made of it went into the archive, too, and is not counted. */
    if (item->shard != NULL)
        console_line(console, "📦 Packed %s into %s", item->name, item->shard);
    else if (item->stars < 0 && item->thumbs == 0 && item->edges == NULL)
        console_line(console, "📥 Fetched %s", item->name);
}

void outcome_print_item(run *run, const store_item *item)
{
    console *console = run->console;

    if (item->state == STORE_DONE)
        print_done(console, item);
    else if (item->state == STORE_FAILED)
        console_line(console, "❌ Failed %s: %s: %s", item->name,
                     item->class_name ? item->class_name : "failed",
                     item->reason ? item->reason : "");
    else if (item->state == STORE_SKIPPED)
        console_line(console, "⏭️ Skipped %s: %s", item->name,
                     item->reason ? item->reason : "");
}

/* Of how many failures it was right or wrong that they failed. */
static int count_failures(run *run, store *store, const report_run *report)
{
    const run_plan *plan = run->plan;
    store_item item = { 0 };
    int rc;

    run->failed = run->unexpected = report->failed;
    if (plan->must_fail == NULL)
        return 0;
    run->unexpected = 0;
    while ((rc = store_next_item(store, item.id, STORE_ANY, &item)) > 0)
        run->unexpected += (item.state == STORE_FAILED) !=
                           plan->must_fail(plan->context, item.url);
    return rc;
}

/* A line of each; but where failures are more than anybody reads, the end is
 * not to be buried under them. */
static int print_items(run *run, store *store, const report_run *report)
{
    unsigned states = report->failed > FAILURES_IN_FULL
                          ? STORE_ANY & ~STORE_IN(STORE_FAILED)
                          : STORE_ANY;
    store_item item = { 0 };
    int rc;

    if (!console_shows_lines(run->console))
        return 0;
    if (run->plan->tell != NULL)
        return run->plan->tell(run, store, report, run->plan->context);
    while ((rc = store_next_item(store, item.id, states, &item)) > 0)
        outcome_print_item(run, &item);
    return rc == 0 && states != STORE_ANY
               ? failures_print(run, store, report, NULL)
               : rc;
}

static int64_t count_left(const report_run *report)
{
    return report->planned - report->done - report->failed - report->skipped;
}

void outcome_print_totals(run *run, const report_run *report)
{
    console_line(run->console,
                 "📊 %lld planned: %lld done, %lld failed, %lld skipped",
                 (long long)report->planned, (long long)report->done,
                 (long long)report->failed, (long long)report->skipped);
}

static void print_ending(run *run, const report_run *report)
{
    console *console = run->console;
    long long left = count_left(report);

    console_line(console, "%s", "");
    if (left == 0)
        console_line(console, "🎉 Project completed in %.2f seconds!",
                     report->elapsed_s);
    else
        console_line(
            console, "⏸️ Stopped after %.2f seconds: %lld %s left%s",
            report->elapsed_s, left, left == 1 ? "is" : "are",
            run->plan->fresh ? "" : "; the same command goes on from here");
}

/* Those who want no result lines are still told of an error. */
static void tell_failures(run *run, const report_run *report)
{
    if (run->console->quiet && !run->options->json && run->unexpected > 0)
        console_message(run->console,
                        "%lld of %lld pictures failed; starling status %s "
                        "names them",
                        (long long)run->failed, (long long)report->planned,
                        run->out);
}

static void print_places(run *run, const report_run *report)
{
    const char *folder = run->operations.request.operations == 0
                             ? report->originals
                             : report->processed;

    if (report->done > 0)
        console_line(run->console, "📁 Pictures: %s/%s", run->out,
                     options_want_tar(run->options) ? "shards" : folder);
    console_line(run->console, "📄 Report:   %s/report.html", run->out);
}

/* A run that nothing stopped leaves nothing. */
static void balance(run *run, const report_run *report)
{
    long long left = count_left(report);

    if (left == 0 || run->draining || run->status != 0)
        return;
    run_fail(run, STATUS_INTERNAL,
             "the books do not balance: %lld planned, %lld done, %lld failed, "
             "%lld skipped, and %lld that nobody worked on",
             (long long)report->planned, (long long)report->done,
             (long long)report->failed, (long long)report->skipped, left);
}

/* What was written for the run is as true as before. */
static int settle_idle(run *run, store *store)
{
    report_run report;
    int rc = outputs_read(store, &report);

    if (rc < 0)
        return rc;
    run->failed = report.failed;
    run->unexpected = report.failed + count_left(&report);
    outcome_print_totals(run, &report);
    if (run->options->json)
        outputs_print_json(run, &report);
    outputs_forget(&report);
    return 0;
}

static int settle(run *run, store *store)
{
    double elapsed_s = (double)(sl_now() - run->start) / 1e9;
    report_run report;
    int rc = store_check(store, -1);

    if (rc == 0)
        rc = store_expect_failures(store, run->plan->expected_failures);
    if (rc == 0)
        rc = store_finish(store, elapsed_s);
    if (rc == 0)
        rc = outputs_read(store, &report);
    if (rc < 0)
        return rc;
    report.elapsed_s = elapsed_s;
    balance(run, &report);
    console_line(run->console, "%s", "");
    console_line(run->console, "✨ Project Summary! 🚀");
    rc = count_failures(run, store, &report);
    if (rc == 0)
        rc = print_items(run, store, &report);
    if (rc == 0) {
        bool written = outputs_write(run, store, &report) == 0;

        outcome_print_totals(run, &report);
        rc = diagnosis_print(run, store, &report);
        print_ending(run, &report);
        tell_failures(run, &report);
        if (written)
            print_places(run, &report);
        if (run->options->json)
            outputs_print_json(run, &report);
    }
    outputs_forget(&report);
    return rc;
}

static int settle_on_thread(store *store, void *arg)
{
    run *run = arg;

    return run->idle ? settle_idle(run, store) : settle(run, store);
}

void outcome_write(run *run)
{
    if (books_call(&run->books, settle_on_thread, run) < 0 &&
        run_fail_books(run) < 0)
        return; /* told */
}

int outcome_status(const run *run)
{
    if (run->status != 0)
        return run->status;
    if (run->interrupted != 0)
        return 128 + run->interrupted;
    if (run->console->out_error < 0)
        return STATUS_OUTPUT;
    return run->unexpected > 0 || run->stale > 0 ? STATUS_SOME_FAILED
                                                 : STATUS_DONE;
}
