/* Promises of sl_main() about Ctrl-C. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <starling/clock.h>
#include <starling/error.h>
#include <starling/loop.h>
#include <starling/signal.h>

#include "context/sanitize.h"
#include "support/test.h"

static int told; /* where the program says how far it is */

static void say(char c)
{
    CHECK_EQ(write(told, &c, 1), 1);
}

static int never_give_way(void *unused)
{
    (void)unused;
    say('r');
    for (;;)
        usleep(1000);
    return 0;
}

static int count_ten(void *unused)
{
    static const int interrupt = SIGINT;
    sl_signal *signals;

    (void)unused;
    CHECK_EQ(sl_signal_open(&interrupt, 1, &signals), 0);
    say('r');
    for (int i = 0; i < 10; i++) {
        CHECK_EQ(sl_signal_next(signals), SIGINT);
        say('c');
    }
    sl_signal_close(signals);
    return 0;
}

static pid_t start(sl_fn *fn, int *hears)
{
    char *argv[] = { "test", NULL };
    int fds[2];
    pid_t child;

    CHECK_EQ(pipe(fds), 0);
    child = fork();
    if (child == 0) {
        told = fds[1];
        _exit(sl_main(1, argv, fn, NULL));
    }
    *hears = fds[0];
    return child;
}

static void hear(int fd, char expected)
{
    char c;

    CHECK_EQ(read(fd, &c, 1), 1);
    CHECK_EQ(c, expected);
}

TEST(the_second_ctrl_c_ends_a_program_whose_task_never_gives_way)
{
    int hears, status;
    pid_t child;

    if (SL_TSAN)
        test_skip("TSan keeps signals back until the task gives way");
    child = start(never_give_way, &hears);
    hear(hears, 'r');
    do { /* two that come together may be one */
        CHECK_EQ(kill(child, SIGINT), 0);
        usleep(1000);
    } while (waitpid(child, &status, WNOHANG) == 0);
    CHECK(WIFEXITED(status));
    CHECK_EQ(WEXITSTATUS(status), 130);
}

TEST(a_program_that_waits_for_ctrl_c_itself_may_have_any_number)
{
    int hears, status;
    pid_t child = start(count_ten, &hears);

    hear(hears, 'r');
    for (int i = 0; i < 10; i++) {
        CHECK_EQ(kill(child, SIGINT), 0);
        hear(hears, 'c');
    }
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK(WIFEXITED(status));
    CHECK_EQ(WEXITSTATUS(status), 0);
}
