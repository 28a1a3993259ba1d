/* csv_rows.h: a table of text, row by row. */
#ifndef TOOL_SOURCE_CSV_ROWS_H
#define TOOL_SOURCE_CSV_ROWS_H

#include <stddef.h>

#include "source/text_stream.h"

enum { CSV_FIELDS_MAX = 256 }; /* of a row; what is beyond them is dropped */

typedef struct csv_rows {
    text_stream *stream;
    char separator;
    long line;    /* on which the last row began */
    long at_line; /* being read */
    int count;    /* fields of the row */
    char *fields[CSV_FIELDS_MAX];
    /* private */
    char *text; /* of the fields, each with its NUL */
    size_t length, capacity;
    size_t starts[CSV_FIELDS_MAX];
} csv_rows;

/* Zero-initialise, set `stream` and `separator` (',' or a tab), and call until
 * it returns 0. 1: a row, its fields valid until the next call; -EILSEQ: a
 * quote that is never closed; -EFBIG: a row over TEXT_LINE_MAX; -ENOMEM, or
 * the stream's error. */
int csv_rows_next(csv_rows *rows);
void csv_rows_fini(csv_rows *rows);

#endif
