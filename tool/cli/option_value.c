/* One value, from text into its field: the only place that knows both how
 * people write a kind of value and how the program keeps it. */
#include "cli/option_value.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/quantity.h"

static int parse_switch(const char *text, bool *out)
{
    static const char *const yes[] = { "yes", "true", "on", "1" };
    static const char *const no[] = { "no", "false", "off", "0" };

    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        if (strcmp(text, yes[i]) == 0 || strcmp(text, no[i]) == 0) {
            *out = strcmp(text, yes[i]) == 0;
            return 0;
        }
    }
    return -EINVAL;
}

static int parse_choice(const char *text, const char *choices, int *out)
{
    size_t length = strlen(text);

    for (int number = 0; length > 0; number++) {
        size_t choice = strcspn(choices, "|");

        if (choice == length && strncmp(choices, text, length) == 0) {
            *out = number;
            return 0;
        }
        if (choices[choice] == '\0')
            break;
        choices += choice + 1;
    }
    return -EINVAL;
}

/* A word adds to what was said before; so does one of a list. */
static int parse_set(const char *text, const char *choices, int *out)
{
    int set = *out;

    for (;;) {
        size_t length = strcspn(text, ",");
        char word[32];
        int number;

        if (length >= sizeof word)
            return -EINVAL;
        memcpy(word, text, length);
        word[length] = '\0';
        if (parse_choice(word, choices, &number) < 0)
            return -EINVAL;
        set |= 1 << number;
        if (text[length] == '\0')
            break;
        text += length + 1;
    }
    *out = set;
    return 0;
}

static int parse_side(const struct option_entry *entry, const char **text,
                      int *out)
{
    char *end;
    long side = strtol(*text, &end, 10);

    if (!isdigit((unsigned char)**text) || side < entry->min ||
        side > entry->max)
        return -EINVAL;
    *text = end;
    *out = (int)side;
    return 0;
}

/* "32,64,200" or "100x100,64x48", none twice. */
static int parse_boxes(const struct option_entry *entry, const char *text,
                       struct box_list *out)
{
    struct box_list list = { 0 };

    for (;; text++) {
        int width, height = 0;

        if (list.count == BOXES_MAX || parse_side(entry, &text, &width) < 0)
            return -EINVAL;
        if (entry->kind == OPTION_BOXES &&
            (*text++ != 'x' || parse_side(entry, &text, &height) < 0))
            return -EINVAL;
        for (int i = 0; i < list.count; i++)
            if (list.boxes[i].width == width && list.boxes[i].height == height)
                return -EINVAL;
        list.boxes[list.count].width = width;
        list.boxes[list.count++].height = height;
        if (*text == '\0')
            break;
        if (*text != ',')
            return -EINVAL;
    }
    *out = list;
    return 0;
}

/* "640x480+100+20,50x50+0+0": width, height, and the first pixel's place. */
static int parse_areas(const struct option_entry *entry, const char *text,
                       struct area_list *out)
{
    const struct option_entry sides = { .min = 1, .max = 30000 };
    const struct option_entry places = { .min = 0, .max = 30000 };
    struct area_list list = { 0 };

    for (;; text++) {
        int x, y, width, height;

        if (list.count == entry->max || parse_side(&sides, &text, &width) < 0 ||
            *text++ != 'x' || parse_side(&sides, &text, &height) < 0 ||
            *text++ != '+' || parse_side(&places, &text, &x) < 0 ||
            *text++ != '+' || parse_side(&places, &text, &y) < 0)
            return -EINVAL;
        list.areas[list.count].x = x;
        list.areas[list.count].y = y;
        list.areas[list.count].width = width;
        list.areas[list.count++].height = height;
        if (*text == '\0')
            break;
        if (*text != ',')
            return -EINVAL;
    }
    *out = list;
    return 0;
}

/* Digits with at most one point among them, whatever the locale. */
static int parse_real(const struct option_entry *entry, const char *text,
                      double *out)
{
    double value = 0, unit = 1;
    bool digits = false, fraction = false;

    for (; *text != '\0'; text++) {
        if (*text == '.' && !fraction) {
            fraction = true;
            continue;
        }
        if (!isdigit((unsigned char)*text))
            return -EINVAL;
        digits = true;
        value = 10 * value + (*text - '0');
        unit *= fraction ? 10 : 1;
    }
    value /= unit;
    if (!digits || value < (double)entry->min || value > (double)entry->max)
        return -EINVAL;
    *out = value;
    return 0;
}

/* "Name: value", of a field that is the user's to say. */
static int parse_header(const char *text, struct header_list *out)
{
    static const char *const ours[] = {
        "host",     "connection", "content-length",   "transfer-encoding",
        "range",    "if-range",   "accept-encoding",  "if-none-match",
        "if-match", "expect",     "if-modified-since"
    };
    size_t name = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRS"
                               "TUVWXYZ0123456789-_.!#$%&'*+^`|~");

    if (name == 0 || text[name] != ':' || out->count >= HEADERS_MAX)
        return -EINVAL;
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (strlen(ours[i]) == name && strncasecmp(text, ours[i], name) == 0)
            return -EINVAL;
    for (const char *at = text; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            return -EINVAL;
    out->lines[out->count++] = text;
    out->lines[out->count] = NULL;
    return 0;
}

static int parse_text(const struct option_entry *entry, const char *text)
{
    if (text[0] == '\0')
        return -EINVAL;
    if (entry->kind == OPTION_DATE && strcmp(text, "today") != 0 &&
        !quantity_is_date(text))
        return -EINVAL;
    for (const char *at = text; *at != '\0'; at++) {
        unsigned char c = (unsigned char)*at;

        if (entry->kind == OPTION_WORD && (c <= ' ' || c >= 0x7f))
            return -EINVAL;
        if (entry->kind == OPTION_LINE && (c < ' ' || c == 0x7f))
            return -EINVAL;
    }
    return 0;
}

static int parse_quantity(const struct option_entry *entry, const char *text,
                          int64_t *out)
{
    int64_t value;
    int rc = entry->kind == OPTION_SIZE       ? quantity_size(text, &value)
             : entry->kind == OPTION_DURATION ? quantity_duration(text, &value)
                                              : quantity_count(text, &value);

    if (rc < 0)
        return rc;
    if (value < entry->min || value > entry->max)
        return -ERANGE;
    *out = value;
    return 0;
}

/* "A..B" or "N"; out[0] is the upper end, out[1] the lower. */
static int parse_range(const struct option_entry *entry, const char *text,
                       int64_t out[2])
{
    const char *dots = strstr(text, "..");
    char from[24];
    int64_t ends[2];
    int rc;

    if (dots == NULL) {
        rc = parse_quantity(entry, text, &ends[0]);
        ends[1] = ends[0];
    } else {
        snprintf(from, sizeof from, "%.*s", (int)(dots - text), text);
        rc = parse_quantity(entry, dots + 2, &ends[0]);
        if (rc == 0)
            rc = parse_quantity(entry, from, &ends[1]);
    }
    if (rc < 0)
        return rc;
    if (ends[1] > ends[0])
        return -EDOM; /* upside down */
    memcpy(out, ends, sizeof ends);
    return 0;
}

/* A limit as one would type it. */
static void format_size(int64_t size, char *out, size_t out_size)
{
    static const char units[] = "\0KMGT";
    int unit = 0;

    for (; units[unit + 1] != '\0' && size >= 1024 && size % 1024 == 0; unit++)
        size /= 1024;
    snprintf(out, out_size, "%lld%.1s", (long long)size, units + unit);
}

static void describe_text(const struct option_entry *entry, char *out,
                          size_t size)
{
    switch (entry->kind) {
    case OPTION_HEADERS:
        snprintf(out, size,
                 "a header of one's own, such as 'Referer: https://a.org/' "
                 "(%d at most)",
                 HEADERS_MAX);
        break;
    case OPTION_DATE:
        snprintf(out, size, "a day such as 2024-05-31, or today");
        break;
    case OPTION_PATH:
        snprintf(out, size, "the name of a file or folder");
        break;
    default:
        snprintf(out, size, "plain text%s",
                 entry->kind == OPTION_WORD ? " without blanks" : "");
        break;
    }
}

/* What would have been right? */
static void describe(const struct option_entry *entry, char *out, size_t size)
{
    char min[24], max[24];

    switch (entry->kind) {
    case OPTION_SWITCH:
        snprintf(out, size, "yes or no");
        break;
    case OPTION_NUMBER:
    case OPTION_RANGE:
        snprintf(out, size, "a number from %lld to %lld", (long long)entry->min,
                 (long long)entry->max);
        break;
    case OPTION_SIZE:
        format_size(entry->min, min, sizeof min);
        format_size(entry->max, max, sizeof max);
        snprintf(out, size, "a size from %s to %s, such as 64K, 256M or 1.5G",
                 min, max);
        break;
    case OPTION_DURATION:
        snprintf(out, size, "a time from %gs to %gs, such as 120, 90s or 2m",
                 (double)entry->min / 1e9, (double)entry->max / 1e9);
        break;
    case OPTION_CHOICE:
    case OPTION_SET:
        snprintf(out, size, "one of %s", entry->choices);
        break;
    case OPTION_WIDTHS:
    case OPTION_BOXES:
        snprintf(out, size,
                 "a list of %s from %lld to %lld, such as %s, none twice and "
                 "%d at most",
                 entry->kind == OPTION_WIDTHS ? "widths" : "sizes",
                 (long long)entry->min, (long long)entry->max,
                 entry->kind == OPTION_WIDTHS ? "32,64" : "64x64,200x150",
                 BOXES_MAX);
        break;
    case OPTION_REAL:
        snprintf(out, size, "a number from %lld to %lld, such as 2 or 3.5",
                 (long long)entry->min, (long long)entry->max);
        break;
    case OPTION_AREAS:
        snprintf(out, size,
                 entry->max == 1
                     ? "a part of a picture such as 640x480+100+20: its width, "
                       "height, and first pixel"
                     : "parts of a picture such as 640x480+100+20,50x50+0+0: "
                       "%lld at most",
                 (long long)entry->max);
        break;
    default:
        describe_text(entry, out, size);
        break;
    }
}

int option_value_parse(const struct option_entry *entry, const char *text,
                       void *field, char *wish, size_t size)
{
    int rc;

    switch (entry->kind) {
    case OPTION_SWITCH:
        rc = parse_switch(text, field);
        break;
    case OPTION_NUMBER:
    case OPTION_SIZE:
    case OPTION_DURATION:
        rc = parse_quantity(entry, text, field);
        break;
    case OPTION_RANGE:
        rc = parse_range(entry, text, field);
        break;
    case OPTION_CHOICE:
        rc = parse_choice(text, entry->choices, field);
        break;
    case OPTION_SET:
        rc = parse_set(text, entry->choices, field);
        break;
    case OPTION_WIDTHS:
    case OPTION_BOXES:
        rc = parse_boxes(entry, text, field);
        break;
    case OPTION_REAL:
        rc = parse_real(entry, text, field);
        break;
    case OPTION_AREAS:
        rc = parse_areas(entry, text, field);
        break;
    case OPTION_HEADERS:
        rc = parse_header(text, field);
        break;
    default:
        rc = parse_text(entry, text);
        if (rc == 0)
            option_value_point(entry, field, text);
        break;
    }
    if (rc == -EDOM)
        snprintf(wish, size, "a range such as 1..4, the smaller number first");
    else if (rc < 0)
        describe(entry, wish, size);
    return rc < 0 ? -EINVAL : 0;
}

void option_value_point(const struct option_entry *entry, void *field,
                        const char *text)
{
    if (entry->kind == OPTION_HEADERS) {
        struct header_list one = { .count = 1, .lines = { text } };

        memcpy(field, &one, sizeof one);
    }
    if (entry->kind >= OPTION_DATE)
        memcpy(field, &text, sizeof text);
}
