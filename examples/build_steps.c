/* Steps that need one another: each begins as soon as those that it needs are
 * done, and what has nothing to do with a failure goes on.
 *
 * A step is a task that joins the tasks of the steps before it: that is all
 * there is to a graph of dependencies. What it does is done in a worker
 * process, so that a step that crashes or hangs costs those that need it and no
 * others.
 */
#include <signal.h>
#include <stdio.h>

#include <starling.h>

#include "shared/program.h"

enum { SOURCES, LIBRARY, PICTURES, TOOL, TESTS, MANUAL, PACKAGE, STEPS };

typedef struct step {
    const char *name;
    unsigned needs; /* a bit for each of the steps before */
    enum { FINE, CRASHES, HANGS } how;
} step;

static const step steps[STEPS] = {
    [SOURCES] = { .name = "sources" },
    [LIBRARY] = { .name = "library", .needs = 1 << SOURCES },
    [PICTURES] = { .name = "pictures", .needs = 1 << SOURCES, .how = HANGS },
    [TOOL] = { .name = "tool", .needs = 1 << SOURCES | 1 << LIBRARY },
    [TESTS] = { .name = "tests", .needs = 1 << LIBRARY, .how = CRASHES },
    [MANUAL] = { .name = "manual", .needs = 1 << SOURCES },
    [PACKAGE] = { .name = "package",
                  .needs = 1 << TOOL | 1 << MANUAL | 1 << PICTURES },
};

typedef struct build {
    sl_pool *pool;
    sl_task *tasks[STEPS];
} build;

/* In a worker. */
static int work(const void *in, size_t in_size, void *out, size_t capacity)
{
    const step *step = in;

    (void)in_size;
    (void)out;
    (void)capacity;
    if (step->how == CRASHES)
        raise(SIGSEGV);
    while (step->how == HANGS)
        block_for(SL_S(1));
    return 0;
}

struct make_args {
    build *build;
    int number;
};

static int make(void *arg)
{
    struct make_args *args = arg;
    const step *step = &steps[args->number];
    sl_job_request request = {
        .function = work, .in = step, .in_size = sizeof *step, .limit = SL_S(2)
    };

    for (int i = 0; i < args->number; i++) {
        int rc = 0;

        if (step->needs & 1u << i)
            rc = sl_task_join(args->build->tasks[i]);
        if (rc == SL_ECANCELED)
            return rc;
        if (rc < 0)
            return sl_fail(rc, "not begun, since it needs %s", steps[i].name);
    }
    return sl_pool_run(args->build->pool, &request);
}

/* All tasks are there before the first one runs: on one thread they take turns,
 * and this one does not wait before. */
static int make_all(build *build)
{
    sl_group_options options = { .spare_others = true };
    sl_group group;

    sl_group_open_with(&group, &options);
    for (int i = 0; i < STEPS; i++)
        build->tasks[i] = sl_go(&group, make, .build = build, .number = i);
    for (int i = 0; i < STEPS; i++) {
        int rc = sl_task_join(build->tasks[i]);

        if (rc == SL_ECANCELED)
            break;
        printf("%s: %s\n", steps[i].name, rc < 0 ? sl_explain(rc) : "done");
    }
    return sl_group_close(&group);
}

static int app(void *arg)
{
    sl_process_pool_options options = { .workers = 3 };
    command *command = arg;
    build build = { 0 };
    int rc, closed;

    program_begin(&command->argc, command->argv);
    expect_arguments(command->argc, command->argv, 0, 0, "build_steps");
    rc = sl_process_pool_open(&options, &build.pool);
    if (rc < 0)
        return rc;
    rc = make_all(&build);
    closed = sl_pool_close(build.pool);
    return rc < 0 ? rc : closed;
}

int main(int argc, char **argv)
{
    command command = { argc, argv };

    return sl_main(argc, argv, app, &command);
}
