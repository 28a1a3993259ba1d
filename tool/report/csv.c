/* stars.csv: the catalogue; items.csv: the items. */
#include "report/report.h"

#include <math.h>
#include <string.h>

#include "report/emit.h"
#include "report/items.h"

typedef struct {
    emitter e;
    int has_places;
    const char *image;
} catalogue;

static void emit_place(emitter *e, double degrees)
{
    emit_bytes(e, ",", 1);
    if (!isnan(degrees))
        emit_double(e, degrees);
}

static int emit_star(void *context, const report_star *star)
{
    const float measured[] = { star->flux, star->peak,  star->fwhm, star->a,
                               star->b,    star->theta, star->snr };
    catalogue *c = context;

    emit_csv(&c->e, c->image);
    emit_bytes(&c->e, ",", 1);
    emit_double(&c->e, star->x);
    emit_bytes(&c->e, ",", 1);
    emit_double(&c->e, star->y);
    for (size_t i = 0; i < sizeof measured / sizeof *measured; i++) {
        emit_bytes(&c->e, ",", 1);
        emit_float(&c->e, measured[i]);
    }
    emit_bytes(&c->e, ",", 1);
    emit_integer(&c->e, star->flags);
    if (c->has_places) {
        emit_place(&c->e, star->ra);
        emit_place(&c->e, star->dec);
    }
    emit_bytes(&c->e, "\n", 1);
    return c->e.error;
}

int report_stars_csv(const report_run *run, const report_out *out)
{
    report_item item = { 0 };
    catalogue c;
    int rc;

    emit_start(&c.e, out);
    c.has_places = run->has_places;
    emit_text(&c.e, "image,x,y,flux,peak,fwhm,a,b,theta,snr,flags");
    emit_text(&c.e, run->has_places ? ",ra,dec\n" : "\n");
    while ((rc = run->next_item(run->context, item.id, &item)) > 0) {
        if (strcmp(item.state, "done") != 0)
            continue;
        c.image = item.name;
        rc = run->each_star(run->context, item.id, emit_star, &c);
        if (rc < 0)
            break;
    }
    return rc < 0 ? rc : emit_end(&c.e);
}

/* A comma and the text; nothing where it is not known. */
static void add_text(emitter *e, const char *text)
{
    emit_text(e, ",");
    if (text != NULL)
        emit_csv(e, text);
}

static void add_count(emitter *e, int64_t count)
{
    emit_text(e, ",");
    if (count >= 0)
        emit_integer(e, count);
}

void items_csv_begin(emitter *e)
{
    emit_text(e, "name,url,state,class,reason,title,date,width,height,stars,"
                 "bytes,xxh64,duplicate_of,shard,extra\n");
}

void items_csv_add(emitter *e, const report_item *item)
{
    emit_csv(e, item->name);
    add_text(e, item->url);
    add_text(e, item->state);
    add_text(e, item->class_name);
    add_text(e, item->reason);
    add_text(e, item->title);
    add_text(e, item->date);
    add_count(e, item->width);
    add_count(e, item->height);
    add_count(e, item->stars);
    add_count(e, item->bytes > 0 ? item->bytes : -1);
    add_text(e, item->xxh64);
    add_text(e, item->duplicate_of);
    add_text(e, item->shard);
    add_text(e, item->extra);
    emit_text(e, "\n");
}
