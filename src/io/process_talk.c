/* Talking to a child: all of its pipes at the same time, in a task each,
 * because a child that blocks on one of them serves none of the others. */
#include <starling/process.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <starling/error.h>
#include <starling/group.h>

#include "base/given.h"

enum { FIRST_ROOM = 4096 };

struct tell_args {
    sl_process *process;
    const void *input;
    size_t size;
};

static int tell(void *arg)
{
    struct tell_args *a = arg;
    int rc = sl_stream_write(sl_process_in(a->process), a->input, a->size);

    sl_process_end_input(a->process);
    /* It need not read what it is told. */
    return rc == -EPIPE ? 0 : rc;
}

struct listen_to_args {
    sl_stream *stream;
    size_t limit;
    char **data;
    size_t *size;
};

/* One byte beyond the limit is asked for, to see whether there is more. */
static int make_room(struct listen_to_args *a, size_t *room)
{
    size_t more = *room == 0 ? FIRST_ROOM : 2 * *room;
    char *bigger;

    if (*a->size < *room)
        return 0;
    if (more > a->limit)
        more = a->limit + 1;
    bigger = realloc(*a->data, more + 1);
    if (bigger == NULL)
        return -ENOMEM;
    *a->data = bigger;
    *room = more;
    return 0;
}

static int listen_to(void *arg)
{
    struct listen_to_args *a = arg;
    size_t room = 0;
    ssize_t n;

    do {
        n = make_room(a, &room);
        if (n < 0)
            return (int)n;
        n = sl_stream_read(a->stream, *a->data + *a->size, room - *a->size);
        if (n > 0)
            *a->size += (size_t)n;
        if (*a->size > a->limit) {
            *a->size = a->limit;
            n = sl_fail(-EMSGSIZE, "it wrote more than %zu bytes", a->limit);
        }
        (*a->data)[*a->size] = '\0';
    } while (n > 0);
    return (int)n;
}

/* Have strings in the output whatever happens. */
static int prepare(sl_output *out)
{
    *out = (sl_output){ .exit = { .status = -1 } };
    out->out = calloc(1, 1);
    out->err = calloc(1, 1);
    if (out->out != NULL && out->err != NULL)
        return 0;
    sl_output_free(out);
    return -ENOMEM;
}

static int talk(sl_process *process, const void *input, size_t size,
                size_t limit, sl_output *out)
{
    sl_stream *stdout_pipe = sl_process_out(process);
    sl_stream *stderr_pipe = sl_process_err(process);
    sl_group group;

    sl_group_open(&group);
    if (sl_process_in(process) != NULL)
        sl_go(&group, tell, .process = process, .input = input, .size = size);
    if (stdout_pipe != NULL)
        sl_go(&group, listen_to, .stream = stdout_pipe, .limit = limit,
              .data = &out->out, .size = &out->out_size);
    if (stderr_pipe != NULL)
        sl_go(&group, listen_to, .stream = stderr_pipe, .limit = limit,
              .data = &out->err, .size = &out->err_size);
    return sl_group_close(&group);
}

int sl_process_communicate(sl_process *process, const void *input, size_t size,
                           size_t limit, sl_output *out)
{
    sl_given(process);
    sl_given(out);

    int rc = prepare(out);

    if (rc < 0)
        return rc;
    if (limit > SIZE_MAX / 4)
        limit = SIZE_MAX / 4;
    rc = talk(process, input, size, limit, out);
    if (rc == -EMSGSIZE)
        (void)sl_process_kill(process, SIGKILL); /* or it has ended */
    return rc < 0 ? rc : sl_process_wait(process, &out->exit);
}

int sl_process_run(const sl_process_options *options, const void *input,
                   size_t size, size_t limit, sl_output *out)
{
    sl_given(options);
    sl_given(out);

    sl_process *process;
    int rc = prepare(out);

    if (rc < 0)
        return rc;
    rc = sl_process_spawn(options, &process);
    if (rc < 0)
        return rc;
    sl_output_free(out);
    rc = sl_process_communicate(process, input, size, limit, out);
    sl_process_close(process);
    return rc;
}

void sl_output_free(sl_output *output)
{
    sl_given(output);
    free(output->out);
    free(output->err);
    output->out = output->err = NULL;
}
