/* A job that crashes, one that hangs, one that eats memory: in a process pool
 * each costs itself and nobody else. The worker it ran in is replaced, the jobs
 * beside it never notice, and what happened has a name.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <starling.h>

#include "shared/program.h"

enum { FINE, CRASH, HANG, GLUTTON, KINDS };

static const char *const names[KINDS] = { "a good job", "one that crashes",
                                          "one that hangs",
                                          "one that eats memory" };

static int eat(void)
{
    size_t piece = (size_t)16 << 20;

    for (int i = 0; i < 64; i++) { /* 1 GiB, which no job here may have */
        char *memory = malloc(piece);

        if (memory == NULL)
            return -ENOMEM; /* the limit of the job, not of the machine */
        memset(memory, 1, piece);
    }
    return 0;
}

static int work(const void *in, size_t in_size, void *out, size_t capacity)
{
    const int *kind = in;

    (void)in_size;
    (void)capacity;
    if (*kind == CRASH)
        raise(SIGSEGV);
    if (*kind == HANG)
        for (;;)
            block_for(SL_S(1));
    if (*kind == GLUTTON)
        return eat();
    memcpy(out, kind, sizeof *kind);
    return sizeof *kind;
}

struct run_job_args {
    sl_pool *pool;
    int kind;
};

/* A failed job is what we are here to see: no failure of the group. */
static int run_job(void *arg)
{
    struct run_job_args *args = arg;
    int answer;
    sl_job_request request = { .function = work,
                               .in = &args->kind,
                               .in_size = sizeof args->kind,
                               .out = &answer,
                               .out_capacity = sizeof answer,
                               .limit = SL_S(3),
                               .memory = (uint64_t)64 << 20 };
    int rc = sl_pool_run(args->pool, &request);

    if (rc == SL_ECANCELED)
        return rc;
    printf("%s: %s\n", names[args->kind], rc < 0 ? sl_errmsg() : "answered");
    return 0;
}

static int run_all(sl_pool *pool)
{
    int rc = 0;

    for (int kind = 0; kind < KINDS && rc == 0; kind++) {
        sl_group group;

        sl_group_open(&group); /* a bad job, and a good one beside it */
        sl_go(&group, run_job, .pool = pool, .kind = kind);
        sl_go(&group, run_job, .pool = pool, .kind = FINE);
        rc = sl_group_close(&group);
    }
    return rc;
}

static int app(void *arg)
{
    sl_process_pool_options options = { .workers = 2 };
    command *command = arg;
    sl_pool *pool;
    int rc, closed;

    program_begin(&command->argc, command->argv);
    expect_arguments(command->argc, command->argv, 0, 0, "worker_crash");
    rc = sl_process_pool_open(&options, &pool);
    if (rc < 0)
        return rc;
    rc = run_all(pool);
    closed = sl_pool_close(pool);
    if (rc == 0)
        puts("the program: still here");
    return rc < 0 ? rc : closed;
}

int main(int argc, char **argv)
{
    command command = { argc, argv };

    return sl_main(argc, argv, app, &command);
}
