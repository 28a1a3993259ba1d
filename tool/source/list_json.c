/* JSON Lines: what services answer and what data sets are published as. A
 * member that means nothing to us is kept with the input, as it is.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/list.h"

static bool has_text(void *context, const char *name)
{
    const char *text = json_string_value(json_object_get(context, name));

    return text != NULL && text[0] != '\0';
}

/* The member's text, taken out of the object into `kept`. */
static const char *take_out(list *list, enum list_role role, json_t *object,
                            json_t *kept)
{
    const char *name = list_name_of(list, role, has_text, object);
    json_t *value = name != NULL ? json_object_get(object, name) : NULL;

    if (value == NULL || json_array_append(kept, value) < 0)
        return NULL;
    json_object_del(object, name);
    return json_string_value(value);
}

/* null, or an empty text, says that there is none. */
static bool lacks_checksum(const list *list, const json_t *object)
{
    const char *wanted = list_wanted(list, LIST_CHECKSUM);
    const json_t *value =
        wanted != NULL ? json_object_get(object, wanted) : NULL;

    return wanted != NULL && !json_is_string(value) && !json_is_null(value);
}

static int use_object(list *list, long number, json_t *object, json_t *kept)
{
    list_entry entry = { .line = number, .extra = object };
    const char *where = take_out(list, LIST_WHERE, object, kept);
    char *copy;
    int rc;

    if (where == NULL)
        return list_take_nonsense(list, number,
                                  "no member that names a picture");
    if (lacks_checksum(list, object))
        return list_take_nonsense(list, number,
                                  "no text or null where its checksum is to "
                                  "be (--checksum-column)");
    entry.title = take_out(list, LIST_TITLE, object, kept);
    entry.date = take_out(list, LIST_DATE, object, kept);
    entry.checksum = take_out(list, LIST_CHECKSUM, object, kept);
    copy = strdup(where);
    if (copy == NULL)
        return -ENOMEM;
    entry.where = copy;
    rc = list_take(list, &entry);
    free(copy);
    return rc;
}

static int use_string(list *list, long number, const json_t *value)
{
    char *copy = strdup(json_string_value(value));
    list_entry entry = { .line = number, .where = copy };
    int rc = copy != NULL ? list_take(list, &entry) : -ENOMEM;

    free(copy);
    return rc;
}

/* Whether a number is beyond 64 bits, or beyond all. */
static bool is_too_large(const char *number, size_t length)
{
    char *end;

    errno = 0;
    if (memchr(number, '.', length) == NULL &&
        memchr(number, 'e', length) == NULL &&
        memchr(number, 'E', length) == NULL)
        strtoll(number, &end, 10);
    else
        strtod(number, &end);
    return errno == ERANGE && end == number + length;
}

/* A copy of a line in which numbers that are too large are texts. NULL without
 * memory. */
static char *quote_numbers(const char *line)
{
    char *copy = malloc(3 * strlen(line) + 1), *out = copy;
    bool in_text = false;

    while (copy != NULL && *line != '\0') {
        size_t n = in_text ? 0 : strspn(line, "+-.0123456789eE");
        const char *quote = n > 0 && is_too_large(line, n) ? "\"" : "";

        if (n == 0) {
            in_text ^= *line == '"';
            n = in_text && *line == '\\' && line[1] != '\0' ? 2 : 1;
        }
        out += sprintf(out, "%s%.*s%s", quote, (int)n, line, quote);
        line += n;
    }
    if (copy != NULL)
        *out = '\0';
    return copy;
}

/* Identifiers of 64 bits without a sign are common, and jansson reads numbers
 * with one. As texts they keep their digits. */
static json_t *read_value(const char *line)
{
    json_error_t error;
    json_t *value = json_loads(line, JSON_DECODE_ANY, &error);
    char *quoted;

    if (value != NULL || json_error_code(&error) != json_error_numeric_overflow)
        return value;
    quoted = quote_numbers(line);
    value = quoted != NULL ? json_loads(quoted, JSON_DECODE_ANY, NULL) : NULL;
    free(quoted);
    return value;
}

static int use_line(list *list, long number, char *line)
{
    json_t *value = read_value(line);
    json_t *kept = json_array();
    int rc;

    if (kept == NULL)
        rc = -ENOMEM;
    else if (json_is_string(value))
        rc = use_string(list, number, value);
    else if (json_is_object(value))
        rc = use_object(list, number, value, kept);
    else
        rc = list_take_nonsense(list, number,
                                line[0] == '['
                                    ? "a JSON array, where each line is to be "
                                      "an object: jq -c .[] makes lines of it"
                                    : "no JSON object or string");
    json_decref(kept);
    json_decref(value);
    return rc;
}

int list_read_json(list *list)
{
    return list_each_line(list, use_line);
}
