/* CSV as RFC 4180 has it: commas, quotes around a field that holds commas or
 * newlines, two quotes for one inside. Lines may end as they like.
 */
#include "source/csv_rows.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

static int add(csv_rows *rows, int c)
{
    if (rows->length == rows->capacity) {
        size_t capacity = rows->capacity > 0 ? 2 * rows->capacity : 4096;
        char *text = realloc(rows->text, capacity);

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
    int c = getc(rows->file);

    rows->at_line += c == '\n';
    return c;
}

static void push_back(csv_rows *rows, int c)
{
    rows->at_line -= c == '\n';
    ungetc(c, rows->file);
}

/* Behind the opening quote. */
static int read_quoted(csv_rows *rows)
{
    for (;;) {
        int c = next_byte(rows), rc;

        if (c == EOF)
            return -EBADMSG;
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

/* Returns the byte that ends the field: ',', '\n' or EOF; or an error, which
 * is below EOF. */
static int read_field(csv_rows *rows)
{
    bool begun = false;

    for (;;) {
        int c = next_byte(rows), rc = 0;

        if (c == ',' || c == '\n' || c == EOF)
            return c;
        if (c == '"' && !begun)
            rc = read_quoted(rows);
        else if (c != '\r')
            rc = add(rows, c);
        if (rc < 0)
            return rc + EOF; /* apart from EOF itself */
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
        rc = end < EOF ? end - EOF : add(rows, '\0');
        if (rc < 0)
            return rc;
        if (rows->count < CSV_FIELDS_MAX)
            rows->starts[rows->count++] = start;
    } while (end == ',');
    for (int i = 0; i < rows->count; i++)
        rows->fields[i] = rows->text + rows->starts[i];
    if (ferror(rows->file))
        return -EIO;
    return end == EOF && rows->count == 1 && rows->length == 1 ? 0 : 1;
}

void csv_rows_fini(csv_rows *rows)
{
    free(rows->text);
    *rows = (csv_rows){ 0 };
}
