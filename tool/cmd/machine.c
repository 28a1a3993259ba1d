/* Most of what matters here cannot be read anywhere: a container may forbid
 * what its kernel has. So each thing is tried, in a process of its own where
 * trying would leave a mark.
 */
#include "cmd/machine.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <starling/error.h>
#include <starling/pool.h>

#include "run/worker_path.h"

/* The child calls nothing but the kernel: this process may have threads. */
static bool has_user_namespaces(void)
{
    int status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(unshare(CLONE_NEWUSER) < 0);
    while (pid > 0 && waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static uint64_t limit_of(rlim_t limit)
{
    return limit == RLIM_INFINITY ? UINT64_MAX : limit;
}

void machine_look(machine *out)
{
    struct utsname name;
    struct rlimit files = { 0 };

    memset(out, 0, sizeof *out);
    if (uname(&name) == 0)
        snprintf(out->system, sizeof out->system, "%s %s", name.sysname,
                 name.release);
    sl_machine_describe(&out->grants);
    out->cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
    out->memory =
        (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    (void)getrlimit(RLIMIT_NOFILE, &files); /* cannot fail */
    out->files_soft = limit_of(files.rlim_cur);
    out->files_hard = limit_of(files.rlim_max);
    out->has_user_namespaces = has_user_namespaces();
    out->has_shared_folder = access("/dev/shm", W_OK) == 0;
}

static int ask(sl_pool *pool, const char *job, void *out, size_t size)
{
    sl_job_request request = { .job = job, .out = out, .out_capacity = size };
    int rc = sl_pool_run(pool, &request);

    if (rc >= 0 && rc != (int)size)
        rc = sl_fail(-EPROTO, "a worker's answer has a strange size");
    return rc < 0 ? rc : 0;
}

/* Of the two programs' sandboxes, which are the same, the last is told of. */
static int look_at_program(machine *machine, const char *name)
{
    char path[4096];
    sl_process_pool_options how = { .program = path, .workers = 1 };
    uint32_t formats = 0;
    sl_pool *pool;
    int rc = worker_path(name, path, sizeof path), closed;

    if (rc == 0)
        rc = sl_process_pool_open(&how, &pool);
    if (rc < 0)
        return rc;
    rc = ask(pool, JOB_SANDBOX, &machine->sandbox, sizeof machine->sandbox);
    if (rc == 0)
        rc = ask(pool, JOB_READS, &formats, sizeof formats);
    machine->formats |= formats;
    closed = sl_pool_close(pool);
    return rc < 0 ? rc : closed;
}

int machine_look_at_workers(machine *machine)
{
    int rc = look_at_program(machine, WORKER_PROGRAM_RARE);

    if (rc == 0 || rc == -ENOENT)
        rc = look_at_program(machine, WORKER_PROGRAM_PLAIN);
    return rc;
}
