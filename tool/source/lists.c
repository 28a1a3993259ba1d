/* Lists of inputs. An exported table and a dump of a service's answers are what
 * people have at hand, so both are read as they are; that a line cannot be read
 * is said with its number, since there may be millions, and costs that line.
 */
#include "source/lists.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "source/file_url.h"
#include "source/list.h"
#include "text/json.h"

enum { NAMES_MOST = 8 };

/* The better picture first, as the APOD service calls them. */
static const char *const usual_names[LIST_ROLES][NAMES_MOST] = {
    [LIST_WHERE] = { "hdurl", "url", "image", "path", "file", "link", "src" },
    [LIST_TITLE] = { "title", "caption", "alt", "text" },
    [LIST_DATE] = { "date" },
    [LIST_CHECKSUM] = { "sha512", "sha256", "sha1", "md5", "checksum" },
};

const char list_zero_byte[] = "it holds a zero byte, so it is no text";

const char *list_wanted(const list *list, enum list_role role)
{
    const lists_options *o = list->options;

    return role == LIST_WHERE      ? o->url_column
           : role == LIST_TITLE    ? o->title_column
           : role == LIST_CHECKSUM ? o->checksum_column
                                   : NULL;
}

const char *list_name_of(const list *list, enum list_role role,
                         bool (*has)(void *context, const char *name),
                         void *context)
{
    const char *wanted = list_wanted(list, role);

    if (wanted != NULL)
        return has(context, wanted) ? wanted : NULL;
    for (int i = 0; i < NAMES_MOST && usual_names[role][i] != NULL; i++)
        if (has(context, usual_names[role][i]))
            return usual_names[role][i];
    return NULL;
}

static int refuse(const list *list, long line, const char *words)
{
    snprintf(list->why, LISTS_WHY_MAX, "line %ld: %s", line, words);
    return -EBADMSG;
}

int list_take_nonsense(list *list, long line, const char *words)
{
    return list->taken == 0 ? refuse(list, line, words)
                            : list_take_bad_line(list, line, words);
}

int list_take_bad_line(list *list, long line, const char *words)
{
    char where[512];
    input input = { .where = where,
                    .class_name = "bad-line",
                    .problem = words };

    snprintf(where, sizeof where, "%.400s:%ld",
             strcmp(list->path, "-") == 0 ? "stdin" : list->path, line);
    return list->take(list->context, &input);
}

static const char *or_null(const char *text)
{
    return text != NULL && text[0] != '\0' ? text : NULL;
}

int list_take(list *list, const list_entry *entry)
{
    char *extra = NULL;
    input input = { .where = entry->where,
                    .is_url = inputs_is_url(entry->where),
                    .title = or_null(entry->title),
                    .date = or_null(entry->date) };
    int rc;

    input.checksum = inputs_split_checksum(entry->where);
    if (file_url_is(entry->where))
        input.problem = file_url_to_path(entry->where);
    if (or_null(entry->checksum) != NULL)
        input.checksum = entry->checksum;
    if (json_object_size(entry->extra) > 0) {
        extra = text_json(entry->extra, JSON_COMPACT | JSON_ENSURE_ASCII);
        if (extra == NULL)
            return -ENOMEM;
    }
    input.extra = extra;
    if (!input.is_url && input.problem == NULL)
        input.problem = inputs_problem(entry->where);
    rc = extra != NULL && strlen(extra) > LISTS_EXTRA_MAX
             ? list_take_nonsense(list, entry->line,
                                  "over 64 KiB of further fields")
             : list->take(list->context, &input);
    list->taken++;
    free(extra);
    return rc;
}

char *list_trim(char *text)
{
    size_t n;

    text += strspn(text, " \t");
    n = strlen(text);
    while (n > 0 && strchr(" \t\r\n", text[n - 1]) != NULL)
        text[--n] = '\0';
    return text;
}

int list_each_line(list *list, list_use_line *use)
{
    char *line = NULL, *content;
    size_t capacity = 0;
    long number = 1;
    int rc;

    for (;; number++) {
        rc = text_stream_line(&list->stream, &line, &capacity);
        if (rc == -EILSEQ)
            rc = list_take_nonsense(list, number, list_zero_byte);
        else if (rc > 0 && *(content = list_trim(line)) != '\0')
            rc = use(list, number, content);
        else if (rc <= 0)
            break;
        if (rc < 0)
            break;
    }
    free(line);
    return rc == -EFBIG ? refuse(list, number, "it is over a megabyte long")
                        : rc;
}

static int use_plain(list *list, long number, char *line)
{
    list_entry entry = { .line = number, .where = line };

    return line[0] == '#' ? 0 : list_take(list, &entry);
}

/* By the name's extension; what is packed ends in one more. */
static bool find_kind(const char *path, enum lists_kind *kind)
{
    static const struct {
        const char *extension;
        enum lists_kind kind;
    } kinds[] = { { ".csv", LISTS_CSV },      { ".tsv", LISTS_TSV },
                  { ".tab", LISTS_TSV },      { ".jsonl", LISTS_JSONL },
                  { ".ndjson", LISTS_JSONL }, { ".txt", LISTS_AUTO } };
    size_t length = strlen(path);

    if (length > 3 && strcasecmp(path + length - 3, ".gz") == 0)
        length -= 3;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t n = strlen(kinds[i].extension);

        if (length > n &&
            strncasecmp(path + length - n, kinds[i].extension, n) == 0) {
            *kind = kinds[i].kind;
            return true;
        }
    }
    return false;
}

bool lists_is_named(const char *path)
{
    enum lists_kind kind;

    return find_kind(path, &kind);
}

/* Is a field, perhaps in quotes, what a column of inputs is called? */
static bool is_heading(const list *list, const char *field, size_t n)
{
    const char *wanted = list->options->url_column;

    if (n > 0 && field[n - 1] == '\r')
        n--;
    if (n >= 2 && field[0] == '"' && field[n - 1] == '"') {
        field++;
        n -= 2;
    }
    if (wanted != NULL)
        return n == strlen(wanted) && strncasecmp(field, wanted, n) == 0;
    for (int i = 0; i < NAMES_MOST; i++) {
        const char *name = usual_names[LIST_WHERE][i];

        if (name != NULL && n == strlen(name) &&
            strncasecmp(field, name, n) == 0)
            return true;
    }
    return false;
}

/* Where a field ends; separators in quotes are its own. */
static const char *field_end(const char *at, const char *end, char separator)
{
    bool quoted = false;

    while (at < end && (quoted || *at != separator))
        quoted ^= *at++ == '"';
    return at;
}

static bool has_heading(const list *list, const char *line, size_t length,
                        char separator)
{
    const char *end = line + length;

    while (line < end) {
        const char *next = field_end(line, end, separator);

        if (is_heading(list, line, (size_t)(next - line)))
            return true;
        line = next + 1;
    }
    return false;
}

/* What separates the fields of the first line, if one of them is a heading that
 * we know: spreadsheets of half the world write semicolons. 0: there is none.
 */
static char separator_of(const list *list, const char *line, size_t length)
{
    static const char separators[] = { '\t', ',', ';' };

    for (size_t i = 0; i < sizeof separators; i++)
        if ((separators[i] == ',' || memchr(line, separators[i], length)) &&
            has_heading(list, line, length, separators[i]))
            return separators[i];
    return 0;
}

static bool begins_json(const char *text, size_t length)
{
    size_t n = 1;

    if (length == 0 || (text[0] != '{' && text[0] != '['))
        return false;
    while (n < length && strchr(" \t\r", text[n]) != NULL)
        n++;
    /* An array is no line of ours, which is told then; [x].jpg is a name. */
    return text[0] == '{' || n == length || strchr("{[\"", text[n]) != NULL;
}

/* By the first line: what comes through a pipe has no name. */
static enum lists_kind kind_by_look(const list *list, const char *line,
                                    size_t length)
{
    size_t blanks = 0;

    while (blanks < length && (line[blanks] == ' ' || line[blanks] == '\t'))
        blanks++;
    if (begins_json(line + blanks, length - blanks))
        return LISTS_JSONL;
    if (separator_of(list, line, length) != 0)
        return LISTS_CSV;
    return blanks < length && line[blanks] == '"' ? LISTS_JSONL : LISTS_TEXT;
}

static int read_by_kind(list *list)
{
    enum lists_kind kind = list->options->kind;
    const char *line = "";
    size_t length = 0;
    char separator;

    if (kind == LISTS_AUTO && !find_kind(list->path, &kind))
        kind = LISTS_AUTO;
    if ((kind == LISTS_AUTO || kind == LISTS_CSV) &&
        text_stream_peek_line(&list->stream, &line, &length) <= 0)
        length = 0;
    if (kind == LISTS_AUTO)
        kind = kind_by_look(list, line, length);
    switch (kind) {
    case LISTS_CSV:
        separator = separator_of(list, line, length);
        return list_read_table(list, separator != 0 ? separator : ',');
    case LISTS_TSV:
        return list_read_table(list, '\t');
    case LISTS_JSONL:
        return list_read_json(list);
    default:
        return list_each_line(list, use_plain);
    }
}

/* What is often taken for a list, or for one that can be read, and has lines
 * that make some sense. NULL: it is something else. */
static const char *what_else(const text_stream *stream)
{
    static const struct {
        const char *start, *words;
    } others[] = {
        { "\xff\xfe", "it is in UTF-16; save it as UTF-8" },
        { "\xfe\xff", "it is in UTF-16; save it as UTF-8" },
        { "\x89PN", "it is a picture, and no list of pictures" },
        { "\xff\xd8\xff", "it is a picture, and no list of pictures" },
    };
    size_t there = (size_t)(stream->end - stream->at);

    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        size_t n = strlen(others[i].start);

        if (there >= n && memcmp(stream->at, others[i].start, n) == 0)
            return others[i].words;
    }
    return NULL;
}

static int read_opened(list *list)
{
    const char *words = what_else(&list->stream);
    int rc = -EBADMSG;

    if (words == NULL)
        rc = read_by_kind(list);
    else
        snprintf(list->why, LISTS_WHY_MAX, "%s", words);
    if (rc == -EBADMSG && list->stream.error == -EBADMSG)
        snprintf(list->why, LISTS_WHY_MAX, "its gzip data are broken");
    return rc;
}

int lists_read(const char *path, const lists_options *options,
               inputs_take *take, void *context, char why[LISTS_WHY_MAX])
{
    list list = { .path = path,
                  .options = options,
                  .take = take,
                  .context = context,
                  .why = why };
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    text_stream_options how = { .fd = fd,
                                .wake = options->wake > 0 ? options->wake : -1,
                                .idle = options->idle,
                                .context = context };
    int rc;

    if (fd < 0)
        return -errno;
    rc = text_stream_open(&list.stream, &how);
    if (rc == 0) {
        rc = read_opened(&list);
        text_stream_close(&list.stream);
    }
    if (!is_stdin)
        close(fd);
    return rc;
}
