/* Runs each registered test in a child process, a few at a time, and prints
 * only what a person needs: a line per failure with the test's own output, and
 * the totals. The line "N passed, N failed" is what scripts read. */
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/old_kernel.h"

enum { STATUS_FAILED = 99, STATUS_SKIPPED = 77, AT_ONCE_MAX = 64 };

/* A limit is there to end what hangs. A machine that is busy with something
 * else makes nothing hang, so there is room for it. */
enum { ROOM_FOR_OTHERS = 4 };

typedef struct {
    test_entry *test;
    pid_t pid;
    int output; /* memfd with what the test printed */
    struct timespec end;
} slot;

static test_entry *tests, **tests_end = &tests;
static char folder[PATH_MAX];
static int passed, failed, skipped;

void test_register(test_entry *entry)
{
    *tests_end = entry;
    tests_end = &entry->next;
}

void test_fail(const char *file, int line, const char *format, ...)
{
    va_list args;

    fflush(stdout);
    fprintf(stderr, "  %s:%d: ", file, line);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    _exit(STATUS_FAILED);
}

void test_skip(const char *reason)
{
    fprintf(stderr, "%s\n", reason);
    _exit(STATUS_SKIPPED);
}

/* The folder is named after the test's process, so that the parent knows what
 * to remove however the test ended. */
static void name_folder(char *path, size_t size, pid_t pid)
{
    const char *base = getenv("TMPDIR");

    /* Cut short it would name something that is not ours to remove. */
    if (snprintf(path, size, "%s/starling-test-%d", base ? base : "/tmp",
                 (int)pid) >= (int)size) {
        fprintf(stderr, "TMPDIR is too long\n");
        abort();
    }
}

static int remove_entry(const char *path, const struct stat *info, int type,
                        struct FTW *where)
{
    (void)info;
    (void)where;
    /* What cannot be removed stays; the next run uses another name. */
    (void)(type == FTW_DP ? rmdir(path) : unlink(path));
    return 0;
}

static void remove_folder(pid_t pid)
{
    char path[PATH_MAX];

    name_folder(path, sizeof path, pid);
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* A number comes round again; what an older process of this one left behind is
 * nobody's any more. */
const char *test_folder(void)
{
    if (folder[0] == '\0') {
        remove_folder(getpid());
        name_folder(folder, sizeof folder, getpid());
        CHECK_EQ(mkdir(folder, 0700), 0);
    }
    return folder;
}

static void start(slot *slot, test_entry *test)
{
    int scale = getenv("TEST_TIME_SCALE") ? atoi(getenv("TEST_TIME_SCALE")) : 1;

    slot->test = test;
    slot->output = memfd_create("test", MFD_CLOEXEC);
    clock_gettime(CLOCK_MONOTONIC, &slot->end);
    slot->end.tv_sec +=
        test->limit_s * ROOM_FOR_OTHERS * (scale > 0 ? scale : 1);
    fflush(NULL);
    slot->pid = fork();
    if (slot->pid != 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0);
    dup2(slot->output, STDOUT_FILENO);
    dup2(slot->output, STDERR_FILENO);
    test_kernel_from_environment();
    test->run();
    exit(0); /* runs atexit handlers: leak checkers report here */
}

static void show_output(int fd)
{
    char chunk[4096];
    off_t at = 0;
    ssize_t n;

    while ((n = pread(fd, chunk, sizeof chunk, at)) > 0) {
        fwrite(chunk, 1, (size_t)n, stdout);
        at += n;
    }
}

static void finish(slot *slot, int status, bool late)
{
    const char *name = slot->test->name;

    killpg(slot->pid, SIGKILL); /* whatever the test left behind */
    remove_folder(slot->pid);
    if (!late && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        passed++;
    } else if (!late && WIFEXITED(status) &&
               WEXITSTATUS(status) == STATUS_SKIPPED) {
        skipped++;
        printf("skip %s: ", name);
        show_output(slot->output);
    } else {
        failed++;
        if (late)
            printf("FAIL %s: over its limit of %d s, many times over\n", name,
                   slot->test->limit_s);
        else if (WIFSIGNALED(status))
            printf("FAIL %s: %s\n", name, strsignal(WTERMSIG(status)));
        else
            printf("FAIL %s: status %d\n", name, WEXITSTATUS(status));
        show_output(slot->output);
    }
    close(slot->output);
    slot->pid = 0;
}

static bool is_over(const struct timespec *end)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec > end->tv_sec ||
           (now.tv_sec == end->tv_sec && now.tv_nsec >= end->tv_nsec);
}

static void check_on(slot *slot)
{
    int status = 0;

    if (waitpid(slot->pid, &status, WNOHANG) == slot->pid) {
        finish(slot, status, false);
    } else if (is_over(&slot->end)) {
        kill(slot->pid, SIGKILL);
        waitpid(slot->pid, &status, 0);
        finish(slot, status, true);
    }
}

static bool is_wanted(const test_entry *test, int n, char **names)
{
    for (int i = 0; i < n; i++)
        if (strcmp(names[i], test->name) == 0)
            return true;
    return n == 0;
}

static void run_all(int at_once, int n, char **names)
{
    slot slots[AT_ONCE_MAX] = { 0 };
    test_entry *next = tests;
    int busy;

    do {
        busy = 0;
        for (int i = 0; i < at_once; i++) {
            while (slots[i].pid == 0 && next != NULL) {
                if (is_wanted(next, n, names))
                    start(&slots[i], next);
                next = next->next;
            }
            if (slots[i].pid != 0)
                check_on(&slots[i]);
            busy += slots[i].pid != 0;
        }
        if (busy > 0)
            usleep(1000);
    } while (busy > 0 || next != NULL);
}

int main(int argc, char **argv)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const char *jobs = getenv("TEST_JOBS");
    int at_once = jobs ? atoi(jobs) : (int)cores;

    if (argc > 1 && strcmp(argv[1], "-l") == 0) {
        for (test_entry *test = tests; test != NULL; test = test->next)
            puts(test->name);
        return 0;
    }
    if (at_once < 1 || at_once > AT_ONCE_MAX)
        at_once = 1;
    run_all(at_once, argc - 1, argv + 1);
    printf("%d passed, %d failed", passed, failed);
    if (skipped > 0)
        printf(", %d skipped", skipped);
    putchar('\n');
    return failed > 0 || passed + skipped == 0;
}
