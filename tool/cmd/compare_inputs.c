/* Local pictures are read into memory and served from there, so that no mode
 * meets a disk that another has warmed. */
#include "cmd/compare_inputs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <starling/error.h>

#include "cmd/descriptors.h"
#include "cmd/picture_file.h"
#include "origin/folder.h"
#include "source/inputs.h"
#include "source/lists.h"

_Static_assert(sizeof((compare_inputs *)0)->why == LISTS_WHY_MAX,
               "what is wrong with a list fits");

static int take(void *context, const input *input)
{
    compare_inputs *inputs = context;
    course *course = inputs->course;
    course_picture *picture;

    if (input->problem != NULL) {
        run_fail(inputs->run, STATUS_USAGE, "%s: %s", input->where,
                 input->problem);
        return -ENOENT;
    }
    if ((course->count & (course->count - 1)) == 0) { /* a power of two: full */
        size_t room = course->count > 0 ? 2 * (size_t)course->count : 1;
        void *larger = realloc(course->pictures, room * sizeof *picture);

        if (larger == NULL)
            return -ENOMEM;
        course->pictures = larger;
    }
    picture = &course->pictures[course->count];
    *picture = (course_picture){ .name = strdup(input->where) };
    if (picture->name == NULL)
        return -ENOMEM;
    course->count++;
    if (inputs_is_url(input->where))
        inputs->urls++;
    else
        inputs->local++;
    return 0;
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

    descriptors_raise_limit();
    inputs->served = calloc((size_t)course->count, sizeof *inputs->served);
    if (inputs->served == NULL)
        return -ENOMEM;
    for (int i = 0; i < course->count; i++) {
        served_picture *served = &inputs->served[i];
        const char *path = course->pictures[i].name;
        int rc = picture_file_read(AT_FDCWD, path,
                                   (uint64_t)inputs->run->options->max_bytes,
                                   &served->file, &served->size);

        if (rc < 0) {
            run_fail(inputs->run, STATUS_USAGE, "cannot read %s: %s", path,
                     rc == -EFBIG ? "it is over --max-bytes" : sl_strerror(rc));
            return rc;
        }
        snprintf(served->path, sizeof served->path, "/picture/%d", i);
        served->content_type = origin_content_type(path);
    }
    return 0;
}

static int serve(compare_inputs *inputs)
{
    course *course = inputs->course;
    int rc = read_pictures(inputs);

    if (rc < 0)
        return rc;
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

int compare_inputs_open(compare_inputs *inputs, run *run, course *course)
{
    const char *unreadable = "";
    int rc;

    *inputs = (compare_inputs){ .run = run, .course = course };
    rc = find(inputs, &unreadable);
    if (rc == 0 && course->count == 0)
        rc = -ENOENT;
    course->is_local = inputs->urls == 0;
    if (rc < 0)
        run_fail(run, STATUS_USAGE, "cannot read %s: %s", unreadable,
                 rc == -EBADMSG  ? inputs->why
                 : rc == -ENOENT ? "there are no pictures"
                                 : sl_strerror(rc));
    else if (inputs->urls > 0 && inputs->local > 0) {
        run_fail(run, STATUS_USAGE,
                 "pictures and URLs cannot be compared in one: the same server "
                 "must give all of them");
        rc = -EINVAL;
    } else {
        rc = course->is_local ? serve(inputs) : use_urls(course);
        if (rc < 0)
            run_fail(run, STATUS_INTERNAL, "cannot serve the pictures: %s",
                     sl_errmsg()[0] ? sl_errmsg() : sl_strerror(rc));
    }
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
        if (inputs->served != NULL)
            sl_shm_close(&inputs->served[i].file);
    }
    free(inputs->served);
    free(course->pictures);
}
