/* Starting a child, with posix_spawn().
 *
 * libuv's uv_spawn() forks, which copies the page tables of a big program and
 * stops its threads meanwhile, and installs a handler for SIGCHLD, which
 * belongs to the program. posix_spawn() shares memory until the child has
 * loaded its program, tells why that failed, and the pidfd tells of the end
 * without any signal.
 *
 * All our descriptors are close-on-exec; those of other people's code in this
 * process may not be, so the child closes everything above stderr.
 */
#include "io/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <unistd.h>

extern char **environ;

enum { STDIO_COUNT = 3, FIRST_OTHER = 3 };

/* The child's ends: -1 is inherited. */
typedef struct plumbing {
    int child[STDIO_COUNT];
    int ours[STDIO_COUNT];
} plumbing;

static void close_all(int fds[STDIO_COUNT])
{
    for (int i = 0; i < STDIO_COUNT; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
        fds[i] = -1;
    }
}

/* Out of the way: putting one in its place must not overwrite another. Takes
 * `fd`. */
static int lift(int fd)
{
    int high;

    if (fd < 0 || fd >= FIRST_OTHER)
        return fd;
    high = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_OTHER);
    if (high < 0)
        high = -errno;
    close(fd);
    return high;
}

static int open_path(const char *path, int number, bool append)
{
    int flags = number == 0
                    ? O_RDONLY
                    : O_WRONLY | O_CREAT | (append ? O_APPEND : O_TRUNC);
    int fd = open(path, flags | O_CLOEXEC, 0666);

    return fd < 0 ? -errno : lift(fd);
}

static int make_pipe(plumbing *p, int number)
{
    int ends[2], mine = number == 0; /* we write to its stdin */

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    p->ours[number] = ends[mine];
    p->child[number] = lift(ends[!mine]);
    return p->child[number] < 0 ? p->child[number] : 0;
}

static int connect_one(plumbing *p, const sl_stdio *stdio, int number)
{
    int fd = -1;

    switch (stdio->kind) {
    case SL_STDIO_INHERIT:
        return 0;
    case SL_STDIO_OUT: /* copied in the child, where stdout is in place */
        return number == 2 ? 0 : -EINVAL;
    case SL_STDIO_PIPE:
        return make_pipe(p, number);
    case SL_STDIO_NULL:
        fd = open_path("/dev/null", number, true);
        break;
    case SL_STDIO_FILE:
        if (stdio->path == NULL)
            return -EINVAL;
        fd = open_path(stdio->path, number, stdio->append);
        break;
    case SL_STDIO_FD:
        fd = fcntl(stdio->fd, F_DUPFD_CLOEXEC, FIRST_OTHER);
        if (fd < 0)
            fd = -errno;
        break;
    default:
        return -EINVAL;
    }
    if (fd < 0)
        return fd;
    p->child[number] = fd;
    return 0;
}

static int connect_stdio(plumbing *p, const sl_process_options *options)
{
    const sl_stdio *stdio[] = { &options->in, &options->out, &options->err };
    int rc = 0;

    for (int i = 0; i < STDIO_COUNT; i++)
        p->child[i] = p->ours[i] = -1;
    for (int i = 0; i < STDIO_COUNT && rc == 0; i++)
        rc = connect_one(p, stdio[i], i);
    return rc;
}

static int set_files(posix_spawn_file_actions_t *files, const plumbing *p,
                     const sl_process_options *options)
{
    int rc = 0;

    for (int i = 0; i < STDIO_COUNT && rc == 0; i++)
        if (p->child[i] >= 0)
            rc = posix_spawn_file_actions_adddup2(files, p->child[i], i);
    if (rc == 0 && options->err.kind == SL_STDIO_OUT)
        rc = posix_spawn_file_actions_adddup2(files, 1, 2);
    if (rc == 0)
        rc = posix_spawn_file_actions_addclosefrom_np(files, FIRST_OTHER);
    if (rc == 0 && options->cwd != NULL)
        rc = posix_spawn_file_actions_addchdir_np(files, options->cwd);
    return -rc;
}

int sl__spawn_attributes_set(posix_spawnattr_t *attributes, bool new_group)
{
    short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    sigset_t all, none;
    int rc;

    sigfillset(&all);
    sigemptyset(&none);
    rc = posix_spawnattr_setsigdefault(attributes, &all);
    if (rc == 0)
        rc = posix_spawnattr_setsigmask(attributes, &none);
    if (rc == 0 && new_group) {
        rc = posix_spawnattr_setpgroup(attributes, 0);
        flags |= POSIX_SPAWN_SETPGROUP;
    }
    if (rc == 0)
        rc = posix_spawnattr_setflags(attributes, flags);
    return -rc;
}

static int spawn(const plumbing *p, const sl_process_options *options,
                 pid_t *pid)
{
    const char *program =
        options->program != NULL ? options->program : options->argv[0];
    /* posix_spawn() changes neither; its types are older than const. */
    char *const *argv = (char *const *)(uintptr_t)options->argv;
    char *const *env =
        options->env != NULL ? (char *const *)(uintptr_t)options->env : environ;
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    int rc = -posix_spawn_file_actions_init(&files);

    if (rc < 0)
        return rc;
    rc = -posix_spawnattr_init(&attributes);
    if (rc == 0) {
        rc = set_files(&files, p, options);
        if (rc == 0)
            rc = sl__spawn_attributes_set(&attributes, options->new_group);
        if (rc == 0)
            rc = -posix_spawnp(pid, program, &files, &attributes, argv, env);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&files);
    return rc;
}

int sl__process_launch(const sl_process_options *options, sl__launched *out)
{
    plumbing p;
    int rc;

    if (options->argv == NULL || options->argv[0] == NULL)
        return -EINVAL;
    rc = connect_stdio(&p, options);
    if (rc == 0)
        rc = spawn(&p, options, &out->pid);
    close_all(p.child);
    if (rc < 0) {
        close_all(p.ours);
        return rc;
    }
    for (int i = 0; i < STDIO_COUNT; i++)
        out->ours[i] = p.ours[i];
    /* It cannot be another process: nobody but us reaps the child. */
    out->pidfd = (int)syscall(SYS_pidfd_open, out->pid, 0);
    return 0;
}
