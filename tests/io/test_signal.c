/* Promises of waiting for signals. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <starling/clock.h>
#include <starling/signal.h>

#include "io/signal.h"
#include "io_test.h"

static const int two[] = { SIGUSR1, SIGUSR2 };

static void raise_signal(void *signo)
{
    kill(getpid(), *(const int *)signo);
}

static void raise_soon(const int *signo)
{
    sl_call_later(sl_loop_current(), SL_MS(2), raise_signal, (void *)signo);
}

IO_TEST(a_queue_keeps_what_arrives_between_waits)
{
    sl_signal *signal;

    CHECK_EQ(sl_signal_open(two, 2, &signal), 0);
    for (int i = 0; i < 3; i++) {
        raise_signal((void *)&two[i % 2]);
        CHECK_EQ(sl_sleep(SL_MS(2)), 0);
    }
    CHECK_EQ(sl_signal_next(signal), SIGUSR1);
    CHECK_EQ(sl_signal_next(signal), SIGUSR2);
    CHECK_EQ(sl_signal_next(signal), SIGUSR1);
    raise_soon(&two[1]);
    CHECK_EQ(sl_signal_next(signal), SIGUSR2);
    sl_signal_close(signal);
    return 0;
}

enum { ROUNDS = 300 };

static atomic_int asked; /* rounds whose signal may be sent */

/* Another process, as far as the loop's thread can tell. */
static void *send_when_asked(void *unused)
{
    for (int sent = 0; sent < ROUNDS; sent++) {
        while (atomic_load(&asked) <= sent)
            sched_yield();
        kill(getpid(), SIGUSR1);
    }
    return unused;
}

static pthread_t start_sender(void)
{
    sigset_t all, before;
    pthread_t sender;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    CHECK_EQ(pthread_create(&sender, NULL, send_when_asked, NULL), 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return sender;
}

IO_TEST(a_signal_that_comes_while_the_task_goes_to_wait_wakes_it)
{
    pthread_t sender = start_sender();
    sl_signal *signal;

    CHECK_EQ(sl_signal_open(two, 1, &signal), 0);
    for (int i = 1; i <= ROUNDS; i++) {
        atomic_store(&asked, i);
        for (volatile int n = 0; n < 100 * i; n++)
            continue;
        CHECK_EQ(sl_signal_next(signal), SIGUSR1);
    }
    sl_signal_close(signal);
    pthread_join(sender, NULL);
    return 0;
}

IO_TEST(taking_the_next_is_cancelled_while_waiting_and_before)
{
    sl_signal *signal;

    CHECK_EQ(sl_signal_open(two, 1, &signal), 0);
    CHECK_CANCELLED_WAITING(sl_signal_next(signal));
    raise_signal((void *)&two[0]);
    CHECK_EQ(sl_sleep(SL_MS(2)), 0);
    CHECK_CANCELLED_BEFORE(sl_signal_next(signal));
    CHECK_EQ(sl_signal_next(signal), SIGUSR1); /* it was not taken */
    CHECK_CANCELLED_BEFORE(sl_signal_wait(SIGUSR1));
    CHECK_CANCELLED_WAITING(sl_signal_wait(SIGUSR1));
    sl_signal_close(signal);
    return 0;
}

static int next(void *signal)
{
    return sl_signal_next(signal);
}

static int wait_for_usr1(void *unused)
{
    (void)unused;
    return sl_signal_wait(SIGUSR1);
}

IO_TEST(closing_wakes_who_waits_for_the_next)
{
    sl_signal *signal;
    sl_group group;
    sl_task *task;

    CHECK_EQ(sl_signal_open(two, 2, &signal), 0);
    sl_group_open(&group);
    task = sl_group_spawn(&group, next, signal);
    CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    sl_signal_close(signal);
    CHECK_EQ(sl_task_join(task), SL_ECLOSED);
    CHECK_EQ(sl_group_close(&group), SL_ECLOSED);
    return 0;
}

IO_TEST(a_flood_that_nobody_looks_at_loses_no_kind_of_signal)
{
    const int three[] = { SIGUSR1, SIGUSR2, SIGWINCH };
    sl_signal *signal;
    int seen[2] = { 0 }, signo;

    CHECK_EQ(sl_signal_open(three, 3, &signal), 0);
    for (int i = 0; i < 1000; i++) {
        raise_signal((void *)&two[i == 900]);
        if (i % 8 == 0)
            CHECK_EQ(sl_sleep(0), 0);
    }
    kill(getpid(), SIGWINCH); /* the last */
    while ((signo = sl_signal_next(signal)) != SIGWINCH) {
        seen[0] += signo == SIGUSR1;
        seen[1] += signo == SIGUSR2;
    }
    CHECK(seen[0] >= 1);
    CHECK_EQ(seen[1], 1);
    sl_signal_close(signal);
    return 0;
}

IO_TEST(what_is_no_signal_is_refused)
{
    static const int bad[][2] = { { SIGUSR1, 0 }, { SIGUSR1, 1000 } };
    sl_signal *signal;

    CHECK_EQ(sl_signal_open(bad[0], 2, &signal), -EINVAL);
    CHECK_EQ(sl_signal_open(bad[1], 2, &signal), -EINVAL);
    CHECK_EQ(sl_signal_open(two, 0, &signal), -EINVAL);
    CHECK_EQ(sl_signal_open((const int[]){ SIGUSR1, SIGKILL }, 2, &signal),
             -EINVAL);
    CHECK_EQ(sl_signal_wait(SIGSTOP), -EINVAL);
    CHECK_EQ(sl_signal_wait(0), -EINVAL);
    CHECK_EQ(sl_signal_wait(1000), -EINVAL);
    sl_signal_close(NULL);
    return 0;
}

/* sl_main() asks this before it takes a signal as a request to stop. */
IO_TEST(a_signal_that_is_queued_or_waited_for_is_known_as_such)
{
    sl_signal *signal;
    sl_group group;

    CHECK(!sl__signal_is_awaited(SIGUSR1));
    CHECK_EQ(sl_signal_open(two, 2, &signal), 0);
    CHECK(sl__signal_is_awaited(SIGUSR1));
    CHECK(sl__signal_is_awaited(SIGUSR2));
    sl_signal_close(signal);
    CHECK(!sl__signal_is_awaited(SIGUSR1));
    CHECK(!sl__signal_is_awaited(SIGUSR2));
    sl_group_open(&group);
    sl_group_spawn(&group, wait_for_usr1, NULL);
    CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    CHECK(sl__signal_is_awaited(SIGUSR1));
    sl_group_cancel(&group);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK(!sl__signal_is_awaited(SIGUSR1));
    return 0;
}
