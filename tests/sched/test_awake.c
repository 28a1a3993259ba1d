/* The clock that stands still while the process does. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <starling/error.h>

#include "sched/loop.h"

#include "support/test.h"

static sl_time lost_after(sl__awake awake, sl_time now)
{
    sl__awake_look(&awake, now);
    CHECK_EQ(awake.seen, now);
    CHECK_EQ(awake.asked, 0);
    return awake.lost;
}

TEST(a_sleep_that_ends_a_little_late_loses_nothing)
{
    sl__awake awake = { .seen = SL_S(100), .asked = SL_S(102) };

    CHECK_EQ(lost_after(awake, SL_S(101)), 0);
    CHECK_EQ(lost_after(awake, SL_S(102)), 0);
    CHECK_EQ(lost_after(awake, SL_S(103)), 0);
}

TEST(a_sleep_that_ends_late_is_lost_whole)
{
    sl__awake awake = { .seen = SL_S(100), .asked = SL_S(102) };

    CHECK_EQ(lost_after(awake, SL_S(110)), SL_S(10));
}

TEST(a_loop_that_was_awake_has_lost_nothing)
{
    sl__awake awake = { .seen = SL_S(100) };

    CHECK_EQ(lost_after(awake, SL_S(200)), 0);
    awake.asked = SL_FOREVER; /* until something happens */
    CHECK_EQ(lost_after(awake, SL_S(200)), 0);
}

/* A limit of 10 ms, and an hour that was lost just after it began: it is over
 * when the hour and the 10 ms have passed, or rather, would be. */
static int lose_time_within_a_limit(void *lost)
{
    sl_time begin = sl_now(), amount = *(sl_time *)lost;
    sl_scope limit;

    sl_timeout_open(&limit, SL_MS(10));
    sl_loop_current()->awake.lost += amount;
    CHECK_EQ(sl_sleep(SL_S(100)), SL_ECANCELED);
    CHECK_EQ(sl_scope_close(&limit, SL_ECANCELED), SL_ETIMEDOUT);
    CHECK(sl_now() - begin >= SL_MS(10) + amount);
    return 0;
}

TEST(a_limit_goes_on_by_what_was_lost)
{
    sl_time lost = SL_MS(60);

    CHECK_EQ(sl_run(lose_time_within_a_limit, &lost), 0);
}

/* A point in time comes when it comes. */
static int lose_time_before_a_deadline(void *unused)
{
    sl_scope limit;

    (void)unused;
    sl_deadline_open(&limit, sl_now() + SL_MS(10));
    sl_loop_current()->awake.lost += SL_S(1000);
    CHECK_EQ(sl_sleep(SL_S(500)), SL_ECANCELED);
    return sl_scope_close(&limit, SL_ECANCELED);
}

TEST(a_deadline_does_not)
{
    CHECK_EQ(sl_run(lose_time_before_a_deadline, NULL), SL_ETIMEDOUT);
}

static bool is_stopped(pid_t pid)
{
    char path[64], line[256] = "", state = 0;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    file = fopen(path, "re");
    if (file == NULL)
        return false;
    if (fgets(line, sizeof line, file) != NULL && strrchr(line, ')') != NULL)
        sscanf(strrchr(line, ')'), ") %c", &state);
    fclose(file);
    return state == 'T';
}

static void wait_shortly(long ms)
{
    nanosleep(&(struct timespec){ 0, ms * 1000000 }, NULL);
}

/* In a child: let the parent go on once it has stood still for a while. */
static void continue_later(pid_t parent, long ms)
{
    while (!is_stopped(parent) && getppid() == parent)
        wait_shortly(1);
    wait_shortly(ms);
    kill(parent, SIGCONT);
    _exit(0);
}

/* Both times are read between two turns of the loop, where nothing else could
 * show that there was a stop. */
static int stop_between_two_turns(void *unused)
{
    sl_time begin = sl_now(), awake = sl_now_awake(), lost;

    (void)unused;
    raise(SIGSTOP);
    lost = sl_now() - begin - (sl_now_awake() - awake);
    CHECK(lost >= SL_MS(40));
    return 0;
}

TEST(a_stop_is_told_by_its_end)
{
    pid_t parent = getpid(), child = fork();

    if (child == 0)
        continue_later(parent, 40);
    CHECK(child > 0);
    sl_stops_watch();
    CHECK_EQ(sl_run(stop_between_two_turns, NULL), 0);
    CHECK_EQ(waitpid(child, NULL, 0), child);
}

static void not_ours(int signo)
{
    (void)signo;
}

TEST(a_handler_of_the_program_stays)
{
    struct sigaction action;

    signal(SIGCONT, not_ours);
    sl_stops_watch();
    CHECK_EQ(sigaction(SIGCONT, NULL, &action), 0);
    CHECK(action.sa_handler == not_ours);
}
