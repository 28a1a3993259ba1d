/* summary.json: the run for other programs.
 *
 * The items are written one by one, each through jansson, which knows how to
 * quote; only the brackets around them are ours. A tree of the whole run would
 * take memory by the number of items.
 */
#include "report/report.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "report/emit.h"
#include "report/items.h"
#include "text/json.h"

/* NULL becomes null. Bytes that are no UTF-8, which JSON cannot hold, become
 * '?'. NULL without memory. */
static json_t *text_of(const char *text)
{
    json_t *made;
    char *plain;

    if (text == NULL)
        return json_null();
    made = json_string(text);
    if (made != NULL)
        return made;
    plain = strdup(text);
    if (plain == NULL)
        return NULL;
    for (char *s = plain; *s != '\0'; s++)
        if ((unsigned char)*s >= 0x80)
            *s = '?';
    made = json_string(plain);
    free(plain);
    return made;
}

static json_t *count_of(int64_t count)
{
    return count < 0 ? json_null() : json_integer(count);
}

/* What a list said of it is only there where a list said something. */
static int set_if_known(json_t *object, const char *name, const char *text)
{
    return text == NULL ? 0 : json_object_set_new(object, name, text_of(text));
}

static int set_extra(json_t *object, const char *extra)
{
    json_t *fields = extra != NULL ? json_loads(extra, 0, NULL) : NULL;

    /* Somebody may have edited the database: then it is no JSON any more. */
    if (extra == NULL || fields == NULL)
        return set_if_known(object, "extra", extra);
    return json_object_set_new(object, "extra", fields);
}

typedef struct file_list {
    json_t *names; /* NULL: none yet */
    int failed;
} file_list;

static int take_file(void *context, const report_file *file)
{
    file_list *list = context;

    if (list->names == NULL)
        list->names = json_object();
    list->failed |=
        json_object_set_new(list->names, file->role, text_of(file->name));
    return 0;
}

/* What was made of it: {"thumb-64": "cat_64.jpg", ...}. */
static int add_files(json_t *made, const report_run *run,
                     const report_item *item)
{
    file_list list = { 0 };

    if (run->each_file == NULL ||
        (item->marked == NULL && item->edges == NULL && item->thumbs <= 0))
        return 0;
    if (run->each_file(run->context, item->id, take_file, &list) < 0)
        list.failed = -1;
    if (list.names != NULL)
        list.failed |= json_object_set_new(made, "files", list.names);
    return list.failed;
}

/* What was learnt about the picture itself. */
static int add_sky(json_t *made, const report_sky *sky)
{
    json_t *about;
    int rc = 0;

    if (sky->no_star_field == NULL)
        return 0;
    about = json_object();
    rc |= json_object_set_new(about, "star_field",
                              json_boolean(sky->no_star_field[0] == '\0'));
    rc |= json_object_set_new(about, "reason", text_of(sky->no_star_field));
    rc |= json_object_set_new(about, "background",
                              text_json_measured(sky->background));
    rc |= json_object_set_new(about, "noise", text_json_measured(sky->noise));
    rc |= json_object_set_new(about, "star_width",
                              text_json_measured(sky->star_width));
    rc |= json_object_set_new(about, "snr_limit",
                              text_json_measured(sky->snr_limit));
    if (sky->no_ra_dec != NULL)
        rc |= json_object_set_new(about, "no_ra_dec", text_of(sky->no_ra_dec));
    return rc | json_object_set_new(made, "sky", about);
}

/* json_object_set_new() takes the value, also NULL, and then fails. */
static json_t *item_object(const report_run *run, const report_item *item)
{
    json_t *made = json_object();
    int rc = made == NULL ? -1 : 0;

    rc |= json_object_set_new(made, "name", text_of(item->name));
    rc |= json_object_set_new(made, "url", text_of(item->url));
    rc |= json_object_set_new(made, "state", text_of(item->state));
    rc |= json_object_set_new(made, "class", text_of(item->class_name));
    rc |= json_object_set_new(made, "reason", text_of(item->reason));
    rc |= json_object_set_new(made, "stars", count_of(item->stars));
    rc |= json_object_set_new(made, "width", count_of(item->width));
    rc |= json_object_set_new(made, "height", count_of(item->height));
    if (item->true_stars >= 0)
        rc |=
            json_object_set_new(made, "true_stars", count_of(item->true_stars));
    if (made != NULL)
        rc |= add_sky(made, &item->sky);
    rc |= set_if_known(made, "title", item->title);
    rc |= set_if_known(made, "date", item->date);
    rc |= set_if_known(made, "checksum", item->checksum);
    if (item->bytes > 0)
        rc |= json_object_set_new(made, "bytes", count_of(item->bytes));
    rc |= set_if_known(made, "xxh64", item->xxh64);
    rc |= set_if_known(made, "duplicate_of", item->duplicate_of);
    rc |= set_if_known(made, "shard", item->shard);
    rc |= set_extra(made, item->extra);
    if (made != NULL)
        rc |= add_files(made, run, item);
    if (rc == 0)
        return made;
    json_decref(made);
    return NULL;
}

static int emit_item(emitter *e, const report_run *run, const report_item *item)
{
    json_t *object = item_object(run, item);
    char *text = object != NULL ? text_json(object, JSON_COMPACT) : NULL;
    bool made = text != NULL;

    json_decref(object);
    if (made)
        emit_text(e, text);
    free(text);
    return made ? 0 : -ENOMEM;
}

static void emit_count(emitter *e, const char *name, int64_t value)
{
    emit_text(e, name);
    emit_integer(e, value);
}

static void emit_totals(emitter *e, const report_run *run)
{
    emit_text(e, "{\"schema\":1");
    emit_count(e, ",\"planned\":", run->planned);
    emit_count(e, ",\"done\":", run->done);
    emit_count(e, ",\"failed\":", run->failed);
    emit_count(e, ",\"skipped\":", run->skipped);
    emit_count(e, ",\"expected_failures\":", run->expected_failures);
    emit_text(e, ",\"elapsed_s\":");
    emit_fixed(e, run->elapsed_s, 3);
}

int report_item_json(const report_run *run, const report_item *item,
                     const report_out *out)
{
    emitter e;
    int rc;

    emit_start(&e, out);
    rc = emit_item(&e, run, item);
    emit_text(&e, "\n");
    return rc < 0 ? rc : emit_end(&e);
}

void summary_begin(emitter *e, const report_run *run)
{
    emit_totals(e, run);
    emit_text(e, ",\"items\":[");
}

int summary_add(emitter *e, const report_run *run, const report_item *item,
                bool is_first)
{
    emit_text(e, is_first ? "\n" : ",\n");
    return emit_item(e, run, item);
}

void summary_end(emitter *e)
{
    emit_text(e, "\n]}\n");
}

int report_summary_json(const report_run *run, const report_out *out)
{
    report_item item = { 0 };
    bool is_first = true;
    emitter e;
    int rc;

    emit_start(&e, out);
    summary_begin(&e, run);
    while ((rc = run->next_item(run->context, item.id, &item)) > 0) {
        rc = summary_add(&e, run, &item, is_first);
        is_first = false;
        if (rc < 0)
            break;
    }
    summary_end(&e);
    return rc < 0 ? rc : emit_end(&e);
}
