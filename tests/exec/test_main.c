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
        if (usleep(100000) < 0) /* a signal has come */
            say('i');
    return 0;
}

static int ignore_the_first(void *unused)
{
    (void)unused;
    say('r');
    CHECK_EQ(sl_sleep(SL_FOREVER), SL_ECANCELED);
    return never_give_way(NULL);
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

/* Send a SIGINT after each letter that the program is expected to say; returns
 * its exit status. */
static int interrupt(sl_fn *fn, const char *letters)
{
    char *argv[] = { "test", NULL }, c;
    int fds[2], status;
    pid_t child;

    CHECK_EQ(pipe(fds), 0);
    child = fork();
    if (child == 0) {
        told = fds[1];
        _exit(sl_main(1, argv, fn, NULL));
    }
    for (; *letters != '\0'; letters++) {
        CHECK_EQ(read(fds[0], &c, 1), 1);
        CHECK_EQ(c, *letters);
        CHECK_EQ(kill(child, SIGINT), 0);
    }
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK(WIFEXITED(status));
    return WEXITSTATUS(status);
}

TEST(the_second_ctrl_c_ends_a_program_whose_task_never_gives_way)
{
    if (SL_TSAN)
        test_skip("TSan keeps signals back until the task gives way");
    CHECK_EQ(interrupt(never_give_way, "ri"), 130);
    CHECK_EQ(interrupt(ignore_the_first, "rr"), 130);
}

TEST(a_program_that_waits_for_ctrl_c_itself_may_have_any_number)
{
    CHECK_EQ(interrupt(count_ten, "rccccccccc"), 0);
}
