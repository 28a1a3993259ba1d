/* CSV as RFC 4180 has it: commas, quotes around a field that holds commas or
 * newlines, two quotes for one inside. Lines may end as they like. With tabs
 * instead of commas it is what spreadsheets call TSV.
 */
#include "source/csv_rows.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

static int add(csv_rows *rows, int c)
{
    if (rows->length == rows->capacity) {
        size_t capacity = rows->capacity > 0 ? 2 * rows->capacity : 4096;
        char *text;

        if (rows->length >= TEXT_LINE_MAX)
            return -EFBIG;
        text = realloc(rows->text, capacity);
        if (text == NULL)
            return -ENOMEM;
        rows->text = text;
        rows->capacity = capacity;
    }
    rows->text[rows->length++] = (char)c;
    return 0;
}

static int next_byte(csv_rows *rows)
{
    int c = text_getc(rows->stream);

    rows->at_line += c == '\n';
    return c;
}

static void push_back(csv_rows *rows, int c)
{
    rows->at_line -= c == '\n';
    text_ungetc(rows->stream, c);
}

/* Behind the opening quote. */
static int read_quoted(csv_rows *rows)
{
    for (;;) {
        int c = next_byte(rows), rc;

        if (c == TEXT_END)
            return -EILSEQ;
        if (c == '"') {
            int after = next_byte(rows);

            if (after != '"') {
                push_back(rows, after);
                return 0;
            }
        }
        rc = add(rows, c);
        if (rc < 0)
            return rc;
    }
}

/* Returns the byte that ends the field: the separator, '\n' or TEXT_END; or an
 * error, which is below that. */
static int read_field(csv_rows *rows)
{
    bool begun = false;

    for (;;) {
        int c = next_byte(rows), rc = 0;

        if (c == rows->separator || c == '\n' || c == TEXT_END)
            return c;
        if (c == '"' && !begun)
            rc = read_quoted(rows);
        else if (c != '\r')
            rc = add(rows, c);
        if (rc < 0)
            return rc + TEXT_END; /* apart from the end itself */
        begun = true;
    }
}

int csv_rows_next(csv_rows *rows)
{
    int end;

    rows->count = 0;
    rows->length = 0;
    rows->line = rows->at_line + 1;
    do {
        size_t start = rows->length;
        int rc;

        end = read_field(rows);
        rc = end < TEXT_END ? end - TEXT_END : add(rows, '\0');
        if (rc < 0)
            return rc;
        if (rows->count < CSV_FIELDS_MAX)
            rows->starts[rows->count++] = start;
    } while (end == rows->separator);
    for (int i = 0; i < rows->count; i++)
        rows->fields[i] = rows->text + rows->starts[i];
    if (rows->stream->error < 0)
        return rows->stream->error;
    return end == TEXT_END && rows->count == 1 && rows->length == 1 ? 0 : 1;
}

void csv_rows_fini(csv_rows *rows)
{
    free(rows->text);
    *rows = (csv_rows){ 0 };
}
