/* jansson writes all numbers of a value with as many digits. 17 are always
 * enough, and ugly; 15 are enough for all that people write. So the shorter
 * form is tried first, where there is a number with a fraction at all. */
#include "text/json.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { DIGITS_USUAL = 15, DIGITS_MOST = 17 };

static bool has_fractions(const json_t *value)
{
    json_t *each = (json_t *)value, *member;
    const char *name;
    size_t i;

    if (json_is_real(value))
        return true;
    json_array_foreach(each, i, member) if (has_fractions(member)) return true;
    if (json_is_object(value))
        json_object_foreach(each, name,
                            member) if (has_fractions(member)) return true;
    return false;
}

/* NULL if that loses something, or without memory. */
static char *dump(const json_t *value, size_t flags, int digits)
{
    char *text = json_dumps(value, flags | JSON_REAL_PRECISION(digits));
    json_t *again =
        text != NULL ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
    bool is_same = again != NULL && json_equal(value, again);

    json_decref(again);
    if (is_same)
        return text;
    free(text);
    return NULL;
}

char *text_json(const json_t *value, size_t flags)
{
    if (!has_fractions(value))
        return json_dumps(value, flags);
    for (int digits = DIGITS_USUAL; digits < DIGITS_MOST; digits++) {
        char *text = dump(value, flags, digits);

        if (text != NULL)
            return text;
    }
    return json_dumps(value, flags | JSON_REAL_PRECISION(DIGITS_MOST));
}

json_t *text_json_measured(double value)
{
    char text[32];

    snprintf(text, sizeof text, "%.6g", value);
    return json_real(strtod(text, NULL));
}
