/* The bars look as they should, move when they should, and stop in time. */
#include "cli/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "support/drain.h"
#include "support/test.h"

static const char *bar_within(int columns, int64_t done, int64_t total,
                              sl_time elapsed, bool utf8)
{
    static char text[PROGRESS_TEXT_MAX];
    progress_bar bar = { .label = "Downloading",
                         .unit = "img",
                         .done = done,
                         .total = total,
                         .start = SL_S(100),
                         .running = true };

    progress_format(&bar, SL_S(100) + elapsed, utf8, columns, text,
                    sizeof text);
    return text;
}

static const char *bar_text(int64_t done, int64_t total, sl_time elapsed,
                            bool utf8)
{
    return bar_within(0, done, total, elapsed, utf8);
}

TEST(progress_looks_as_in_the_document)
{
    CHECK_STR(bar_text(10, 10, SL_MS(2380), true),
              "Downloading: 100%|████████████████| 10/10 "
              "[00:02<00:00,  4.2img/s]");
}

TEST(progress_draws_part_of_a_cell)
{
    CHECK_STR(bar_text(5, 32, SL_S(10), true),
              "Downloading:  15%|██▌             | 5/32 "
              "[00:10<00:54,  0.5img/s]");
}

TEST(progress_keeps_to_ascii_where_it_must)
{
    CHECK_STR(bar_text(1, 2, SL_S(4000), false),
              "Downloading:  50%|########        | 1/2 "
              "[1:06:40<1:06:40,  0.0img/s]");
}

TEST(progress_says_what_it_cannot_know)
{
    CHECK_STR(bar_text(0, 7, 0, false),
              "Downloading:   0%|                | 0/7 [00:00<?,    ?img/s]");
    CHECK_STR(bar_text(0, 0, 0, false), "Downloading:   0%|                | "
                                        "0/0 [00:00<00:00,    ?img/s]");
}

static const char *half_within(int columns)
{
    return bar_within(columns, 500, 1000, SL_S(100), false);
}

/* A line that is cut within its figures says what is not so. */
TEST(progress_says_less_where_there_is_less_room)
{
    const char *all = "Downloading:  50%|########        | 500/1000 "
                      "[01:40<01:40,  5.0img/s]";

    CHECK_STR(half_within(200), all);
    CHECK_STR(half_within(79), all);
    CHECK_STR(half_within(69), "Downloading:  50%|#######       | 500/1000 "
                               "[01:40<01:40,  5.0img/s]");
    CHECK_STR(half_within(59), "Downloading:  50%|##  | 500/1000 "
                               "[01:40<01:40,  5.0img/s]");
    CHECK_STR(half_within(54), "Downloading:  50%|#####     | 500/1000 "
                               "[01:40<01:40]");
    CHECK_STR(half_within(43), "Downloading:  50% 500/1000 [01:40<01:40]");
    CHECK_STR(half_within(39), "Downloading:  50% 500/1000 01:40 left");
    CHECK_STR(half_within(34), "Downloading:  50% 500/1000");
    CHECK_STR(half_within(19), "Downloading:  50%");
}

TEST(progress_never_needs_more_than_it_has)
{
    for (int columns = 17; columns < 120; columns++)
        for (int64_t done = 0; done <= 12345; done += 617)
            CHECK((int)strlen(bar_within(columns, done, 12345, SL_S(done),
                                         false)) <= columns);
}

TEST(progress_shows_100_percent_only_when_all_is_done)
{
    CHECK(strstr(bar_text(9999, 10000, SL_S(1), false), " 99%|##########"
                                                        "#####") != NULL);
}

static int open_pipe(console *console)
{
    int ends[2];

    console_init(console, "starling");
    CHECK_EQ(pipe(ends), 0);
    console->err = ends[1];
    console->err_is_terminal = false;
    console->err_is_utf8 = false;
    return ends[0];
}

TEST(progress_writes_a_line_every_ten_seconds_and_the_last_one)
{
    console console;
    progress progress;
    int reader = open_pipe(&console), first, second;
    sl_time now = SL_S(500);

    progress_init(&progress, &console, PROGRESS_AUTO);
    first = progress_add(&progress, "Downloading", "img");
    second = progress_add(&progress, "Analyzing", "img");
    progress_set(&progress, first, 0, 4, now);
    progress_set(&progress, first, 1, 4, now + SL_S(9));
    CHECK_STR(drain(reader), "");
    progress_tick(&progress, now + SL_S(10));
    CHECK_STR(drain(reader), "Downloading:  25%|####            | 1/4 "
                             "[00:10<00:30,  0.1img/s]\n");
    progress_set(&progress, second, 1, 4, now + SL_S(11));
    progress_set(&progress, first, 4, 4, now + SL_S(12));
    CHECK_STR(drain(reader), "");
    for (int s = 13; s <= 20; s++)
        progress_tick(&progress, now + SL_S(s));
    CHECK_STR(drain(reader), "Downloading: 100%|################| 4/4 "
                             "[00:12<00:00,  0.3img/s]\n"
                             "Analyzing:  25%|####            | 1/4 "
                             "[00:09<00:27,  0.1img/s]\n");
    progress_set(&progress, second, 4, 4, now + SL_S(21));
    progress_end(&progress, now + SL_S(22));
    CHECK_STR(drain(reader), "Analyzing: 100%|################| 4/4 "
                             "[00:10<00:00,  0.4img/s]\n");
    progress_end(&progress, now + SL_S(40)); /* once is enough */
    CHECK_STR(drain(reader), "");
    console_fini(&console);
}

TEST(progress_of_interrupted_work_stops_where_it_is)
{
    console console;
    progress progress;
    int reader = open_pipe(&console);

    progress_init(&progress, &console, PROGRESS_PLAIN);
    progress_set(&progress, progress_add(&progress, "Downloading", "img"), 1, 4,
                 SL_S(5));
    progress_end(&progress, SL_S(7));
    CHECK_STR(drain(reader), "Downloading:  25%|####            | 1/4 "
                             "[00:02<00:06,  0.5img/s]\n");
    console_fini(&console);
}

TEST(progress_that_is_off_says_nothing)
{
    console console;
    progress progress;
    int reader = open_pipe(&console);

    progress_init(&progress, &console, PROGRESS_OFF);
    progress_set(&progress, progress_add(&progress, "x", "y"), 1, 1, SL_S(1));
    progress_end(&progress, SL_S(60));
    CHECK_STR(drain(reader), "");
    console_fini(&console);
}

TEST(progress_of_a_quiet_program_is_shown_only_when_asked_for)
{
    console console;
    progress progress;
    int reader = open_pipe(&console);

    console.quiet = true;
    progress_init(&progress, &console, PROGRESS_AUTO);
    progress_set(&progress, progress_add(&progress, "x", "y"), 1, 1, SL_S(1));
    progress_end(&progress, SL_S(60));
    CHECK_STR(drain(reader), "");
    progress_init(&progress, &console, PROGRESS_PLAIN);
    progress_set(&progress, progress_add(&progress, "x", "y"), 1, 1, SL_S(1));
    progress_end(&progress, SL_S(60));
    CHECK(drain(reader)[0] == 'x');
    console_fini(&console);
}

/* A terminal of the given width as stderr. */
static int open_terminal(console *console, int columns)
{
    struct winsize size = { .ws_col = (unsigned short)columns, .ws_row = 24 };
    int master = posix_openpt(O_RDWR | O_NOCTTY), fd;

    CHECK(master >= 0);
    CHECK_EQ(grantpt(master), 0);
    CHECK_EQ(unlockpt(master), 0);
    fd = open(ptsname(master), O_RDWR | O_NOCTTY);
    CHECK(fd >= 0);
    CHECK_EQ(ioctl(fd, TIOCSWINSZ, &size), 0);
    CHECK_EQ(dup2(fd, STDERR_FILENO), STDERR_FILENO);
    CHECK_EQ(setenv("TERM", "xterm", 1), 0);
    console_init(console, "starling");
    console->err_is_utf8 = true;
    return master;
}

TEST(progress_redraws_two_bars_in_place_ten_times_a_second)
{
    console console;
    progress progress;
    int master = open_terminal(&console, 100), pictures = 0;
    int first, second;

    progress_init(&progress, &console, PROGRESS_AUTO);
    first = progress_add(&progress, "Downloading", "img");
    second = progress_add(&progress, "Analyzing", "img");
    for (int ms = 0; ms < 1000; ms++) {
        progress_set(&progress, first, ms, 1000, SL_S(9) + SL_MS(ms));
        progress_set(&progress, second, ms / 2, 1000, SL_S(9) + SL_MS(ms));
    }
    for (const char *at = drain(master); (at = strstr(at, "Downloading")); at++)
        pictures++;
    CHECK_EQ(pictures, 10);
    progress_set(&progress, first, 1000, 1000, SL_S(11));
    progress_set(&progress, second, 1000, 1000, SL_S(11));
    drain(master);
    progress_end(&progress, SL_S(12));
    CHECK_STR(drain(master), "\r\033[1A\033[J"
                             "Downloading: 100%|████████████████| 1000/1000 "
                             "[00:02<00:00, 500.0img/s]\r\n"
                             "Analyzing: 100%|████████████████| 1000/1000 "
                             "[00:02<00:00, 500.0img/s]\r\n");
    console_fini(&console);
}

/* As after Ctrl-Z and fg: the shell's lines stay, and the time is no work's. */
TEST(progress_leaves_out_the_time_in_which_it_was_stopped)
{
    console console;
    progress progress;
    int master = open_terminal(&console, 100), first, second;

    progress_init(&progress, &console, PROGRESS_AUTO);
    first = progress_add(&progress, "Downloading", "img");
    second = progress_add(&progress, "Analyzing", "img");
    progress_tick(&progress, SL_S(1));
    progress_set(&progress, first, 5, 10, SL_S(1));
    progress_set(&progress, second, 5, 10, SL_S(1));
    progress_tick(&progress, SL_S(2));
    drain(master);
    progress_tick(&progress, SL_S(3600));
    CHECK_STR(drain(master), "\r\033[J"
                             "Downloading:  50%|████████        | 5/10 "
                             "[00:01<00:01,  5.0img/s]\r\n"
                             "Analyzing:  50%|████████        | 5/10 "
                             "[00:01<00:01,  5.0img/s]");
    console_fini(&console);
}

TEST(progress_fits_a_narrow_terminal)
{
    console console;
    progress progress;
    int master = open_terminal(&console, 30);

    progress_init(&progress, &console, PROGRESS_AUTO);
    progress_set(&progress, progress_add(&progress, "Downloading", "img"), 4, 4,
                 SL_S(1));
    CHECK_STR(drain(master), "Downloading: 100% 4/4");
    console_fini(&console);
}

TEST(progress_draws_nothing_on_a_dumb_terminal)
{
    console console;
    progress progress;
    int master = open_terminal(&console, 100);

    CHECK_EQ(setenv("TERM", "dumb", 1), 0);
    progress_init(&progress, &console, PROGRESS_AUTO);
    progress_set(&progress, progress_add(&progress, "Downloading", "img"), 2, 4,
                 SL_S(1));
    CHECK_STR(drain(master), "");
    console_fini(&console);
}
