/* Other programs, waited for like anything else: one that sorts what it is
 * given, one that fails, one that would take for ever. They run at the same
 * time, and none is left at the end. Then one that is talked with, line by
 * line.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <starling.h>

#include "shared/program.h"

struct child {
    const char *const *argv;
    const char *input;
    sl_time limit;
    sl_output output;
    int rc;
};

/* How a child ends is an answer, and no failure of the group. */
static int run(void *arg)
{
    struct child *child = arg;
    sl_process_options options = { .argv = child->argv,
                                   .in = { .kind = SL_STDIO_PIPE },
                                   .out = { .kind = SL_STDIO_PIPE },
                                   .err = { .kind = SL_STDIO_PIPE } };
    sl_scope limit;

    sl_timeout_open(&limit, child->limit);
    child->rc = sl_process_run(&options, child->input, strlen(child->input),
                               1 << 20, &child->output);
    child->rc = sl_scope_close(&limit, child->rc); /* in time, or killed */
    return child->rc == SL_ECANCELED ? child->rc : 0;
}

static void show(const struct child *child)
{
    const sl_output *output = &child->output;

    printf("%s: ", child->argv[0]);
    if (child->rc < 0)
        puts(sl_strerror(child->rc));
    else if (output->exit.status != 0)
        printf("status %d, %s", output->exit.status, output->err);
    else
        printf("%.*s first\n", (int)strcspn(output->out, "\n"), output->out);
}

static int run_three(void)
{
    static const char *const sorts[] = { "sort", NULL };
    static const char *const fails[] = { "sh", "-c", "echo no film >&2; exit 3",
                                         NULL };
    static const char *const hangs[] = { "sleep", "1000", NULL };
    struct child children[] = {
        { sorts, "Vega\nDeneb\nAltair\n", .limit = SL_FOREVER },
        { fails, "", .limit = SL_FOREVER },
        { hangs, "", .limit = scaled(SL_S(1)) },
    };
    sl_group group;
    int rc;

    sl_group_open(&group);
    for (int i = 0; i < 3; i++)
        sl_group_spawn(&group, run, &children[i]);
    rc = sl_group_close(&group);
    for (int i = 0; i < 3; i++) {
        if (rc == 0)
            show(&children[i]);
        sl_output_free(&children[i].output);
    }
    return rc;
}

static int ask(sl_process *child, const char *question)
{
    char answer[64];
    int rc = sl_stream_write(sl_process_in(child), question, strlen(question));

    if (rc == 0)
        rc = (int)sl_stream_read_line(sl_process_out(child), answer,
                                      sizeof answer);
    if (rc < 0)
        return rc;
    printf("%.*s squared is %s\n", (int)strcspn(question, "\n"), question,
           answer);
    return 0;
}

static int talk(void)
{
    static const char *const squares[] = {
        "sh", "-c", "while read n; do echo $((n * n)); done", NULL
    };
    sl_process_options options = { .argv = squares,
                                   .in = { .kind = SL_STDIO_PIPE },
                                   .out = { .kind = SL_STDIO_PIPE } };
    sl_process *child;
    sl_exit end;
    int rc = sl_process_spawn(&options, &child);

    if (rc < 0)
        return rc;
    rc = ask(child, "12\n");
    if (rc == 0)
        rc = ask(child, "111\n");
    sl_process_end_input(child); /* it reads the end, and ends */
    if (rc == 0)
        rc = sl_process_wait(child, &end);
    if (rc == 0)
        printf("it ended with status %d\n", end.status);
    sl_process_close(child); /* after an error it may still run */
    return rc;
}

static int app(void *unused)
{
    int rc = run_three();

    (void)unused;
    return rc < 0 ? rc : talk();
}

int main(int argc, char **argv)
{
    program_begin(&argc, argv);
    expect_arguments(argc, argv, 0, 0, "children");
    return sl_main(argc, argv, app, NULL);
}
