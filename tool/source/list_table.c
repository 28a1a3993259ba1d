/* Tables: the columns that we know by their headings, and the others, which are
 * kept with the input under theirs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "source/csv_rows.h"
#include "source/list.h"

typedef struct table {
    list *list;
    csv_rows rows;
    int columns[LIST_ROLES]; /* -1: none */
    char **headings;         /* NULL: there are none */
    int heading_count;
} table;

static int find_column(const csv_rows *rows, const char *name)
{
    for (int i = 0; i < rows->count; i++)
        if (strcasecmp(list_trim(rows->fields[i]), name) == 0)
            return i;
    return -1;
}

static bool has_column(void *context, const char *name)
{
    return find_column(context, name) >= 0;
}

static int keep_headings(table *table)
{
    const csv_rows *rows = &table->rows;

    table->headings = calloc((size_t)rows->count, sizeof *table->headings);
    if (table->headings == NULL)
        return -ENOMEM;
    table->heading_count = rows->count;
    for (int i = 0; i < rows->count; i++) {
        table->headings[i] = strdup(list_trim(rows->fields[i]));
        if (table->headings[i] == NULL)
            return -ENOMEM;
    }
    return 0;
}

/* Without its checksums a table that was said to have some would be taken
 * unverified. */
static bool lacks(const table *table, enum list_role role)
{
    const char *wanted = list_wanted(table->list, role);

    if (wanted == NULL || table->columns[role] >= 0)
        return false;
    snprintf(table->list->why, LISTS_WHY_MAX, "it has no column called '%.64s'",
             wanted);
    return true;
}

/* Is the first row a heading? 1, 0, or -EBADMSG when it lacks a column that
 * was asked for. */
static int read_heading(table *table)
{
    list *list = table->list;

    for (int role = 0; role < LIST_ROLES; role++) {
        const char *name =
            list_name_of(list, (enum list_role)role, has_column, &table->rows);

        table->columns[role] = name ? find_column(&table->rows, name) : -1;
    }
    if (lacks(table, LIST_WHERE) || lacks(table, LIST_CHECKSUM))
        return -EBADMSG;
    if (table->columns[LIST_WHERE] >= 0) {
        int rc = keep_headings(table);

        return rc < 0 ? rc : 1;
    }
    for (int role = 0; role < LIST_ROLES; role++)
        table->columns[role] = role == LIST_WHERE ? 0 : -1;
    return 0;
}

static const char *field(const table *table, enum list_role role)
{
    int column = table->columns[role];

    return column >= 0 && column < table->rows.count
               ? list_trim(table->rows.fields[column])
               : NULL;
}

static bool has_role(const table *table, int column)
{
    for (int role = 0; role < LIST_ROLES; role++)
        if (table->columns[role] == column)
            return true;
    return false;
}

/* JSON knows no bytes that are not UTF-8. */
static json_t *text_value(char *text)
{
    json_t *value = json_string(text);

    if (value != NULL)
        return value;
    for (char *s = text; *s != '\0'; s++)
        if ((unsigned char)*s >= 0x80)
            *s = '?';
    return json_string(text);
}

/* NULL without memory. */
static json_t *other_fields(const table *table)
{
    json_t *made = json_object();
    int count = table->rows.count < table->heading_count ? table->rows.count
                                                         : table->heading_count;

    for (int i = 0; i < count && made != NULL; i++) {
        char *text = list_trim(table->rows.fields[i]);

        if (has_role(table, i) || text[0] == '\0' ||
            table->headings[i][0] == '\0')
            continue;
        /* A heading that is no UTF-8 names nothing: its column is left out. */
        json_object_set_new(made, table->headings[i], text_value(text));
    }
    return made;
}

/* Spreadsheets end their tables with rows of nothing but separators. */
static bool is_blank(table *table)
{
    for (int i = 0; i < table->rows.count; i++)
        if (*list_trim(table->rows.fields[i]) != '\0')
            return false;
    return true;
}

static int use_row(table *table)
{
    const char *where = field(table, LIST_WHERE);
    list_entry entry = { .line = table->rows.line };
    int rc;

    if (where == NULL || where[0] == '\0')
        return is_blank(table) ? 0
                               : list_take_bad_line(table->list, entry.line,
                                                    "no picture is named");
    entry.where = table->rows.fields[table->columns[LIST_WHERE]];
    entry.where = list_trim(entry.where);
    entry.title = field(table, LIST_TITLE);
    entry.date = field(table, LIST_DATE);
    entry.checksum = field(table, LIST_CHECKSUM);
    entry.extra = other_fields(table);
    rc = entry.extra != NULL ? list_take(table->list, &entry) : -ENOMEM;
    json_decref(entry.extra);
    return rc;
}

static int read_rows(table *table)
{
    int rc = csv_rows_next(&table->rows);

    if (rc > 0) {
        rc = read_heading(table);
        if (rc > 0)
            rc = csv_rows_next(&table->rows);
        else if (rc == 0)
            rc = 1; /* the first row is one of the others */
    }
    while (rc > 0) {
        rc = use_row(table);
        if (rc == 0)
            rc = csv_rows_next(&table->rows);
    }
    return rc;
}

int list_read_table(list *list, char separator)
{
    table table = { .list = list,
                    .rows = { .stream = &list->stream,
                              .separator = separator } };
    int rc = read_rows(&table);

    if (rc == -EILSEQ || rc == -EFBIG) {
        snprintf(list->why, LISTS_WHY_MAX, "line %ld: %s", table.rows.line,
                 rc == -EFBIG                    ? "a row of over a megabyte"
                 : list->stream.error == -EILSEQ ? list_zero_byte
                                                 : "a quote that is never "
                                                   "closed");
        rc = -EBADMSG;
    }
    for (int i = 0; i < table.heading_count; i++)
        free(table.headings[i]);
    free(table.headings);
    csv_rows_fini(&table.rows);
    return rc;
}
