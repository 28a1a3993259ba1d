/* What a run remembers of what it does, and reads again.
 *
 * A run that goes on must do to its last picture what it did to its first. So
 * all that changes results is written into the run's row as text, one
 * name=value a line: a difference can be named when other options come along,
 * and `retry` reads its orders from there instead of from its own options.
 */
#include "run/operations.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPERATIONS = 3 };

static const char *const names_of[OPERATIONS] = { "stars", "thumbs", "edges" };
static const char *const detector_words[] = {
    [JOB_DETECTOR_OWN] = "own", [JOB_DETECTOR_SEP] = "sep"
};
static const char *const mark_words[] = { "circles", "numbers", "none" };
static const char *const fit_words[] = { "inside", "fill", "crop", "pad" };
static const char *const format_words[] = { "same", "jpg", "png", "webp" };
static const uint32_t formats[] = { JOB_FORMAT_UNKNOWN, JOB_JPEG, JOB_PNG,
                                    JOB_WEBP, JOB_FORMAT_UNKNOWN /* tar */ };

uint32_t operations_format(int choice)
{
    return formats[choice];
}

void operations_names(const operations *operations,
                      char names[OPERATIONS_NAMES_SIZE])
{
    names[0] = '\0';
    for (int i = 0; i < OPERATIONS; i++) {
        if (!operations_have(operations, 1u << i))
            continue;
        if (names[0] != '\0')
            strcat(names, ",");
        strcat(names, names_of[i]);
    }
    if (names[0] == '\0')
        strcpy(names, "none");
}

typedef struct lines {
    char *text;
    size_t length;
} lines;

static void add(lines *lines, const char *name, const char *value)
{
    int n = snprintf(lines->text + lines->length,
                     OPERATIONS_TEXT_SIZE - lines->length, "%s%s=%s",
                     lines->length > 0 ? "\n" : "", name, value);

    lines->length += (size_t)n;
}

static void add_number(lines *lines, const char *name, uint32_t value)
{
    char text[16];

    snprintf(text, sizeof text, "%u", value);
    add(lines, name, text);
}

/* Thousandths suffice, and a point is a point whatever the locale. */
static void add_real(lines *lines, const char *name, double value)
{
    unsigned thousandths = (unsigned)(value * 1000 + 0.5);
    char text[32];

    if (thousandths % 1000 == 0)
        snprintf(text, sizeof text, "%u", thousandths / 1000);
    else
        snprintf(text, sizeof text, "%u.%03u", thousandths / 1000,
                 thousandths % 1000);
    add(lines, name, text);
}

static void add_areas(lines *lines, const char *name, const job_area *areas,
                      uint32_t count)
{
    char text[48 * JOB_MASKS_MAX] = "";
    size_t used = 0;

    for (uint32_t i = 0; i < count; i++)
        used += (size_t)snprintf(
            text + used, sizeof text - used, "%s%ux%u+%u+%u", i > 0 ? "," : "",
            areas[i].width, areas[i].height, areas[i].x, areas[i].y);
    add(lines, name, text);
}

static void describe_part(lines *lines, const job_request *request)
{
    if (request->hdu > 0)
        add_number(lines, "hdu", request->hdu - 1);
    if (request->plane > 0)
        add_number(lines, "plane", request->plane - 1);
}

/* What nobody asked for has no line, so that runs of before it was possible are
 * gone on with. */
static void describe_wanted(lines *lines, const job_request *request)
{
    const job_wanted *wanted = &request->wanted;

    if (wanted->star_width > 0)
        add_real(lines, "star-width", (double)wanted->star_width);
    if (wanted->min_area > 0)
        add_number(lines, "min-area", wanted->min_area);
    if (wanted->keep_galaxies)
        add_number(lines, "keep-galaxies", 1);
    if (wanted->region.width > 0)
        add_areas(lines, "region", &wanted->region, 1);
    if (wanted->mask_count > 0)
        add_areas(lines, "mask", wanted->masks, wanted->mask_count);
    describe_part(lines, request);
    if (wanted->marks != JOB_MARKS_CIRCLES)
        add(lines, "marks", mark_words[wanted->marks]);
}

static void add_boxes(lines *lines, const operations *operations)
{
    char text[24 * JOB_THUMBS_MAX] = "", size[24];

    for (uint32_t i = 0; i < operations->request.thumbs.count; i++) {
        operations_thumb_size(operations, i, size);
        if (i > 0)
            strcat(text, ",");
        strcat(text, size);
    }
    add(lines, "thumbs", text);
}

static size_t place_of(uint32_t format)
{
    size_t place = 0;

    while (formats[place] != format)
        place++;
    return place;
}

void operations_describe(const operations *operations,
                         char text[OPERATIONS_TEXT_SIZE])
{
    const job_request *request = &operations->request;
    lines lines = { .text = text };

    text[0] = '\0';
    if (operations_have(operations, JOB_DO_STARS)) {
        add(&lines, "detector", detector_words[request->detector]);
        add_real(&lines, "threshold", request->threshold);
        describe_wanted(&lines, request);
    }
    if (operations_have(operations, JOB_DO_THUMBS)) {
        add_boxes(&lines, operations);
        add(&lines, "fit", fit_words[request->thumbs.fit]);
        add(&lines, "upscale", request->thumbs.no_upscale ? "no" : "yes");
    }
    if (operations_have(operations, JOB_DO_EDGES))
        add_number(&lines, "edge-threshold", request->edge_threshold);
    if (operations_have(operations, JOB_DO_THUMBS | JOB_DO_EDGES)) {
        add(&lines, "format", format_words[place_of(request->format)]);
        add_number(&lines, "quality", request->quality);
    }
    if (!operations_have(operations, JOB_DO_STARS))
        describe_part(&lines, request);
}

/* And back. */

/* The value of a line, or "". */
static void find_line(const char *text, const char *name, char out[512])
{
    size_t length = strlen(name);

    out[0] = '\0';
    while (*text != '\0') {
        size_t line = strcspn(text, "\n");

        if (line > length && line - length <= 512 && text[length] == '=' &&
            memcmp(text, name, length) == 0) {
            memcpy(out, text + length + 1, line - length - 1);
            out[line - length - 1] = '\0';
            return;
        }
        text += line + (text[line] == '\n');
    }
}

static int recall_number(const char *text, const char *name, uint32_t most,
                         uint32_t *out)
{
    char value[512], *end;
    unsigned long number;

    find_line(text, name, value);
    number = strtoul(value, &end, 10);
    if (end == value || *end != '\0' || number > most)
        return -EINVAL;
    *out = (uint32_t)number;
    return 0;
}

static int recall_word(const char *text, const char *name,
                       const char *const *words, size_t count, uint32_t *out)
{
    char value[512];

    find_line(text, name, value);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(value, words[i]) != 0)
            continue;
        *out = (uint32_t)i;
        return 0;
    }
    return -EINVAL;
}

#define RECALL_WORD(text, name, words, out)                                    \
    recall_word(text, name, words, sizeof words / sizeof *words, out)

static int recall_boxes(const char *text, job_thumbs *thumbs)
{
    char value[512], *at = value, *size;

    find_line(text, "thumbs", value);
    while ((size = strsep(&at, ",")) != NULL) {
        job_box box = { 0 };
        char rest;

        if (thumbs->count == JOB_THUMBS_MAX ||
            sscanf(size, "%ux%u%c", &box.width, &box.height, &rest) < 1 ||
            box.width == 0 || box.width > JOB_SIDE_MAX ||
            box.height > JOB_SIDE_MAX)
            return -EINVAL;
        thumbs->boxes[thumbs->count++] = box;
    }
    return 0;
}

static int recall_set(const char *names, uint32_t *out)
{
    for (uint32_t set = 0; set < 1u << OPERATIONS; set++) {
        operations all = { .request.operations = set };
        char words[OPERATIONS_NAMES_SIZE];

        operations_names(&all, words);
        if (strcmp(names, words) != 0)
            continue;
        *out = set;
        return 0;
    }
    return -EINVAL;
}

static int recall_thumbs(const char *text, job_thumbs *thumbs)
{
    static const char *const yes_no[] = { "yes", "no" };
    int rc = recall_boxes(text, thumbs);

    if (rc == 0)
        rc = RECALL_WORD(text, "fit", fit_words, &thumbs->fit);
    if (rc == 0)
        rc = RECALL_WORD(text, "upscale", yes_no, &thumbs->no_upscale);
    return rc;
}

/* A line that need not be there. */
static int recall_some(const char *text, const char *name, uint32_t most,
                       uint32_t *out)
{
    char value[512];

    find_line(text, name, value);
    return value[0] == '\0' ? 0 : recall_number(text, name, most, out);
}

static int recall_real(const char *text, const char *name, double *out)
{
    char value[512], rest;
    unsigned whole = 0, thousandths = 0;
    int parts;

    find_line(text, name, value);
    if (value[0] == '\0')
        return 0;
    parts = sscanf(value, "%u.%3u%c", &whole, &thousandths, &rest);
    if (parts < 1 || parts > 2)
        return -EINVAL;
    *out = whole + thousandths / 1000.0;
    return 0;
}

static int recall_areas(const char *text, const char *name, uint32_t most,
                        job_area *areas, uint32_t *count)
{
    char value[512], *at = value, *one;

    find_line(text, name, value);
    *count = 0;
    while (value[0] != '\0' && (one = strsep(&at, ",")) != NULL) {
        job_area area;
        char rest;

        if (*count == most ||
            sscanf(one, "%ux%u+%u+%u%c", &area.width, &area.height, &area.x,
                   &area.y, &rest) != 4 ||
            area.width == 0 || area.width > JOB_SIDE_MAX ||
            area.height > JOB_SIDE_MAX || area.x > JOB_SIDE_MAX ||
            area.y > JOB_SIDE_MAX)
            return -EINVAL;
        areas[(*count)++] = area;
    }
    return 0;
}

/* A number that is counted from 0, of which 1 more is kept. */
static int recall_place(const char *text, const char *name, uint32_t most,
                        uint32_t *place)
{
    uint32_t number = UINT32_MAX;
    int rc = recall_some(text, name, most - 1, &number);

    *place = number + 1; /* 0 without the line */
    return rc;
}

static int recall_marks(const char *text, uint32_t *marks)
{
    char value[512];

    find_line(text, "marks", value);
    return value[0] == '\0' ? 0 : RECALL_WORD(text, "marks", mark_words, marks);
}

static int recall_wanted(const char *text, job_request *request)
{
    job_wanted *wanted = &request->wanted;
    double width = 0;
    uint32_t regions;
    int rc = recall_real(text, "star-width", &width);

    wanted->star_width = (float)width;
    if (rc == 0)
        rc = recall_some(text, "min-area", UINT32_MAX, &wanted->min_area);
    if (rc == 0)
        rc = recall_some(text, "keep-galaxies", 1, &wanted->keep_galaxies);
    if (rc == 0)
        rc = recall_areas(text, "region", 1, &wanted->region, &regions);
    if (rc == 0)
        rc = recall_areas(text, "mask", JOB_MASKS_MAX, wanted->masks,
                          &wanted->mask_count);
    return rc < 0 ? rc : recall_marks(text, &wanted->marks);
}

static int recall_stars(const char *text, job_request *request)
{
    int rc = RECALL_WORD(text, "detector", detector_words, &request->detector);

    if (rc == 0)
        rc = recall_real(text, "threshold", &request->threshold);
    request->draw = true;
    return rc < 0 ? rc : recall_wanted(text, request);
}

static int recall_encoding(const char *text, job_request *request)
{
    uint32_t place = 0;
    int rc = RECALL_WORD(text, "format", format_words, &place);

    request->format = formats[place];
    return rc < 0 ? rc : recall_number(text, "quality", 100, &request->quality);
}

int operations_recall(const char *names, const char *text, operations *out)
{
    operations made = { 0 };
    job_request *request = &made.request;
    int rc = recall_set(names, &request->operations);

    if (rc == 0)
        rc = recall_place(text, "hdu", JOB_HDU_MAX, &request->hdu);
    if (rc == 0)
        rc = recall_place(text, "plane", JOB_PLANE_MAX, &request->plane);
    if (rc == 0 && operations_have(&made, JOB_DO_STARS))
        rc = recall_stars(text, request);
    if (rc == 0 && operations_have(&made, JOB_DO_THUMBS))
        rc = recall_thumbs(text, &request->thumbs);
    if (rc == 0 && operations_have(&made, JOB_DO_EDGES))
        rc = recall_number(text, "edge-threshold", UINT32_MAX,
                           &request->edge_threshold);
    if (rc == 0 && operations_have(&made, JOB_DO_THUMBS | JOB_DO_EDGES))
        rc = recall_encoding(text, request);
    if (rc == 0)
        *out = made;
    return rc;
}
