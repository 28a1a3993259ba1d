/* A template is text with fields in braces. What comes out is cleaned as a
 * whole, so a title that holds "../" or an ESC is no danger here either.
 */
#include "store/template.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { EXPANDED_MAX = 4096, DIGITS_MAX = 18 };

typedef enum field {
    FIELD_INDEX,
    FIELD_STEM,
    FIELD_HOST,
    FIELD_DATE,
    FIELD_TITLE,
    FIELD_HASH,
    FIELDS
} field;

static const char *const field_names[FIELDS] = {
    [FIELD_INDEX] = "index", [FIELD_STEM] = "stem",   [FIELD_HOST] = "host",
    [FIELD_DATE] = "date",   [FIELD_TITLE] = "title", [FIELD_HASH] = "hash",
};

/* The field in the braces whose first is at `at`, and where it ends; FIELDS if
 * there is none. */
static field read_field(const char *at, const char **end, int *digits)
{
    size_t n = strcspn(at + 1, ":}");
    const char *rest = at + 1 + n;

    *digits = 0;
    for (int i = 0; i < FIELDS; i++) {
        if (strlen(field_names[i]) != n ||
            strncmp(at + 1, field_names[i], n) != 0)
            continue;
        if (i == FIELD_INDEX && *rest == ':')
            while (isdigit((unsigned char)*++rest) && *digits <= DIGITS_MAX)
                *digits = 10 * *digits + (*rest - '0');
        if (*rest != '}' || *digits > DIGITS_MAX)
            break;
        *end = rest + 1;
        return (field)i;
    }
    return FIELDS;
}

int template_check(const char *template, char why[TEMPLATE_WHY_MAX])
{
    bool tells_apart = false;
    int digits;

    while ((template = strpbrk(template, "{}/")) != NULL) {
        if (*template == '/') {
            snprintf(why, TEMPLATE_WHY_MAX, "a name has no '/'");
            return -EINVAL;
        }
        if (*template == '}' ||
            read_field(template, &template, &digits) == FIELDS) {
            snprintf(why, TEMPLATE_WHY_MAX,
                     "'%.24s' is none of {index} {index:6} {stem} {host} "
                     "{date} {title} {hash}",
                     template);
            return -EINVAL;
        }
        tells_apart = true;
    }
    if (tells_apart)
        return 0;
    snprintf(why, TEMPLATE_WHY_MAX,
             "it has none of {index} {stem} {host} {date} {title} {hash}");
    return -EINVAL;
}

bool template_has_hash(const char *template)
{
    return strstr(template, "{hash}") != NULL;
}

/* What a field says, cleaned for itself: "../" at its ends leaves nothing. */
static void write_field(const template_fields *fields, field field, int digits,
                        char out[NAMES_MAX + 1])
{
    const char *const texts[FIELDS] = {
        [FIELD_STEM] = fields->stem, [FIELD_HOST] = fields->host,
        [FIELD_DATE] = fields->date, [FIELD_TITLE] = fields->title,
        [FIELD_HASH] = fields->hash,
    };

    if (field == FIELD_INDEX)
        snprintf(out, NAMES_MAX + 1, "%0*lld", digits,
                 (long long)fields->index);
    else
        names_plain(texts[field] != NULL ? texts[field] : "", out);
}

void template_expand(const char *template, const template_fields *fields,
                     char stem[NAMES_MAX + 1])
{
    char expanded[EXPANDED_MAX], text[NAMES_MAX + 1] = "";
    size_t length = 0;
    int digits;

    while (*template != '\0' && length < EXPANDED_MAX - 1) {
        field field = *template == '{'
                          ? read_field(template, &template, &digits)
                          : FIELDS;

        if (field == FIELDS) {
            expanded[length++] = *template ++;
            continue;
        }
        write_field(fields, field, digits, text);
        length += (size_t)snprintf(expanded + length, EXPANDED_MAX - length,
                                   "%s", text);
        if (length > EXPANDED_MAX - 1)
            length = EXPANDED_MAX - 1;
    }
    expanded[length] = '\0';
    names_from_text(expanded, stem);
}

void template_host(const char *url, char host[NAMES_MAX + 1])
{
    const char *start = strstr(url, "://");
    const char *end, *at;

    host[0] = '\0';
    if (start == NULL)
        return;
    start += 3;
    end = start + strcspn(start, "/?#");
    at = memrchr(start, '@', (size_t)(end - start));
    if (at != NULL)
        start = at + 1;
    if (*start == '[') /* an IPv6 address: its colons are no port's */
        end = start + strcspn(start, "]/?#");
    else
        end = start + strcspn(start, ":/?#");
    snprintf(host, NAMES_MAX + 1, "%.*s", (int)(end - start), start);
}
