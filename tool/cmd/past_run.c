/* starling report, status, retry: a run that exists, looked at or gone on with.
 * Its folder holds all that is needed; what it was begun with is not asked for.
 */
#include "cmd/commands.h"

#include <stdio.h>
#include <string.h>

#include <starling/error.h>

#include "cmd/again.h"
#include "run/diagnosis.h"
#include "run/failures.h"
#include "run/fill.h"
#include "run/outcome.h"
#include "run/outputs.h"

/* Open the run's books, have `use` look at them on their thread, close. */
static int with_books(run *run, books_opener *open,
                      int (*use)(store *store, void *run))
{
    store_options how = { .sync = FILES_SYNC_ITEM,
                          .secrets = &run->console->secrets };
    store_error error = { .status = STATUS_INTERNAL };
    int rc;

    run->out = run->options->inputs[0];
    rc = books_open(&run->books, open, run->out, NULL, &how, &error);
    if (rc < 0) {
        run_fail(run, error.status, "%s",
                 error.text[0] ? error.text : sl_strerror(rc));
        return outcome_status(run);
    }
    rc = books_call(&run->books, use, run);
    if (rc < 0 && run->status == 0)
        rc = run_fail_books(run);
    books_close(&run->books);
    return outcome_status(run);
}

static int write_report(store *store, void *arg)
{
    run *run = arg;
    report_run report;
    int rc = outputs_read(store, &report);

    if (rc < 0)
        return rc;
    rc = outputs_write(run, store, &report);
    if (rc == 0) {
        outcome_print_totals(run, &report);
        console_line(run->console, "📄 Report:   %s/report.html", run->out);
        if (run->options->json)
            outputs_print_json(run, &report);
    }
    outputs_forget(&report);
    return rc;
}

int command_report(run *run)
{
    return with_books(run, books_view, write_report);
}

/* Who works on it (0: nobody), and what there is to do. */
static void print_rest(run *run, const report_run *report, long holder)
{
    bool goes_on = strcmp(report->command, "demo") != 0;
    char who[32] = "Another process", left[48];
    long long count =
        report->planned - report->done - report->failed - report->skipped;

    snprintf(left, sizeof left, "%lld %s left", count,
             count == 1 ? "is" : "are");
    if (holder > 0)
        snprintf(who, sizeof who, "Process %ld", holder);
    if (holder != 0)
        console_line(run->console, "▶️ %s is at work; %s", who, left);
    else if (count > 0)
        console_line(run->console, "⏸️ %s, and nobody is at work%s%s", left,
                     goes_on ? ": the same command goes on, or starling retry "
                             : "",
                     goes_on ? run->out : "");
    else if (report->finished_at != NULL)
        console_line(run->console, "🎉 Finished %s, in %.2f seconds of work",
                     report->finished_at, report->elapsed_s);
}

static int print_status(store *store, void *arg)
{
    run *run = arg;
    report_run report;
    long holder = store_holder(store); /* before it may have ended */
    int rc = outputs_read(store, &report);

    if (rc < 0)
        return rc;
    console_line(run->console, "📁 %s: %s, begun %s", run->out, report.command,
                 report.started_at);
    print_rest(run, &report, holder);
    rc = failures_print(run, store, &report, run->options->class_name);
    outcome_print_totals(run, &report);
    if (rc == 0)
        rc = diagnosis_print(run, store, &report);
    if (run->options->json)
        outputs_print_json(run, &report);
    outputs_forget(&report);
    return rc;
}

int command_status(run *run)
{
    return with_books(run, books_view, print_status);
}

/* Nothing has failed. What was never begun is gone on with, unless a class was
 * asked for: its name may be mistyped. */
static int look_what_is_left(run *run, store *store)
{
    const char *class_name = run->options->class_name;
    store_counts counts;
    int rc = failures_tell_none(run, store, class_name);
    int64_t left;

    if (rc == 0)
        rc = store_count(store, &counts);
    if (rc < 0)
        return rc;
    left = counts.in[STORE_PLANNED] + counts.in[STORE_FETCHED];
    run->idle = class_name != NULL || left == 0;
    if (left > 0 && run->idle)
        console_message(run->console,
                        "of what was planned %lld %s left: starling retry %s "
                        "goes on with that",
                        (long long)left, left == 1 ? "is" : "are", run->out);
    return 0;
}

static int plan_again(store *store, void *arg)
{
    run *run = arg;
    again *again = run->plan->context;
    store_run row;
    int rc = store_read_run(store, &row), planned;

    if (rc < 0)
        return rc;
    if (strcmp(row.command, "demo") == 0) {
        again->refusal = "is a demo, whose server ended with it";
        return 0;
    }
    if (strcmp(row.command, "apod") == 0)
        run->obeys_robots = false;
    rc = again_may(again, run, store, &row);
    if (rc <= 0)
        return rc;
    planned = store_plan_again(store, STORE_IN(STORE_FAILED),
                               run->options->class_name);
    rc = planned == 0 ? look_what_is_left(run, store) : planned;
    if (rc >= 0)
        rc = again_note(again, store);
    return rc < 0 ? rc : planned;
}

static int fill(run *run, void *context)
{
    const again *again = context;
    int planned = books_change(&run->books, plan_again, run);

    if (planned < 0)
        return run_fail_books(run);
    run->idle |= again->refusal != NULL;
    if (again->refusal != NULL)
        run_fail(run, STATUS_USAGE, "%s %s", run->out, again->refusal);
    fill_count(run, planned);
    return run->status == 0 ? 0 : SL_ECLOSED;
}

int command_retry(run *run)
{
    again again = { 0 };
    run_plan plan = { .command = "retry",
                      .option_text = "",
                      .reopen = true,
                      .obeys_robots = true,
                      .fill = fill,
                      .refill = true,
                      .context = &again,
                      .tell = again_tell };

    run->out = run->options->inputs[0];
    return run_whole(run, &plan);
}
