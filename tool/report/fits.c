/* stars.fits: the catalogue as a binary table.
 *
 * FITS is blocks of 2880 bytes: a header of 80-byte cards, then rows of fixed
 * length, the numbers most significant byte first. A header says how many rows
 * there are and how long the longest name is, so the items are read once before
 * they are written.
 */
#include "report/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "report/emit.h"

enum { BLOCK = 2880, CARD = 80, NAME_MAX_BYTES = 255 };

typedef struct column {
    const char *name, *format, *unit, *what;
} column;

static const column columns[] = {
    { "x", "1D", "pixel", "0-based centre, columns as in the file" },
    { "y", "1D", "pixel", "0-based centre, rows as in the file" },
    { "flux", "1E", "adu", "" },
    { "peak", "1E", "adu", "over the level around" },
    { "fwhm", "1E", "pixel", "" },
    { "a", "1E", "pixel", "sigma of the large axis" },
    { "b", "1E", "pixel", "sigma of the small axis" },
    { "theta", "1E", "rad", "of the large axis, from x towards y" },
    { "snr", "1E", "", "" },
    { "flags", "1J", "", "1 saturated, 2 edge, 4 blended, 8 wide" },
    { "ra", "1D", "deg", "" },
    { "dec", "1D", "deg", "" },
};

enum { PLACES = 2, COLUMNS = sizeof columns / sizeof *columns };

typedef struct table {
    emitter e;
    uint64_t written; /* bytes */
    int name_width, has_places;
    int64_t rows;
    const char *image;
} table;

static void put(table *t, const void *data, size_t size)
{
    emit_bytes(&t->e, data, size);
    t->written += size;
}

__attribute__((format(printf, 2, 3))) static void
put_card(table *t, const char *format, ...)
{
    char text[2 * CARD], card[CARD];
    va_list args;
    size_t length;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    length = strlen(text);
    memset(card, ' ', sizeof card);
    memcpy(card, text, length < CARD ? length : CARD);
    put(t, card, sizeof card);
}

static void fill_block(table *t, char with)
{
    while (t->written % BLOCK != 0)
        put(t, &with, 1);
}

static void put_number(table *t, const char *name, int64_t value)
{
    put_card(t, "%-8s= %20" PRId64, name, value);
}

/* Strings begin in the eleventh column and have at least eight letters. */
static void put_string(table *t, const char *name, int number,
                       const char *value, const char *comment)
{
    char keyword[16];

    if (number > 0)
        snprintf(keyword, sizeof keyword, "%s%d", name, number);
    else
        snprintf(keyword, sizeof keyword, "%s", name);
    put_card(t, "%-8s= '%-8s'%s%s", keyword, value,
             comment[0] != '\0' ? " / " : "", comment);
}

static int column_count(const table *t)
{
    return COLUMNS - (t->has_places ? 0 : PLACES);
}

static void put_columns(table *t)
{
    char format[16];

    snprintf(format, sizeof format, "%dA", t->name_width);
    put_string(t, "TTYPE", 1, "image", "original's file name");
    put_string(t, "TFORM", 1, format, "");
    for (int i = 0; i < column_count(t); i++) {
        put_string(t, "TTYPE", i + 2, columns[i].name, columns[i].what);
        put_string(t, "TFORM", i + 2, columns[i].format, "");
        if (columns[i].unit[0] != '\0')
            put_string(t, "TUNIT", i + 2, columns[i].unit, "");
    }
}

static void put_headers(table *t, const char *version)
{
    int row = t->name_width + 2 * 8 + 7 * 4 + 4 + (t->has_places ? 2 * 8 : 0);

    put_card(t, "%-8s= %20s", "SIMPLE", "T");
    put_number(t, "BITPIX", 8);
    put_number(t, "NAXIS", 0);
    put_card(t, "%-8s= %20s", "EXTEND", "T");
    put_card(t, "%-8s= 'starling %s'", "CREATOR", version);
    put_card(t, "END");
    fill_block(t, ' ');
    put_string(t, "XTENSION", 0, "BINTABLE", "");
    put_number(t, "BITPIX", 8);
    put_number(t, "NAXIS", 2);
    put_number(t, "NAXIS1", row);
    put_number(t, "NAXIS2", t->rows);
    put_number(t, "PCOUNT", 0);
    put_number(t, "GCOUNT", 1);
    put_number(t, "TFIELDS", column_count(t) + 1);
    put_string(t, "EXTNAME", 0, "STARS", "");
    put_columns(t);
    put_card(t, "END");
    fill_block(t, ' ');
}

static void put_whole(table *t, uint64_t bits, size_t size)
{
    unsigned char bytes[8];

    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(bits >> (8 * (size - 1 - i)));
    put(t, bytes, size);
}

static void put_double(table *t, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    put_whole(t, bits, sizeof bits);
}

static void put_float(table *t, float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    put_whole(t, bits, sizeof bits);
}

static int put_star(void *context, const report_star *star)
{
    const float measured[] = { star->flux, star->peak,  star->fwhm, star->a,
                               star->b,    star->theta, star->snr };
    table *t = context;
    char name[NAME_MAX_BYTES] = { 0 };
    size_t length = strlen(t->image);

    memcpy(name, t->image,
           length < (size_t)t->name_width ? length : (size_t)t->name_width);
    put(t, name, (size_t)t->name_width);
    put_double(t, star->x);
    put_double(t, star->y);
    for (size_t i = 0; i < sizeof measured / sizeof *measured; i++)
        put_float(t, measured[i]);
    put_whole(t, star->flags, 4);
    if (t->has_places) {
        put_double(t, star->ra);
        put_double(t, star->dec);
    }
    return t->e.error;
}

static int is_done(const report_item *item)
{
    return strcmp(item->state, "done") == 0;
}

static int measure(const report_run *run, table *t)
{
    report_item item = { 0 };
    int rc;

    t->name_width = 1;
    while ((rc = run->next_item(run->context, item.id, &item)) > 0) {
        size_t length = strlen(item.name);

        if (!is_done(&item) || item.stars <= 0)
            continue;
        t->rows += item.stars;
        length = length < NAME_MAX_BYTES ? length : NAME_MAX_BYTES;
        if ((int)length > t->name_width)
            t->name_width = (int)length;
    }
    return rc;
}

int report_stars_fits(const report_run *run, const report_out *out)
{
    report_item item = { 0 };
    table t = { .has_places = run->has_places };
    int rc = measure(run, &t);

    if (rc < 0)
        return rc;
    emit_start(&t.e, out);
    put_headers(&t, run->version);
    while ((rc = run->next_item(run->context, item.id, &item)) > 0) {
        if (!is_done(&item))
            continue;
        t.image = item.name;
        rc = run->each_star(run->context, item.id, put_star, &t);
        if (rc < 0)
            return rc;
    }
    fill_block(&t, 0);
    return rc < 0 ? rc : emit_end(&t.e);
}
