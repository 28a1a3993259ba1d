/* Starting the helper: a new program, never a copy of this one.
 *
 * posix_spawn() does not copy memory and is safe with any number of threads.
 * What the new program gets is listed here and nothing else: the channel,
 * /dev/null, stderr, default signals, and of the environment only what a
 * program needs to load and a sanitizer to be configured. The main program's
 * environment may hold keys.
 *
 * The program was opened when the pool was, and is executed by way of that
 * descriptor: an upgrade on disk does not mix two versions in one run.
 */
#include "exec/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/wire.h"
#include "io/process.h"

extern char **environ;

/* Above every descriptor that the new program is given, so that handing out
 * those cannot overwrite what is still needed. */
enum { FD_FLOOR = 16 };

static int lift(int fd)
{
    int high = fcntl(fd, F_DUPFD_CLOEXEC, FD_FLOOR),
        rc = high < 0 ? -errno : high;

    close(fd);
    return rc;
}

int sl__program_open(const char *path)
{
    struct stat info;
    int fd = open(path, O_PATH | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode) ||
        faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0) {
        close(fd);
        return -EACCES;
    }
    return lift(fd);
}

static bool is_passed_on(const char *variable)
{
    static const char *const names[] = {
        "LD_LIBRARY_PATH=", "ASAN_OPTIONS=",  "LSAN_OPTIONS=",
        "TSAN_OPTIONS=",    "UBSAN_OPTIONS=",
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strncmp(variable, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

enum { ENVIRONMENT_MAX = 5 };

static void select_environment(char *out[ENVIRONMENT_MAX + 1])
{
    int n = 0;

    for (char **entry = environ; *entry != NULL && n < ENVIRONMENT_MAX; entry++)
        if (is_passed_on(*entry))
            out[n++] = *entry;
    out[n] = NULL;
}

static int set_files(posix_spawn_file_actions_t *files, int channel)
{
    int rc = posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDWR, 0);

    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(files, 0, 1);
    if (rc == 0)
        rc =
            posix_spawn_file_actions_adddup2(files, channel, SL_WORKER_CHANNEL);
    return -rc;
}

static int spawn(int program, char *argv[], int channel, pid_t *pid)
{
    char *environment[ENVIRONMENT_MAX + 1], path[32];
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    int rc;

    snprintf(path, sizeof path, "/proc/self/fd/%d", program);
    select_environment(environment);
    rc = -posix_spawn_file_actions_init(&files);
    if (rc < 0)
        return rc;
    rc = -posix_spawnattr_init(&attributes);
    if (rc < 0)
        goto free_files;
    rc = set_files(&files, channel);
    /* A process group of its own: Ctrl-C in a terminal is for the main program,
     * which may want to finish the jobs in flight. */
    if (rc == 0)
        rc = sl__spawn_attributes_set(&attributes, true);
    if (rc == 0)
        rc = -posix_spawn(pid, path, &files, &attributes, argv, environment);
    posix_spawnattr_destroy(&attributes);
free_files:
    posix_spawn_file_actions_destroy(&files);
    return rc;
}

/* Without a pidfd the process could not be watched; it dies at once. */
static int open_pidfd(pid_t pid)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);

    if (fd >= 0)
        return fd;
    fd = -errno;
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return fd;
}

int sl__spawn_helper(int program, const char *path, bool show_stderr,
                     sl__spawned *out)
{
    char marker[] = SL__WIRE_ARGUMENT, show[] = SL__WIRE_SHOW_STDERR;
    char *argv[] = { NULL, marker, show_stderr ? show : NULL, NULL };
    int pair[2], rc;
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return -errno;
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    pair[1] = lift(pair[1]);
    argv[0] = strdup(path);
    rc = pair[1] < 0 ? pair[1] : argv[0] == NULL ? -ENOMEM : 0;
    if (rc == 0)
        rc = spawn(program, argv, pair[1], &pid);
    free(argv[0]);
    if (pair[1] >= 0)
        close(pair[1]);
    if (rc == 0)
        rc = open_pidfd(pid);
    if (rc < 0) {
        close(pair[0]);
        return rc;
    }
    *out = (sl__spawned){ .pid = pid, .pidfd = rc, .channel = pair[0] };
    return 0;
}
