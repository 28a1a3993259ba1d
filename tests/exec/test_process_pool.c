/* What a pool does with jobs that behave. */
#include "pool_test.h"

#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <starling/clock.h>
#include <starling/cores.h>
#include <starling/error.h>
#include <starling/future.h>
#include <starling/group.h>
#include <starling/loop.h>
#include <starling/scope.h>

#include "sandbox/sanitized.h"

static int once(sl_pool *pool)
{
    check_works(pool);
    CHECK_EQ(run(pool, "nothing"), 0);
    CHECK_EQ(run(pool, "fail"), -EILSEQ);
    CHECK_STR(sl_errmsg(), "");
    CHECK_EQ(run(pool, "no such job"), -ENOSYS);
    check_works(pool);
    return 0;
}

TEST(a_job_is_run_and_its_error_is_its_own)
{
    with_pool(1, once);
}

static int thousand(sl_pool *pool)
{
    enum { N = 1000 };
    static int in[N], out[N], rc[N];
    static sl_future *futures[N];

    for (int i = 0; i < N; i++) {
        in[i] = i;
        futures[i] = sl_pool_submit_with(
            pool, &(sl_job_request){ .job = "twice",
                                     .in = &in[i],
                                     .in_size = sizeof in[i],
                                     .out = &out[i],
                                     .out_capacity = sizeof out[i] });
    }
    CHECK_EQ(sl_gather(N, futures, rc), 0);
    for (int i = 0; i < N; i++) {
        CHECK_EQ(rc[i], sizeof out[i]);
        CHECK_EQ(out[i], 2 * i);
        sl_future_drop(futures[i]);
    }
    return 0;
}

TEST(a_thousand_jobs_have_a_thousand_answers)
{
    with_pool(3, thousand);
}

/* Sizes around each border between the places where a job's bytes may lie. */
static int echo_sizes(sl_pool *pool)
{
    enum { MOST = 5 << 20 };
    static const size_t sizes[] = {
        0,       1,
        39,      40,
        41,      72,
        73,      119,
        120,     121,
        4096,    16351,
        16352,   16353,
        16384,   16385,
        1 << 20, 2097119,
        2097120, 2097121,
        2 << 20, (2 << 20) + 1,
        MOST,
    };
    char *in = malloc(MOST), *out = malloc(MOST);

    for (size_t i = 0; i < MOST; i++)
        in[i] = (char)(i * 7 + i / 251);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (size_t spare = 0; spare < 60000; spare += 20000) {
            sl_job_request request = { .job = "echo",
                                       .in = in,
                                       .in_size = sizes[i],
                                       .out = out,
                                       .out_capacity = sizes[i] + spare };

            if (request.out_capacity > MOST)
                continue;
            memset(out, 0, MOST);
            CHECK_EQ(sl_pool_run(pool, &request), sizes[i]);
            CHECK_EQ(memcmp(in, out, sizes[i]), 0);
        }
    free(in);
    free(out);
    return 0;
}

TEST(requests_and_answers_have_any_size)
{
    with_pool(1, echo_sizes);
}

static int refuse(sl_pool *pool)
{
    static char byte;
    const sl_job_request bad[] = {
        { .job = NULL },
        { .job = "a name that is far longer than names of jobs may be" },
        { .job = "echo", .in = &byte, .in_size = SL_JOB_BYTES_MAX + 1 },
        { .job = "echo", .out = &byte, .out_capacity = SL_JOB_BYTES_MAX + 1 },
        { .job = "echo", .limit = -1 },
        { .job = "echo", .in_size = 1 },
        { .job = "echo", .out_capacity = 1 },
        { .job = "invert",
          .result = &(sl_shm){ .data = &byte, .size = 1, .fd = -1 } },
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        sl_future *future = sl_pool_submit_with(pool, &bad[i]);

        CHECK_EQ(sl_pool_run(pool, &bad[i]), -EINVAL);
        CHECK_EQ(sl_future_wait(future), -EINVAL);
        CHECK_STR(sl_pool_error(future), "invalid");
        sl_future_drop(future);
    }
    return 0;
}

TEST(requests_that_break_a_limit_are_refused)
{
    with_pool(1, refuse);
}

static void check_inverted(sl_pool *pool, sl_shm *body)
{
    sl_shm result;
    sl_job_request request = { .job = "invert",
                               .body = body,
                               .result = &result };
    unsigned char *from = body->data, *to;

    CHECK_EQ(sl_shm_open(body->size, &result), 0);
    to = result.data;
    for (size_t i = 0; i < body->size; i++)
        from[i] = (unsigned char)(i * 31);
    for (int round = 0; round < 3; round++) {
        memset(to, 0, body->size);
        CHECK_EQ(sl_pool_run(pool, &request), 0);
        for (size_t i = 0; i < body->size; i++)
            if (to[i] != (unsigned char)~from[i])
                test_fail(__FILE__, __LINE__, "byte %zu differs", i);
    }
    sl_shm_close(&result);
}

static int invert(sl_pool *pool)
{
    enum { SIZE = 5 * 1000 * 1000, SMALL = 5000 };
    sl_shm body;

    CHECK_EQ(sl_shm_open(SIZE, &body), 0);
    check_inverted(pool, &body);
    sl_shm_close(&body);
    body = (sl_shm){ .data = malloc(SMALL), .size = SMALL, .fd = -1 };
    check_inverted(pool, &body);
    sl_shm_close(&body);
    return 0;
}

TEST(memory_travels_with_a_job)
{
    with_pool(1, invert);
}

static int replace(sl_pool *pool)
{
    int seen[9];

    for (int i = 0; i < 9; i++)
        seen[i] = worker_pid(pool);
    for (int i = 0; i < 9; i++)
        CHECK_EQ(seen[i] == seen[i / 3 * 3], 1);
    CHECK(seen[0] != seen[3] && seen[3] != seen[6]);
    return 0;
}

TEST(a_worker_is_replaced_after_its_share_of_jobs)
{
    sl_process_pool_options options = { .program = WORKER_PROGRAM,
                                        .workers = 1,
                                        .max_jobs_per_worker = 3 };

    with_options(&options, replace);
}

static int look_around(sl_pool *pool)
{
    char text[1000] = "";
    sl_job_request request = { .job = "environment",
                               .out = text,
                               .out_capacity = sizeof text - 1 };

    CHECK(sl_pool_run(pool, &request) >= 0);
    CHECK(strstr(text, "SECRET") == NULL);
    CHECK(strstr(text, "HOME=") == NULL);
    CHECK_EQ(run(pool, "descriptors"), 0);
    return 0;
}

TEST(workers_get_no_environment_and_no_descriptors)
{
    sl_process_pool_options options = { .program = program_called("bare"),
                                        .workers = 1 };

    setenv("NASA_API_KEY", "SECRET", 1);
    /* Not marked close-on-exec, as other people's code leaves them. */
    CHECK(open("/dev/null", O_RDONLY) >= 0);
    with_options(&options, look_around);
}

static int read_note(sl_pool *pool)
{
    CHECK_STR(sl_pool_note(pool),
              SL__SANITIZED ? "missing: seccomp" : "missing: ");
    return 0;
}

TEST(a_worker_s_note_arrives)
{
    with_pool(1, read_note);
}

typedef struct pool_arg {
    sl_pool *pool;
    int rc;
} pool_arg;

static int run_hang(void *arg)
{
    pool_arg *call = arg;

    call->rc = run(call->pool, "hang");
    return call->rc;
}

typedef struct {
    sl_pool *pool;
    sl_shm has_begun; /* a byte that the job sets */
} endless_arg;

static int run_endless(void *arg)
{
    endless_arg *endless = arg;
    int rc = sl_pool_run(
        endless->pool,
        &(sl_job_request){ .job = "begin", .result = &endless->has_begun });

    CHECK_EQ(rc, SL_ECANCELED);
    CHECK_STR(sl_errmsg(), "canceled");
    return rc;
}

static int cancel_running(sl_pool *pool)
{
    endless_arg endless = { .pool = pool };
    int before = worker_pid(pool);
    sl_group group;

    CHECK_EQ(sl_shm_open(1, &endless.has_begun), 0);
    sl_group_open(&group);
    sl_group_spawn(&group, run_endless, &endless);
    while (*(volatile char *)endless.has_begun.data == 0)
        CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    sl_group_cancel(&group);
    CHECK_EQ(sl_group_close(&group), 0);
    sl_shm_close(&endless.has_begun);
    CHECK(worker_pid(pool) != before);
    return 0;
}

TEST(a_cancelled_job_that_runs_loses_its_worker)
{
    with_pool(1, cancel_running);
}

static int cancel_queued(sl_pool *pool)
{
    pool_arg first = { pool, 1 }, second = { pool, 1 };
    sl_group outer;
    sl_task *task;
    sl_scope scope;
    int rc;

    sl_group_open(&outer);
    task = sl_group_spawn(&outer, run_hang, &first);
    CHECK_EQ(sl_sleep(SL_MS(10)), 0);
    sl_timeout_open(&scope, SL_MS(10));
    rc = run_hang(&second); /* waits behind the first */
    CHECK_EQ(rc, SL_ECANCELED);
    CHECK_EQ(sl_scope_close(&scope, rc), SL_ETIMEDOUT);
    CHECK_EQ(sl_task_is_done(task), 0);
    sl_group_cancel(&outer);
    CHECK_EQ(sl_group_close(&outer), 0);
    CHECK_EQ(first.rc, SL_ECANCELED);
    check_works(pool);
    return 0;
}

TEST(a_cancelled_job_that_waits_is_taken_back)
{
    with_pool(1, cancel_queued);
}

static int cancel_before(sl_pool *pool)
{
    sl_scope scope;
    int rc;

    sl_timeout_open(&scope, 0);
    rc = run(pool, "nothing");
    CHECK_EQ(rc, SL_ECANCELED);
    CHECK_EQ(sl_scope_close(&scope, rc), SL_ETIMEDOUT);
    check_works(pool);
    return 0;
}

TEST(a_cancelled_task_does_not_start_a_job)
{
    with_pool(1, cancel_before);
}

static int close_cancelled(void *arg)
{
    sl_process_pool_options options = { .program = WORKER_PROGRAM,
                                        .workers = 1 };
    int before = open_descriptors(), rc;
    sl_future *futures[2];
    sl_pool *pool;
    sl_scope scope;

    (void)arg;
    CHECK_EQ(sl_process_pool_open(&options, &pool), 0);
    for (int i = 0; i < 2; i++)
        futures[i] =
            sl_pool_submit_with(pool, &(sl_job_request){ .job = "hang" });
    sl_timeout_open(&scope, SL_MS(50));
    rc = sl_pool_close(pool);
    CHECK_EQ(rc, SL_ECANCELED);
    CHECK_EQ(sl_scope_close(&scope, rc), SL_ETIMEDOUT);
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(sl_future_wait(futures[i]), SL_ECLOSED);
        CHECK_STR(sl_pool_error(futures[i]), "closed");
        sl_future_drop(futures[i]);
    }
    CHECK_EQ(open_descriptors(), before);
    CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1);
    return 0;
}

TEST(a_cancelled_close_closes_all_the_same)
{
    CHECK_EQ(sl_run(close_cancelled, NULL), 0);
}

static int ask_for_argument(sl_pool *pool)
{
    char text[8] = "";
    sl_job_request request = { .job = "argument",
                               .out = text,
                               .out_capacity = sizeof text };

    for (int i = 0; i < 2; i++) { /* also of the next worker */
        CHECK_EQ(sl_pool_run(pool, &request), 5);
        CHECK_STR(text, "four");
        CHECK_EQ(run(pool, "exit"), SL_EWORKERDIED);
    }
    return 0;
}

static int ask_for_none(sl_pool *pool)
{
    CHECK_EQ(run(pool, "argument"), -ENODATA);
    return 0;
}

TEST(a_worker_program_is_given_the_pool_s_argument)
{
    sl_process_pool_options options = { .program = WORKER_PROGRAM,
                                        .workers = 1,
                                        .init_arg = "four",
                                        .init_size = 5 };

    with_options(&options, ask_for_argument);
    with_pool(1, ask_for_none);
}

typedef struct bad_program {
    const char *path;
    int rc;
    const char *text;
} bad_program;

static int open_bad(void *arg)
{
    const bad_program *bad = arg;
    sl_process_pool_options options = { .program = bad->path, .workers = 2 };
    int before = open_descriptors();
    sl_pool *pool;

    CHECK_EQ(sl_process_pool_open(&options, &pool), bad->rc);
    if (strstr(sl_errmsg(), bad->text) == NULL)
        test_fail(__FILE__, __LINE__, "no \"%s\" in \"%s\"", bad->text,
                  sl_errmsg());
    CHECK_EQ(open_descriptors(), before);
    CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1);
    return 0;
}

static void check_bad(const char *path, int rc, const char *text)
{
    bad_program bad = { path, rc, text };

    CHECK_EQ(sl_run(open_bad, &bad), 0);
}

TEST(a_program_that_is_none_is_an_error_of_the_open)
{
    check_bad("/nowhere/worker", -ENOENT, "/nowhere/worker");
    check_bad("/", -EACCES, "/");
    check_bad("/etc/passwd", -EACCES, "/etc/passwd");
    check_bad("/bin/true", -EPROTO, "exited:0");
}

TEST(a_worker_that_cannot_start_is_an_error_of_the_open)
{
    check_bad(program_called("enters-badly"), -EPERM, "no sandbox today");
    check_bad(program_called("crashes-entering"), SL_EWORKERDIED,
              "crashed:SIGABRT");
    check_bad(program_called("warms-up-badly"), -ELIBACC,
              "a library is missing");
}

static int cancel_open(void *arg)
{
    sl_process_pool_options options = { .program = "/bin/cat", .workers = 2 };
    sl_pool *pool;
    sl_scope scope;
    int rc;

    (void)arg;
    /* Reads /dev/null and would end at once, but not before this does. */
    sl_timeout_open(&scope, 0);
    rc = sl_process_pool_open(&options, &pool);
    CHECK_EQ(rc, SL_ECANCELED);
    CHECK_EQ(sl_scope_close(&scope, rc), SL_ETIMEDOUT);
    options.program = WORKER_PROGRAM;
    sl_timeout_open(&scope, SL_US(100));
    rc = sl_process_pool_open(&options, &pool);
    CHECK_EQ(rc, SL_ECANCELED);
    CHECK_EQ(sl_scope_close(&scope, rc), SL_ETIMEDOUT);
    CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1);
    return 0;
}

TEST(an_open_can_be_cancelled)
{
    CHECK_EQ(sl_run(cancel_open, NULL), 0);
}

TEST(a_worker_program_alone_says_what_it_is)
{
    int status;

    setenv("PROGRAM", WORKER_PROGRAM, 1);
    status = system("\"$PROGRAM\" 2>/dev/null");
    CHECK(WIFEXITED(status));
    CHECK_EQ(WEXITSTATUS(status), 2);
}

static char copied_program[200];

static int lose_program(sl_pool *pool)
{
    int helper = helper_pid();

    CHECK_EQ(getpgid(helper), helper); /* Ctrl-C is not for it */
    CHECK_EQ(unlink(copied_program), 0);
    CHECK_EQ(kill(helper, SIGKILL), 0);
    while (helper_pid() == helper || helper_pid() == 0)
        CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    check_works(pool);
    return 0;
}

TEST(a_program_that_is_replaced_on_disk_goes_on_as_it_was)
{
    sl_process_pool_options options = { .program = copied_program,
                                        .workers = 1 };

    snprintf(copied_program, sizeof copied_program, "%s/copy", test_folder());
    setenv("PROGRAM", WORKER_PROGRAM, 1);
    setenv("COPY", copied_program, 1);
    CHECK_EQ(system("cp \"$PROGRAM\" \"$COPY\""), 0);
    with_options(&options, lose_program);
}

/* With few descriptors a pool works or says why not; it never hangs. */
static int open_with_few(void *arg)
{
    sl_process_pool_options options = { .program = WORKER_PROGRAM,
                                        .workers = 3 };
    const int *spare = arg;
    int before = open_descriptors(), rc;
    struct rlimit limit;
    sl_pool *pool;

    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = (rlim_t)(before + *spare);
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
    rc = sl_process_pool_open(&options, &pool);
    if (rc == 0) {
        check_works(pool);
        CHECK_EQ(sl_pool_close(pool), 0);
    } else if (sl_errmsg()[0] == '\0') {
        test_fail(__FILE__, __LINE__, "no words for %d", rc);
    }
    limit.rlim_cur = limit.rlim_max;
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
    CHECK_EQ(open_descriptors(), before);
    CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1);
    return rc == 0;
}

/* A crash in here shows under a sanitizer as its own failure to open a file:
 * see "How it is tested" in docs/internals/exec.md. */
TEST_LIMIT(a_pool_with_few_descriptors_works_or_says_why_not, 30)
{
    int worked = 0, spare;

    /* Numbers below 16 are in use, as they are in a real program. */
    while (dup(0) < 15) {
    }
    for (spare = 0; spare < 16; spare++)
        worked += sl_run(open_with_few, &spare);
    CHECK(worked > 4 && worked < 16);
}

static int count_workers(sl_pool *pool)
{
    CHECK_EQ(sl_pool_workers(pool), sl_cores());
    return 0;
}

TEST(a_pool_has_as_many_workers_as_there_are_cores)
{
    with_pool(0, count_workers);
}
