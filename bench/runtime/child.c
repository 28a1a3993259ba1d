/* Children run one at a time, each on a core of its own choosing: a process
 * that wanders between cores measures the wandering.
 */
#include "child.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void go_to_core(int wanted)
{
    cpu_set_t granted, only;

    if (sched_getaffinity(0, sizeof granted, &granted) < 0)
        return;
    for (int core = 0; core < CPU_SETSIZE; core++) {
        if (!CPU_ISSET(core, &granted) || wanted-- > 0)
            continue;
        CPU_ZERO(&only);
        CPU_SET(core, &only);
        /* Refused, the numbers vary more, which is better than none. */
        (void)sched_setaffinity(0, sizeof only, &only);
        return;
    }
}

static void become(char *const argv[], int core, int out)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    char *name;

    if (n < 0)
        _exit(127);
    path[n] = '\0';
    name = strrchr(path, '/') + 1;
    snprintf(name, sizeof path - (size_t)(name - path), "%s", argv[0]);
    go_to_core(core);
    dup2(out, STDOUT_FILENO);
    execv(path, argv);
    fprintf(stderr, "runtime: %s: %s\n", path, strerror(errno));
    _exit(127);
}

int child_start(child *child, char *const argv[], int core)
{
    int ends[2];

    if (pipe(ends) < 0)
        return -errno;
    child->out = fdopen(ends[0], "r");
    child->pid = child->out != NULL ? fork() : -1;
    if (child->pid < 0) {
        int rc = -errno;

        close(ends[1]);
        child->out != NULL ? fclose(child->out) : close(ends[0]);
        return rc;
    }
    if (child->pid == 0) {
        close(ends[0]);
        become(argv, core, ends[1]);
    }
    close(ends[1]);
    return 0;
}

int child_end(child *child, int kill_it)
{
    int status;

    if (kill_it)
        kill(child->pid, SIGKILL);
    fclose(child->out);
    while (waitpid(child->pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void touch_and_end(size_t size)
{
    volatile char *data = mmap(NULL, size, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (data == MAP_FAILED)
        _exit(1);
    madvise((void *)data, size, MADV_HUGEPAGE);
    for (size_t at = 0; at < size; at += 4096)
        data[at] = 1;
    _exit(0);
}

void touch_memory(int mib)
{
    pid_t pid;

    if (mib == 0)
        return;
    pid = fork();
    if (pid == 0)
        touch_and_end((size_t)mib << 20);
    /* Failing is not worth a word: memory is then as cold as it was. */
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}
