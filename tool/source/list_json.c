/* JSON Lines: what services answer and what data sets are published as. A
 * member that means nothing to us is kept with the input, as it is.
 */
#include <errno.h>
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

static int use_object(list *list, long number, json_t *object, json_t *kept)
{
    list_entry entry = { .line = number, .extra = object };
    const char *where = take_out(list, LIST_WHERE, object, kept);
    char *copy;
    int rc;

    if (where == NULL)
        return list_take_nonsense(list, number,
                                  "no member that names a picture");
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

static int use_line(list *list, long number, char *line)
{
    json_t *value = json_loads(line, JSON_DECODE_ANY, NULL);
    json_t *kept = json_array();
    int rc;

    if (kept == NULL)
        rc = -ENOMEM;
    else if (json_is_string(value))
        rc = use_string(list, number, value);
    else if (json_is_object(value))
        rc = use_object(list, number, value, kept);
    else
        rc = list_take_nonsense(list, number, "no JSON object or string");
    json_decref(kept);
    json_decref(value);
    return rc;
}

int list_read_json(list *list)
{
    return list_each_line(list, use_line);
}
