/* A pool for each test, and the check that it leaves nothing behind. */
#include "pool_test.h"

#include "support/test.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <starling/clock.h>
#include <starling/error.h>
#include <starling/loop.h>

int open_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = -3; /* ".", "..", and the folder itself */

    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

typedef struct session {
    const sl_process_pool_options *options;
    int (*body)(sl_pool *pool);
} session;

static int hold_session(void *arg)
{
    const session *session = arg;
    int before = open_descriptors(), rc;
    sl_pool *pool;

    rc = sl_process_pool_open(session->options, &pool);
    if (rc < 0)
        test_fail(__FILE__, __LINE__, "open: %d %s", rc, sl_errmsg());
    rc = session->body(pool);
    CHECK_EQ(sl_pool_close(pool), 0);
    CHECK_EQ(open_descriptors(), before);
    CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1);
    CHECK_EQ(errno, ECHILD);
    return rc;
}

void with_options(const sl_process_pool_options *options,
                  int (*body)(sl_pool *pool))
{
    session session = { options, body };

    CHECK_EQ(sl_run(hold_session, &session), 0);
}

void with_pool(int workers, int (*body)(sl_pool *pool))
{
    sl_process_pool_options options = { .program = WORKER_PROGRAM,
                                        .workers = workers };

    with_options(&options, body);
}

int run(sl_pool *pool, const char *job)
{
    return sl_pool_run(pool, &(sl_job_request){ .job = job });
}

void check_works(sl_pool *pool)
{
    int n = 21, answer = 0;
    sl_job_request request = { .job = "twice",
                               .in = &n,
                               .in_size = sizeof n,
                               .out = &answer,
                               .out_capacity = sizeof answer };

    CHECK_EQ(sl_pool_run(pool, &request), sizeof answer);
    CHECK_EQ(answer, 42);
}

int worker_pid(sl_pool *pool)
{
    int pid;
    sl_job_request request = { .job = "pid",
                               .out = &pid,
                               .out_capacity = sizeof pid };

    CHECK_EQ(sl_pool_run(pool, &request), sizeof pid);
    return pid;
}

sl_future *submit_endless(sl_pool *pool)
{
    sl_shm flag;
    sl_future *future;

    CHECK_EQ(sl_shm_open(1, &flag), 0);
    future = sl_pool_submit_with(
        pool, &(sl_job_request){ .job = "begin", .result = &flag });
    while (*(volatile char *)flag.data == 0) /* until the test's limit */
        CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    sl_shm_close(&flag); /* the worker has it mapped */
    return future;
}

int helper_pid(void)
{
    char path[64];
    int pid = 0;
    FILE *file;

    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    file = fopen(path, "re");
    if (file == NULL)
        test_skip("this kernel does not list children");
    if (fscanf(file, "%d", &pid) != 1)
        pid = 0;
    fclose(file);
    return pid;
}

const char *program_called(const char *name)
{
    static char path[200];

    snprintf(path, sizeof path, "%s/%s", test_folder(), name);
    CHECK_EQ(symlink(WORKER_PROGRAM, path), 0);
    return path;
}
