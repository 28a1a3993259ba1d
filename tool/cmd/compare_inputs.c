/* Local pictures are read into memory and served from there, so that no mode
 * meets a disk that another has warmed. */
#include "cmd/compare_inputs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <starling/cores.h>
#include <starling/error.h>

#include "run/descriptors.h"
#include "run/picture_file.h"
#include "origin/folder.h"
#include "source/inputs.h"
#include "source/lists.h"

enum { SKIES_SEED = 2026, MEMORY_SHARE = 2 };

_Static_assert(sizeof((compare_inputs *)0)->why == LISTS_WHY_MAX,
               "what is wrong with a list fits");

static int add(course *course, const char *name)
{
    course_picture *picture;

    if ((course->count & (course->count - 1)) == 0) { /* a power of two: full */
        size_t room = course->count > 0 ? 2 * (size_t)course->count : 1;
        void *larger = realloc(course->pictures, room * sizeof *picture);

        if (larger == NULL)
            return -ENOMEM;
        course->pictures = larger;
    }
    picture = &course->pictures[course->count];
    *picture = (course_picture){ .name = strdup(name) };
    if (picture->name == NULL)
        return -ENOMEM;
    course->count++;
    return 0;
}

static int take(void *context, const input *input)
{
    compare_inputs *inputs = context;

    if (input->problem != NULL) {
        run_fail(inputs->run, STATUS_USAGE, "%s: %s", input->where,
                 input->problem);
        return -ENOENT;
    }
    if (inputs_is_url(input->where))
        inputs->urls++;
    else
        inputs->local++;
    return add(inputs->course, input->where);
}

static int find(compare_inputs *inputs, const char **unreadable)
{
    const struct options *options = inputs->run->options;
    static const inputs_options nothing_left_out;
    lists_options how = { .kind = (enum lists_kind)options->list_format,
                          .url_column = options->url_column };
    int rc = 0;

    if (options->urls != NULL) {
        *unreadable = options->urls;
        rc = lists_read(options->urls, &how, take, inputs, inputs->why);
    }
    for (int i = 0; i < options->input_count && rc == 0; i++) {
        *unreadable = options->inputs[i];
        rc = strcmp(*unreadable, "-") == 0
                 ? lists_read("-", &how, take, inputs, inputs->why)
                 : inputs_expand(*unreadable, &nothing_left_out, take, inputs);
    }
    return rc;
}

static int read_pictures(compare_inputs *inputs)
{
    course *course = inputs->course;
    uint64_t read = 0;

    descriptors_raise_limit();
    inputs->files = calloc((size_t)course->count, sizeof *inputs->files);
    inputs->served = calloc((size_t)course->count, sizeof *inputs->served);
    if (inputs->files == NULL || inputs->served == NULL)
        return -ENOMEM;
    for (int i = 0; i < course->count; i++) {
        served_picture *served = &inputs->served[i];
        const char *path = course->pictures[i].name;
        int rc = picture_file_read(AT_FDCWD, path,
                                   (uint64_t)inputs->run->options->max_bytes,
                                   &inputs->files[i], &served->size);

        if (rc < 0) {
            run_fail(inputs->run, STATUS_USAGE, "cannot read %s: %s", path,
                     rc == -EFBIG ? "it is over --max-bytes" : sl_strerror(rc));
            return rc;
        }
        read += served->size;
        if (read > sl_memory_granted() / MEMORY_SHARE) {
            run_fail(inputs->run, STATUS_USAGE,
                     "the pictures up to %s take more than a half of the "
                     "memory: name fewer",
                     path);
            return -E2BIG;
        }
        served->data = inputs->files[i].data;
        served->content_type = origin_content_type(path);
    }
    return 0;
}

static int serve(compare_inputs *inputs)
{
    course *course = inputs->course;
    int rc;

    for (int i = 0; i < course->count; i++)
        snprintf(inputs->served[i].path, sizeof inputs->served[i].path,
                 "/picture/%d", i);
    rc = picture_server_start(&inputs->server, inputs->served, course->count,
                              inputs->run->options->latency);
    if (rc < 0)
        return rc;
    inputs->serving = true;
    for (int i = 0; i < course->count; i++)
        if (asprintf(&course->pictures[i].url, "%s%s",
                     picture_server_url(&inputs->server),
                     inputs->served[i].path) < 0)
            return -ENOMEM;
    return 0;
}

static int use_urls(course *course)
{
    for (int i = 0; i < course->count; i++) {
        course->pictures[i].url = strdup(course->pictures[i].name);
        if (course->pictures[i].url == NULL)
            return -ENOMEM;
    }
    return 0;
}

/* Where nothing is named: what the demo shows, without what is no good. */

static int add_skies(compare_inputs *inputs, const demo_item items[])
{
    int rc = 0;

    inputs->served = calloc(DEMO_ITEMS, sizeof *inputs->served);
    if (inputs->served == NULL)
        return -ENOMEM;
    for (int i = 0; i < DEMO_ITEMS && rc == 0; i++) {
        const sky *sky = &inputs->skies[i];

        if (!demo_item_is_good(&items[i]))
            continue;
        inputs->served[inputs->course->count] =
            (served_picture){ .content_type = items[i].content_type,
                              .data = sky_picture(sky),
                              .size = sky->answer.picture_size };
        rc = add(inputs->course, items[i].day.url);
    }
    return rc;
}

static int draw(compare_inputs *inputs)
{
    run *run = inputs->run;
    demo_item items[DEMO_ITEMS];
    int closed, rc;

    demo_items_fill(SKIES_SEED, items);
    console_message(run->console, "no input: drawing %d star fields",
                    DEMO_GOOD);
    rc = run_open_pool(run);
    if (rc < 0)
        return rc;
    rc = skies_draw(run->pool, items, inputs->skies, DEMO_ITEMS);
    closed = sl_pool_close(run->pool);
    run->pool = NULL;
    if (rc == 0)
        rc = closed;
    return rc == 0 ? add_skies(inputs, items) : rc;
}

static int find_or_draw(compare_inputs *inputs)
{
    const struct options *options = inputs->run->options;
    const char *unreadable = "";
    int rc;

    if (options->input_count == 0 && options->urls == NULL)
        return draw(inputs);
    rc = find(inputs, &unreadable);
    if (rc == 0 && inputs->course->count == 0)
        rc = -ENOENT;
    if (rc < 0) {
        run_fail(inputs->run, STATUS_USAGE, "cannot read %s: %s", unreadable,
                 rc == -EBADMSG  ? inputs->why
                 : rc == -ENOENT ? "there are no pictures"
                                 : sl_strerror(rc));
    } else if (inputs->urls > 0 && inputs->local > 0) {
        run_fail(inputs->run, STATUS_USAGE,
                 "pictures and URLs cannot be compared in one: the same server "
                 "must give all of them");
        rc = -EINVAL;
    }
    return rc == 0 && inputs->urls == 0 ? read_pictures(inputs) : rc;
}

int compare_inputs_open(compare_inputs *inputs, run *run, course *course)
{
    int rc;

    *inputs = (compare_inputs){ .run = run, .course = course };
    rc = find_or_draw(inputs);
    course->is_local = inputs->urls == 0;
    if (rc == 0)
        rc = course->is_local ? serve(inputs) : use_urls(course);
    if (rc < 0)
        run_fail(run, STATUS_INTERNAL, "cannot prepare the pictures: %s",
                 sl_explain(rc));
    return rc;
}

void compare_inputs_close(compare_inputs *inputs)
{
    course *course = inputs->course;

    if (inputs->serving)
        picture_server_stop(&inputs->server);
    for (int i = 0; i < course->count; i++) {
        free(course->pictures[i].name);
        free(course->pictures[i].url);
        free(course->pictures[i].problem);
        if (inputs->files != NULL)
            sl_shm_close(&inputs->files[i]);
    }
    skies_free(inputs->skies, DEMO_ITEMS);
    free(inputs->files);
    free(inputs->served);
    free(course->pictures);
}
