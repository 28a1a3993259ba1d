/* What the report needs of a run, out of the books. All of it runs on the
 * store's thread; a report's own texts are copies, since the store lends its
 * only until the next call.
 */
#include "run/outputs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows, from the store's shape into the report's. */

static report_item item_of(const store_item *row)
{
    return (report_item){ .id = row->id,
                          .state = store_state_name(row->state),
                          .name = row->name,
                          .url = row->url,
                          .title = row->title,
                          .date = row->date,
                          .class_name = row->class_name,
                          .reason = row->reason,
                          .checksum = row->checksum,
                          .extra = row->extra,
                          .duplicate_of = row->duplicate_of,
                          .xxh64 = row->xxh64,
                          .bytes = row->bytes,
                          .shard = row->shard,
                          .stars = row->stars,
                          .true_stars = row->true_stars,
                          .sky = { row->sky.no_star_field, row->sky.background,
                                   row->sky.noise, row->sky.star_width,
                                   row->sky.snr_limit, row->sky.no_ra_dec },
                          .width = row->width,
                          .height = row->height,
                          .marked = row->marked,
                          .edges = row->edges,
                          .thumbs = row->thumbs,
                          .preview = row->preview,
                          .preview_size = row->preview_size };
}

static int next_item(void *context, int64_t after, report_item *out)
{
    store_item item;
    int rc = store_next_item(context, after, STORE_ANY, &item);

    if (rc <= 0)
        return rc;
    *out = item_of(&item);
    return 1;
}

typedef struct star_taker {
    report_take_star *take;
    void *context;
} star_taker;

static int take_star(void *context, const store_star *star)
{
    star_taker *taker = context;
    report_star copy = { star->x,    star->y,     star->flux, star->peak,
                         star->fwhm, star->a,     star->b,    star->theta,
                         star->snr,  star->flags, star->ra,   star->dec };

    return taker->take(taker->context, &copy);
}

static int each_star(void *context, int64_t id, report_take_star *take,
                     void *take_context)
{
    star_taker taker = { take, take_context };

    return store_each_star(context, id, take_star, &taker);
}

typedef struct file_taker {
    report_take_file *take;
    void *context;
} file_taker;

static int take_file(void *context, const store_file *file)
{
    file_taker *taker = context;
    report_file copy = { file->role, file->name };

    return file->folder == STORE_PROCESSED ? taker->take(taker->context, &copy)
                                           : 0;
}

static int each_file(void *context, int64_t id, report_take_file *take,
                     void *take_context)
{
    file_taker taker = { take, take_context };

    return store_each_file(context, id, take_file, &taker);
}

/* Files. */

typedef int report_writer(const report_run *run, const report_out *out);

static int append(void *context, const void *data, size_t size)
{
    return files_draft_append(context, data, size);
}

static int open_output(store *store, const char *name, files_draft *draft)
{
    return files_draft_open(draft, store_folder(store, STORE_RUN), name);
}

static int keep_output(files_draft *draft, enum files_sync sync)
{
    return files_draft_keep(
        draft, &(files_how){ .sync = sync, .replace = true }, NULL);
}

static int write_output(store *store, const report_run *report,
                        const char *name, report_writer *writer,
                        enum files_sync sync)
{
    files_draft draft;
    report_out out = { append, &draft };
    int rc = open_output(store, name, &draft);

    if (rc < 0)
        return rc;
    rc = writer(report, &out);
    if (rc < 0) {
        files_draft_drop(&draft);
        return rc;
    }
    return keep_output(&draft, sync);
}

static int write_lists(store *store, const report_run *report,
                       enum files_sync sync)
{
    files_draft csv, json;
    int rc = open_output(store, "items.csv", &csv);

    if (rc < 0)
        return rc;
    rc = open_output(store, "summary.json", &json);
    if (rc == 0)
        rc = report_items(report, &(report_out){ append, &csv },
                          &(report_out){ append, &json });
    if (rc == 0)
        rc = keep_output(&csv, sync);
    if (rc == 0)
        rc = keep_output(&json, sync);
    files_draft_drop(&csv); /* what has been kept is not touched */
    files_draft_drop(&json);
    return rc;
}

static int check_output(run *run, const char *name, int rc)
{
    if (rc < 0)
        run_fail(run, files_exit_status(rc), "cannot write %s/%s: %s", run->out,
                 name, files_reason(rc));
    return rc;
}

int outputs_write(run *run, store *store, const report_run *report)
{
    static const struct {
        const char *name;
        report_writer *writer;
        bool about_stars;
    } outputs[] = { { "stars.csv", report_stars_csv, true },
                    { "stars.fits", report_stars_fits, true },
                    { "report.html", report_html, false } };
    enum files_sync sync =
        run->options->sync == SYNC_OFF ? FILES_SYNC_OFF : FILES_SYNC_ITEM;
    int rc = check_output(run, "items.csv or summary.json",
                          write_lists(store, report, sync));

    for (size_t i = 0; rc == 0 && i < sizeof outputs / sizeof *outputs; i++)
        if (!outputs[i].about_stars ||
            strstr(report->operations, "stars") != NULL)
            rc = check_output(run, outputs[i].name,
                              write_output(store, report, outputs[i].name,
                                           outputs[i].writer, sync));
    return rc;
}

int outputs_read(store *store, report_run *out)
{
    store_counts counts;
    store_run row;
    int places = 0, rc = store_count(store, &counts);

    if (rc == 0)
        rc = places = store_has_places(store);
    if (rc >= 0)
        rc = store_read_run(store, &row);
    if (rc < 0)
        return rc;
    *out = (report_run){
        .command = strdup(row.command),
        .version = STARLING_VERSION,
        .command_line = strdup(row.command_line),
        .operations = strdup(row.operations),
        .originals = strdup(row.originals),
        .processed = strdup(row.processed),
        .started_at = strdup(row.started_at),
        .finished_at = row.finished_at ? strdup(row.finished_at) : NULL,
        .planned = counts.planned,
        .done = counts.in[STORE_DONE],
        .failed = counts.in[STORE_FAILED],
        .skipped = counts.in[STORE_SKIPPED],
        .expected_failures = row.expected_failures,
        .stars = counts.stars,
        .elapsed_s = row.elapsed_s,
        .has_places = places,
        .has_truth = strcmp(row.command, "demo") == 0,
        .next_item = next_item,
        .each_star = each_star,
        .each_file = each_file,
        .context = store,
    };
    return 0;
}

static void free_text(const char *text)
{
    free((void *)(uintptr_t)text);
}

void outputs_forget(report_run *report)
{
    free_text(report->command);
    free_text(report->command_line);
    free_text(report->operations);
    free_text(report->originals);
    free_text(report->processed);
    free_text(report->started_at);
    free_text(report->finished_at);
}

static int append_text(void *context, const void *data, size_t size)
{
    return fwrite(data, 1, size, context) == size ? 0 : -ENOMEM;
}

int outputs_item_json(store *store, const store_item *item, char **text,
                      size_t *size)
{
    report_run run = { .operations = "",
                       .each_star = each_star,
                       .each_file = each_file,
                       .context = store };
    report_item copy = item_of(item);
    FILE *file = open_memstream(text, size);
    report_out out = { append_text, file };
    int rc;

    if (file == NULL)
        return -ENOMEM;
    rc = report_item_json(&run, &copy, &out);
    if (fclose(file) != 0 && rc == 0)
        rc = -ENOMEM;
    if (rc < 0)
        free(*text);
    return rc;
}

static int print_part(void *console, const void *data, size_t size)
{
    console_json_part(console, data, size);
    return 0;
}

void outputs_print_json(run *run, const report_run *report)
{
    report_out out = { print_part, run->console };

    if (report_summary_json(report, &out) < 0)
        run_fail(run, STATUS_OUTPUT, "the books could not be read to the end");
}
