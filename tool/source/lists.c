/* Lists of inputs. An exported table and a dump of a service's answers are what
 * people have at hand, so both are read as they are; that a list cannot be read
 * is said with its line, since it may have thousands.
 */
#include "source/lists.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include <jansson.h>

#include "source/csv_rows.h"

typedef struct list {
    FILE *file;
    inputs_take *take;
    void *context;
    char *why;
} list;

typedef int list_reader(const list *list);

static int refuse(const list *list, long line, const char *words)
{
    snprintf(list->why, LISTS_WHY_MAX, "line %ld: %s", line, words);
    return -EBADMSG;
}

static int take(const list *list, const char *where)
{
    input input = { .where = where, .is_url = inputs_is_url(where) };

    if (!input.is_url)
        input.problem = inputs_problem(where);
    return list->take(list->context, &input);
}

static void drop_byte_order_mark(FILE *file)
{
    static const char mark[] = "\xef\xbb\xbf";
    int n = 0, c = 0;

    while (n < 3 && (c = getc(file)) == (unsigned char)mark[n])
        n++;
    if (n == 3)
        return;
    if (n < 3 && c != EOF)
        ungetc(c, file);
    while (n-- > 0) /* glibc takes back as many as were read */
        ungetc((unsigned char)mark[n], file);
}

/* Without its end and the blanks around it. */
static char *trim(char *line)
{
    size_t n;

    line += strspn(line, " \t");
    n = strlen(line);
    while (n > 0 && strchr(" \t\r\n", line[n - 1]) != NULL)
        line[--n] = '\0';
    return line;
}

static int read_lines(const list *list,
                      int (*use)(const struct list *list, long number,
                                 const char *line))
{
    char *line = NULL;
    size_t capacity = 0;
    long number = 0;
    int rc = 0;

    while (rc == 0 && getline(&line, &capacity, list->file) >= 0) {
        char *content = trim(line);

        number++;
        if (content[0] != '\0')
            rc = use(list, number, content);
    }
    free(line);
    return rc == 0 && ferror(list->file) ? -EIO : rc;
}

static int use_plain(const list *list, long number, const char *line)
{
    (void)number;
    return line[0] == '#' ? 0 : take(list, line);
}

static int read_plain(const list *list)
{
    return read_lines(list, use_plain);
}

/* The better picture first, as the APOD service calls them. */
static const char *address_in(const json_t *value)
{
    static const char *const names[] = { "hdurl", "url", "path" };

    if (json_is_string(value))
        return json_string_value(value);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *text = json_string_value(json_object_get(value, names[i]));

        if (text != NULL && text[0] != '\0')
            return text;
    }
    return NULL;
}

static int use_json(const list *list, long number, const char *line)
{
    json_error_t error;
    json_t *value = json_loads(line, JSON_DECODE_ANY, &error);
    const char *address = address_in(value);
    int rc;

    if (value == NULL)
        return refuse(list, number, "no JSON text");
    rc = address != NULL
             ? take(list, address)
             : refuse(list, number, "an object without \"url\" or \"path\"");
    json_decref(value);
    return rc;
}

static int read_json(const list *list)
{
    return read_lines(list, use_json);
}

/* -1: the row is no heading. */
static int find_column(const csv_rows *rows)
{
    static const char *const names[] = { "hdurl", "url",  "image",
                                         "path",  "file", "link" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (int column = 0; column < rows->count; column++)
            if (strcasecmp(trim(rows->fields[column]), names[i]) == 0)
                return column;
    return -1;
}

static int use_row(const list *list, csv_rows *rows, int column)
{
    char *field = column < rows->count ? trim(rows->fields[column]) : "";

    return field[0] == '\0' ? 0 : take(list, field);
}

static int read_csv(const list *list)
{
    csv_rows rows = { .file = list->file };
    int rc = csv_rows_next(&rows);
    int column = rc > 0 ? find_column(&rows) : -1;

    if (column >= 0)
        rc = csv_rows_next(&rows); /* behind the heading */
    else
        column = 0;
    while (rc > 0) {
        rc = use_row(list, &rows, column);
        if (rc == 0)
            rc = csv_rows_next(&rows);
    }
    if (rc == -EBADMSG)
        rc = refuse(list, rows.line, "a quote that is never closed");
    csv_rows_fini(&rows);
    return rc;
}

static list_reader *reader_for(const char *path)
{
    const char *dot = strrchr(path, '.');

    if (dot != NULL && strcasecmp(dot, ".csv") == 0)
        return read_csv;
    if (dot != NULL &&
        (strcasecmp(dot, ".jsonl") == 0 || strcasecmp(dot, ".ndjson") == 0))
        return read_json;
    return read_plain;
}

int lists_read(const char *path, inputs_take *take, void *context,
               char why[LISTS_WHY_MAX])
{
    list list = { .take = take, .context = context, .why = why };
    int rc;

    list.file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (list.file == NULL)
        return -errno;
    drop_byte_order_mark(list.file);
    rc = reader_for(path)(&list);
    if (list.file != stdin)
        fclose(list.file);
    return rc;
}
