/* How long the process stood still: stopped by Ctrl-Z or SIGSTOP, frozen in a
 * container that was paused, held by a debugger. (While the machine sleeps the
 * monotonic clock itself stands still.)
 *
 * A time limit says how long others may take. When a process goes on after an
 * hour, all of its limits would be over at once, before it has looked at one
 * of the answers that lie there; and its children, which mostly were stopped
 * along with it, would be taken for hung. So limits are counted in the time
 * that the loop could use. sl_now() and points in time stay what they are:
 * whoever sleeps until noon means noon.
 *
 * The kernel does not tell how long a process was stopped. Two things show it:
 * a sleep that was over more than a second late, and a SIGCONT. That second is
 * beyond what a loaded machine does to a sleeper; were it not, the machine had
 * no time for us, which is the same. Everything since the latest look counts
 * as lost then: a limit may become longer by a sleep, and never shorter. A task
 * that blocks its loop does not come by here: its time has passed.
 */
#include "sched/awake.h"

#include <signal.h>
#include <stddef.h>
#include <time.h>

unsigned sl__awake_continued;
static sl_time continued_at; /* the latest time; written before the count */

static sl_time monotonic_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (sl_time)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void on_continue(int signo)
{
    (void)signo;
    __atomic_store_n(&continued_at, monotonic_now(), __ATOMIC_RELAXED);
    __atomic_fetch_add(&sl__awake_continued, 1, __ATOMIC_RELEASE);
}

void sl_stops_watch(void)
{
    struct sigaction action = { .sa_handler = on_continue,
                                .sa_flags = SA_RESTART },
                     before;

    if (sigaction(SIGCONT, NULL, &before) == 0 && before.sa_handler == SIG_DFL)
        (void)sigaction(SIGCONT, &action, NULL);
}

void sl__awake_find_gap(sl__awake *awake, sl_time now)
{
    unsigned count = __atomic_load_n(&sl__awake_continued, __ATOMIC_ACQUIRE);
    sl_time end = now;

    if (count != awake->continued)
        end = __atomic_load_n(&continued_at, __ATOMIC_RELAXED);
    awake->continued = count;
    if (awake->seen != 0 && end > awake->seen)
        awake->lost += end - awake->seen;
}
