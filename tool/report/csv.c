/* stars.csv: the catalogue.
 *
 * Spreadsheets run a field that begins with '=' as a formula, and a name can
 * come from a server. Our names begin with a letter, a digit or '_', so the
 * guard below never fires on them; it is here because this file must be safe
 * whoever calls it.
 */
#include "report/report.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "report/emit.h"

typedef struct {
    emitter e;
    int has_places;
    const char *image;
} catalogue;

static bool needs_quotes(const char *text)
{
    return text[strcspn(text, ",\"\r\n; ")] != '\0';
}

static void emit_name(emitter *e, const char *name)
{
    bool quoted = needs_quotes(name);

    if (quoted)
        emit_bytes(e, "\"", 1);
    if (*name != '\0' && strchr("=+-@\t\r", *name) != NULL)
        emit_bytes(e, "'", 1);
    for (; *name != '\0'; name++) {
        if (*name == '"')
            emit_bytes(e, "\"", 1);
        emit_bytes(e, (unsigned char)*name < 0x20 ? " " : name, 1);
    }
    if (quoted)
        emit_bytes(e, "\"", 1);
}

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

    emit_name(&c->e, c->image);
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
