/* The end of a run, all of it on the store's thread: the books are asked once
 * and nothing else changes them meanwhile. */
#include "cmd/outcome.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <starling/error.h>

#include "report/report.h"

/* Rows, from the store's shape into the report's. */

static int next_item(void *context, int64_t after, report_item *out)
{
    store_item item;
    int rc = store_next_item(context, after, STORE_ANY, &item);

    if (rc <= 0)
        return rc;
    *out = (report_item){ .id = item.id,
                          .state = store_state_name(item.state),
                          .name = item.name,
                          .url = item.url,
                          .title = item.title,
                          .date = item.date,
                          .class_name = item.class_name,
                          .reason = item.reason,
                          .stars = item.stars,
                          .true_stars = item.true_stars,
                          .width = item.width,
                          .height = item.height,
                          .marked = item.marked,
                          .preview = item.preview,
                          .preview_size = item.preview_size };
    return 1;
}

typedef struct star_taker {
    report_take_star *take;
    void *context;
} star_taker;

static int take_star(void *context, const store_star *star)
{
    star_taker *taker = context;
    report_star copy = {
        star->x, star->y, star->flux,  star->peak, star->fwhm,
        star->a, star->b, star->theta, star->snr,  star->flags
    };

    return taker->take(taker->context, &copy);
}

static int each_star(void *context, int64_t id, report_take_star *take,
                     void *take_context)
{
    star_taker taker = { take, take_context };

    return store_each_star(context, id, take_star, &taker);
}

/* Files. */

typedef int report_writer(const report_run *run, const report_out *out);

static int append(void *context, const void *data, size_t size)
{
    return files_draft_append(context, data, size);
}

static int write_output(store *store, const report_run *report,
                        const char *name, report_writer *writer,
                        enum files_sync sync)
{
    files_draft draft;
    report_out out = { append, &draft };
    int rc = files_draft_open(&draft, store_folder(store, STORE_RUN), name);

    if (rc < 0)
        return rc;
    rc = writer(report, &out);
    if (rc < 0) {
        files_draft_drop(&draft);
        return rc;
    }
    return files_draft_keep(
        &draft, &(files_how){ .sync = sync, .replace = true }, NULL);
}

static int write_outputs(run *run, store *store, const report_run *report)
{
    static const struct {
        const char *name;
        report_writer *writer;
    } outputs[] = { { "stars.csv", report_stars_csv },
                    { "summary.json", report_summary_json },
                    { "report.html", report_html } };
    enum files_sync sync =
        run->options->sync == SYNC_OFF ? FILES_SYNC_OFF : FILES_SYNC_ITEM;

    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++) {
        int rc = write_output(store, report, outputs[i].name, outputs[i].writer,
                              sync);

        if (rc < 0) {
            run_fail(run, files_exit_status(rc), "cannot write %s/%s: %s",
                     run->out, outputs[i].name, files_reason(rc));
            return rc;
        }
    }
    return 0;
}

/* Words. */

void outcome_print_item(run *run, const store_item *item)
{
    console *console = run->console;

    if (item->state == STORE_DONE && item->true_stars >= 0)
        console_line(
            console, "🔍 Found %lld stars in %s (%lld are there to be found)",
            (long long)item->stars, item->name, (long long)item->true_stars);
    else if (item->state == STORE_DONE)
        console_line(console, "🔍 Found %lld stars in %s",
                     (long long)item->stars, item->name);
    else if (item->state == STORE_FAILED)
        console_line(console, "❌ Failed %s: %s: %s", item->name,
                     item->class_name ? item->class_name : "failed",
                     item->reason ? item->reason : "");
    else if (item->state == STORE_SKIPPED)
        console_line(console, "⏭️ Skipped %s: %s", item->name,
                     item->reason ? item->reason : "");
}

/* Prints the rows and counts the failures that nobody expected. */
static int go_through_items(run *run, store *store)
{
    const run_plan *plan = run->plan;
    store_item item = { 0 };
    int rc;

    while ((rc = store_next_item(store, item.id, STORE_ANY, &item)) > 0) {
        bool failed = item.state == STORE_FAILED;
        bool meant =
            plan->must_fail != NULL && plan->must_fail(plan->context, item.url);

        run->failed += failed;
        run->unexpected += failed != meant;
        outcome_print_item(run, &item);
    }
    return rc;
}

static void print_totals(run *run, const store_counts *counts, double elapsed_s)
{
    console *console = run->console;
    long long pending =
        (long long)(counts->in[STORE_PLANNED] + counts->in[STORE_FETCHED]);

    console_line(console,
                 "📊 %lld planned: %lld done, %lld failed, %lld skipped",
                 (long long)counts->planned, (long long)counts->in[STORE_DONE],
                 (long long)counts->in[STORE_FAILED],
                 (long long)counts->in[STORE_SKIPPED]);
    console_line(console, "%s", "");
    if (pending == 0)
        console_line(console, "🎉 Project completed in %.2f seconds!",
                     elapsed_s);
    else
        console_line(
            console, "⏸️ Stopped after %.2f seconds: %lld are left%s",
            elapsed_s, pending,
            run->plan->fresh ? "" : "; the same command goes on with them");
}

static int append_text(void *context, const void *data, size_t size)
{
    return fwrite(data, 1, size, context) == size ? 0 : -ENOMEM;
}

static void print_json(run *run, const report_run *report)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    report_out out = { append_text, file };

    if (file == NULL)
        return;
    int rc = report_summary_json(report, &out);

    if (fclose(file) == 0 && rc == 0)
        console_json(run->console, text, size);
    free(text);
}

static int settle(run *run, store *store)
{
    double elapsed_s = (double)(sl_now() - run->start) / 1e9;
    store_counts counts;
    store_run row;
    int rc = store_check(store, -1);

    if (rc == 0)
        rc = store_expect_failures(store, run->plan->expected_failures);
    if (rc == 0)
        rc = store_finish(store, elapsed_s);
    if (rc == 0)
        rc = store_count(store, &counts);
    if (rc == 0)
        rc = store_read_run(store, &row);
    if (rc < 0)
        return rc;
    report_run report = { .command = strdup(row.command),
                          .version = STARLING_VERSION,
                          .command_line = run->command_line,
                          .processed = strdup(row.processed),
                          .started_at = strdup(row.started_at),
                          .finished_at =
                              row.finished_at ? strdup(row.finished_at) : NULL,
                          .planned = counts.planned,
                          .done = counts.in[STORE_DONE],
                          .failed = counts.in[STORE_FAILED],
                          .skipped = counts.in[STORE_SKIPPED],
                          .expected_failures = run->plan->expected_failures,
                          .stars = counts.stars,
                          .elapsed_s = elapsed_s,
                          .next_item = next_item,
                          .each_star = each_star,
                          .context = store };

    console_line(run->console, "%s", "");
    console_line(run->console, "✨ Project Summary! 🚀");
    rc = go_through_items(run, store);
    if (rc == 0 && write_outputs(run, store, &report) == 0) {
        print_totals(run, &counts, elapsed_s);
        console_line(run->console, "📁 Pictures: %s/%s", run->out,
                     report.processed);
        console_line(run->console, "📄 Report:   %s/report.html", run->out);
        if (run->options->json)
            print_json(run, &report);
    }
    free((void *)(uintptr_t)report.command);
    free((void *)(uintptr_t)report.processed);
    free((void *)(uintptr_t)report.started_at);
    free((void *)(uintptr_t)report.finished_at);
    return rc;
}

static int settle_on_thread(store *store, void *arg)
{
    return settle(arg, store);
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
    return run->unexpected > 0 ? STATUS_SOME_FAILED : STATUS_DONE;
}
