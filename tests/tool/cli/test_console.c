/* Lines and bars share a terminal; a reader that is slow or gone stops
 * nothing. */
#include "cli/console.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/drain.h"
#include "support/test.h"

/* A console whose two outputs are pipes; their read ends go to *out, *err. */
static void open_on_pipes(console *console, int *out, int *err)
{
    int pipes[2][2];

    console_init(console, "starling");
    CHECK_EQ(pipe(pipes[0]), 0);
    CHECK_EQ(pipe(pipes[1]), 0);
    console->out = pipes[0][1];
    console->err = pipes[1][1];
    console->err_is_utf8 = true;
    *out = pipes[0][0];
    *err = pipes[1][0];
}

/* A console on a terminal, both outputs; the terminal's other end goes to
 * *master. */
static void open_on_terminal(console *console, int *master)
{
    int fd;

    *master = posix_openpt(O_RDWR | O_NOCTTY);
    CHECK(*master >= 0);
    CHECK_EQ(grantpt(*master), 0);
    CHECK_EQ(unlockpt(*master), 0);
    fd = open(ptsname(*master), O_RDWR | O_NOCTTY);
    CHECK(fd >= 0);
    CHECK_EQ(dup2(fd, STDERR_FILENO), STDERR_FILENO);
    console_init(console, "starling");
    console->out = fd;
    console->err_is_utf8 = true;
}

TEST(console_writes_one_clean_line_at_a_time)
{
    console console;
    int out, err;

    open_on_pipes(&console, &out, &err);
    console_hide(&console, "top-secret");
    console_hide(&console, "DEMO_KEY"); /* everybody's, and often named */
    console_line(&console, "🔍 Found %d stars in %s", 15, "a\033[31m.jpg");
    console_message(&console, "%s: %s", "GET /?k=top-secret",
                    "DEMO_KEY refused\n");
    CHECK_STR(drain(out), "🔍 Found 15 stars in a\\x1b[31m.jpg\n");
    CHECK_STR(drain(err), "starling: GET /?k=***: DEMO_KEY refused\\x0a\n");
    console_fini(&console);
}

TEST(console_keeps_stderr_to_ascii_where_the_locale_does)
{
    console console;
    int out, err;

    open_on_pipes(&console, &out, &err);
    console.err_is_utf8 = false;
    console_line(&console, "café");
    console_message(&console, "café");
    CHECK_STR(drain(out), "café\n");
    CHECK_STR(drain(err), "starling: caf\\u{e9}\n");
    console_fini(&console);
}

TEST(console_takes_a_reader_that_has_gone_for_no_error)
{
    console console;
    int out, err;

    open_on_pipes(&console, &out, &err);
    close(out);
    console_line(&console, "one");
    console_line(&console, "two");
    CHECK_EQ(console.out_error, 0);
    console_message(&console, "still here");
    CHECK_STR(drain(err), "starling: still here\n");
    console_fini(&console);
}

TEST(console_keeps_the_error_of_a_full_disk)
{
    console console;
    int out, err, full = open("/dev/full", O_WRONLY);

    if (full < 0)
        test_skip("no /dev/full here");
    open_on_pipes(&console, &out, &err);
    console.out = full;
    console_line(&console, "one");
    CHECK_EQ(console.out_error, -ENOSPC);
    console_fini(&console);
}

TEST(console_gives_stdout_to_json_alone_where_asked)
{
    console console;
    int out, err;

    open_on_pipes(&console, &out, &err);
    console.out_is_json = true;
    console_line(&console, "not this");
    console_json(&console, "{\"a\":1}", 7);
    CHECK_STR(drain(out), "{\"a\":1}\n");
    console_fini(&console);
}

TEST(console_is_quiet_but_tells_errors)
{
    console console;
    int out, err;

    open_on_pipes(&console, &out, &err);
    console.quiet = true;
    console_line(&console, "not this");
    console_message(&console, "but this");
    CHECK_STR(drain(out), "");
    CHECK_STR(drain(err), "starling: but this\n");
    console_fini(&console);
}

TEST(console_gives_up_on_a_reader_that_does_not_read)
{
    console console;
    int out, err;
    size_t length;

    open_on_pipes(&console, &out, &err);
    CHECK_EQ(fcntl(console.err, F_SETPIPE_SZ, 4096), 4096);
    for (int i = 0; i < 1000; i++)
        console_note(&console, "a line that may be dropped");
    for (int i = 0; i < 1000; i++)
        console_message(&console, "waits for a second once, then no more");
    length = strlen(drain(err));
    CHECK(length > 0 && length <= 4096);
    console_message(&console, "heard again");
    CHECK_STR(drain(err), "starling: heard again\n");
    console_fini(&console);
}

TEST(console_lets_bars_step_aside_for_lines)
{
    console console;
    int master;

    open_on_terminal(&console, &master);
    CHECK(console.err_is_terminal);
    console_draw(&console, "one\ntwo");
    CHECK_STR(drain(master), "one\r\ntwo");
    console_draw(&console, "uno\ndos");
    CHECK_STR(drain(master), "\r\033[1A\033[Juno\r\ndos");
    console_line(&console, "a result");
    CHECK_STR(drain(master), "\r\033[1A\033[Ja result\r\nuno\r\ndos");
    console_message(&console, "a message");
    CHECK_STR(drain(master),
              "\r\033[1A\033[Jstarling: a message\r\nuno\r\ndos");
    console_draw(&console, "one");
    CHECK_STR(drain(master), "\r\033[1A\033[Jone");
    console_draw(&console, "uno");
    CHECK_STR(drain(master), "\r\033[Juno");
    console_restore(&console);
    CHECK_STR(drain(master), "\r\n");
    console_keep(&console);
    console_line(&console, "below");
    CHECK_STR(drain(master), "\r\nbelow\r\n");
    console_fini(&console);
}

TEST(console_does_not_wait_for_a_terminal_that_was_stopped)
{
    console console;
    char picture[200];
    int master;

    open_on_terminal(&console, &master);
    memset(picture, 'x', sizeof picture);
    picture[sizeof picture - 1] = '\0';
    for (int i = 0; i < 2000; i++)
        console_draw(&console, picture); /* nobody reads: soon it is full */
    CHECK(strlen(drain(master)) > 0);
    /* Only our own description is non-blocking, not what others share. */
    CHECK_EQ(fcntl(console.err, F_GETFL) & O_NONBLOCK, 0);
    console_fini(&console);
}

TEST(console_fills_descriptors_that_are_missing)
{
    console console;

    close(STDIN_FILENO);
    close(STDERR_FILENO);
    console_init(&console, "starling");
    CHECK(fcntl(STDIN_FILENO, F_GETFD) >= 0);
    CHECK(fcntl(STDERR_FILENO, F_GETFD) >= 0);
    CHECK_EQ(open("/dev/null", O_RDONLY) > STDERR_FILENO, 1);
    console_fini(&console);
}
