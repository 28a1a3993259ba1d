/* Ctrl-C ends a program also when a call on one of its threads never returns.
 * The program starts itself anew for each case, all at once, since the grace
 * time passes for real.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <starling.h>

static void say_ready(void)
{
    if (write(STDOUT_FILENO, "ready", 5) != 5)
        abort();
}

__attribute__((visibility("default"))) int block_for_ever(void *arg);
int block_for_ever(void *arg)
{
    (void)arg;
    say_ready();
    for (;;)
        pause();
    return 0;
}

static int job_for_ever(const void *in, size_t in_size, void *out,
                        size_t capacity)
{
    (void)in;
    (void)in_size;
    (void)out;
    (void)capacity;
    return block_for_ever(NULL);
}

static int block_a_little(void *arg)
{
    (void)arg;
    say_ready();
    usleep(50000);
    return 0;
}

static int call_that_blocks(void *arg)
{
    return sl_to_thread(block_for_ever, arg);
}

static int call_that_ends(void *arg)
{
    int rc = sl_to_thread(block_a_little, arg);

    return rc < 0 ? rc : sl_sleep(SL_S(3600));
}

/* Who waits for Ctrl-C and nothing else has not come to a dead end. */
static int sleep_for_ever(void *arg)
{
    (void)arg;
    say_ready();
    return sl_sleep(SL_FOREVER);
}

static int job_that_blocks(void *arg)
{
    sl_pool *pool = sl_thread_pool_new(1);
    sl_job_request request = { .job = "the job", .function = job_for_ever };
    int rc;

    (void)arg;
    if (pool == NULL)
        return -ENOMEM;
    rc = sl_pool_run(pool, &request);
    return sl_pool_close(pool) < 0 ? -EBUSY : rc;
}

typedef struct scenario {
    const char *name;
    sl_fn *body;
    const char *words; /* in the last message; "": none */
    pid_t pid;
    int out, err;
} scenario;

static scenario scenarios[] = {
    { .name = "call", .body = call_that_blocks, .words = "block_for_ever" },
    { .name = "job", .body = job_that_blocks, .words = "the job" },
    { .name = "end", .body = call_that_ends, .words = "" },
    { .name = "forever", .body = sleep_for_ever, .words = "" },
};

enum { SCENARIOS = sizeof scenarios / sizeof scenarios[0] };

static void start(scenario *it)
{
    int out[2], err[2];

    if (pipe(out) < 0 || pipe(err) < 0)
        abort();
    it->pid = fork();
    if (it->pid == 0) {
        dup2(out[1], STDOUT_FILENO);
        dup2(err[1], STDERR_FILENO);
        execl("/proc/self/exe", "ctrl_c", it->name, (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    close(err[1]);
    it->out = out[0];
    it->err = err[0];
}

static bool interrupt(const scenario *it)
{
    char ready[5];

    return read(it->out, ready, sizeof ready) == 5 &&
           kill(it->pid, SIGINT) == 0;
}

static bool ended_well(const scenario *it)
{
    char said[300] = "";
    size_t used = 0;
    int status;
    ssize_t n;

    while (used < sizeof said - 1 &&
           (n = read(it->err, said + used, sizeof said - 1 - used)) > 0)
        used += (size_t)n;
    if (waitpid(it->pid, &status, 0) != it->pid)
        return false;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 130 &&
        (it->words[0] != '\0' ? strstr(said, it->words) != NULL &&
                                    strstr(said, "has not returned") != NULL
                              : said[0] == '\0'))
        return true;
    fprintf(stderr, "%s: status %x, it said: %s\n", it->name, (unsigned)status,
            said);
    return false;
}

static int test(void)
{
    int failed = 0;

    for (int i = 0; i < SCENARIOS; i++)
        start(&scenarios[i]);
    for (int i = 0; i < SCENARIOS; i++)
        if (!interrupt(&scenarios[i]))
            failed++;
    for (int i = 0; i < SCENARIOS; i++)
        failed += !ended_well(&scenarios[i]);
    printf("%d passed, %d failed\n", SCENARIOS - failed, failed);
    return failed != 0;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return test();
    for (int i = 0; i < SCENARIOS; i++)
        if (strcmp(scenarios[i].name, argv[1]) == 0)
            return sl_main(argc, argv, scenarios[i].body, NULL);
    return 2;
}
