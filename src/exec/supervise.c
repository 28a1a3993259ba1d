/* The helper's life, and how many workers there should be.
 *
 * The number of workers is kept at its target whatever becomes of single ones.
 * Two brakes end a pool that makes no progress: too many deaths of workers in
 * a short time, and too many of helpers, each without one answer in between. A
 * program that cannot work then fails every job at once and clearly, instead
 * of burning the machine while it starts processes.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <starling/error.h>

#include "exec/process_pool.h"
#include "exec/launch.h"
#include "exec/verdict.h"
#include "sched/uv.h"

enum {
    HELPER_DEATHS_MAX = 3,
    UNFORKED_MAX = 16, /* commands that always fit into the socket */
    REPORTS_AT_ONCE = 64,
};

#define HELLO_LIMIT SL_S(10)
#define END_LIMIT SL_S(2)
#define REST SL_MS(100)

/* One timer for the two times at which the helper owes us something; the loop
 * is held meanwhile. */
static void set_helper_timer(process_pool *pool, sl_time limit,
                             sl_callback *fire)
{
    if (pool->helper_timer != NULL) {
        sl_timer_cancel(pool->helper_timer);
        sl_loop_release(pool->base.loop);
    }
    pool->helper_timer = NULL;
    if (fire == NULL)
        return;
    /* Without memory for it a helper that hangs is not noticed. */
    pool->helper_due = sl_now_awake() + limit;
    pool->helper_timer = sl_call_later(pool->base.loop, limit, fire, pool);
    if (pool->helper_timer != NULL)
        sl_loop_hold(pool->base.loop);
}

static void kill_helper(process_pool *pool)
{
    if (pool->helper_gone != NULL)
        syscall(SYS_pidfd_send_signal, sl__watch_fd(pool->helper_gone), SIGKILL,
                NULL, 0);
}

/* The timer is freed after this call, so it must not be cancelled later. */
static void on_helper_late(void *arg)
{
    process_pool *pool = arg;
    sl_time left = pool->helper_due - sl_now_awake();

    pool->helper_timer = NULL;
    sl_loop_release(pool->base.loop);
    if (left > 0) /* it was stopped together with us */
        set_helper_timer(pool, left, on_helper_late);
    else
        kill_helper(pool);
}

void sl__pool_break(process_pool *pool, int rc, const char *format, ...)
{
    va_list args;

    if (pool->base.is_broken || pool->is_ending)
        return;
    va_start(args, format);
    vsnprintf(pool->base.broken_text, sizeof pool->base.broken_text, format,
              args);
    va_end(args);
    pool->base.is_broken = true;
    sl__pool_opened(pool, rc);
    sl__jobs_settle_queued(pool, SL_EBROKEN, "broken");
}

void sl__pool_count_death(process_pool *pool, const char *word)
{
    sl_time now = sl_now(), oldest;

    pool->deaths[pool->death_count++ % DEATHS_MAX] = now;
    if (pool->death_count < DEATHS_MAX)
        return;
    oldest = pool->deaths[pool->death_count % DEATHS_MAX];
    if (now - oldest <= SL_S(DEATHS_WITHIN_S))
        sl__pool_break(pool, SL_EBROKEN,
                       "%d workers died within %d s without one answer; the "
                       "last one: %s%s%s",
                       DEATHS_MAX, DEATHS_WITHIN_S, word,
                       pool->note[0] ? "; it said: " : "", pool->note);
}

static void on_rested(void *arg)
{
    process_pool *pool = arg;

    pool->rest = NULL;
    sl__pool_fill(pool);
}

/* Without memory for the rest nobody would come back to start workers, unless
 * the end of one that there is. */
void sl__pool_rest(process_pool *pool)
{
    if (pool->rest == NULL && !pool->is_ending)
        pool->rest = sl_call_later(pool->base.loop, REST, on_rested, pool);
    if (pool->rest == NULL && pool->alive == 0)
        sl__pool_break(pool, SL_EBROKEN, "no memory to start a worker with");
}

void sl__pool_fill(process_pool *pool)
{
    int rc;

    if (pool->is_ending || pool->base.is_broken || pool->rest != NULL ||
        !pool->helper_is_up)
        return;
    while (pool->alive < pool->target && pool->unforked < UNFORKED_MAX) {
        rc = sl__worker_start(pool);
        if (rc < 0) {
            sl__pool_rest(pool);
            sl__pool_count_death(pool, sl_strerror(rc));
            return;
        }
    }
}

static void on_hello(process_pool *pool, const sl__wire_report *hello)
{
    set_helper_timer(pool, 0, NULL);
    if (hello->version != SL__WIRE_VERSION) {
        sl__pool_break(pool, -EPROTO, "%s is of another version",
                       pool->program_path);
        return;
    }
    snprintf(pool->note, sizeof pool->note, "%.*s", SL__WIRE_TEXT - 1,
             hello->text);
    if (hello->value < 0) {
        sl__pool_break(pool, hello->value, "%s cannot start: %s",
                       pool->program_path,
                       pool->note[0] ? pool->note : sl_strerror(hello->value));
        return;
    }
    pool->helper_is_up = true;
    sl__pool_fill(pool);
}

static void on_started(process_pool *pool, const sl__wire_report *report,
                       int pidfd)
{
    worker *worker = sl__worker_find(pool, report->worker);

    if (worker == NULL) {
        if (pidfd >= 0)
            close(pidfd);
        return;
    }
    /* A descriptor that got lost on the way had no room in this process; the
     * worker finds its channel closed. */
    sl__worker_forked(worker,
                      report->value == 0 && pidfd < 0 ? -EMFILE : report->value,
                      pidfd);
    sl__pool_fill(pool);
}

static void on_ended(process_pool *pool, const sl__wire_report *report)
{
    worker *worker = sl__worker_find(pool, report->worker);

    if (worker != NULL)
        sl__worker_ended(worker, report->out_of_memory
                                     ? "memory"
                                     : sl__verdict(report->value));
}

/* One report. 1, 0 at the end of the channel, or an error. */
static int take_report(process_pool *pool)
{
    sl__wire_report report;
    int pidfd = -1, count = 1;
    ssize_t n;

    if (pool->helper_channel == NULL)
        return 0;
    n = sl__wire_receive(sl__watch_fd(pool->helper_channel), MSG_DONTWAIT,
                         &report, sizeof report, &pidfd, &count);
    if (n <= 0)
        return (int)n;
    if (n != sizeof report)
        return -EPROTO;
    if (report.kind == SL__REPORT_HELLO)
        on_hello(pool, &report);
    else if (report.kind == SL__REPORT_STARTED)
        on_started(pool, &report, pidfd);
    else if (report.kind == SL__REPORT_ENDED)
        on_ended(pool, &report);
    else
        return -EPROTO;
    return 1;
}

static void on_helper_channel(void *arg)
{
    process_pool *pool = arg;
    int rc = 1;

    for (int i = 0; i < REPORTS_AT_ONCE && rc > 0; i++)
        rc = take_report(pool);
    if (rc < 0 && rc != -EAGAIN)
        rc = 0;
    if (rc == 0) { /* whatever it is, it does not work for us any more */
        sl__watch_stop(pool->helper_channel);
        pool->helper_channel = NULL;
        pool->helper_is_up = false;
        kill_helper(pool);
    }
    sl__pool_dispatch(pool);
}

static void orphan_all(process_pool *pool)
{
    sl__node *node = pool->workers.head.next, *next;

    for (; node != &pool->workers.head; node = next) {
        next = node->next;
        sl__worker_orphaned(sl__container_of(node, worker, node));
    }
}

static void replace_helper(process_pool *pool, const char *word)
{
    int rc;

    if (pool->is_ending || pool->base.is_broken)
        return;
    if (pool->opening != NULL) {
        sl__pool_break(pool, -EPROTO, "%s is not a worker program: %s",
                       pool->program_path, word);
        return;
    }
    if (++pool->helper_deaths >= HELPER_DEATHS_MAX) {
        sl__pool_break(pool, SL_EBROKEN,
                       "the helper died %d times without one answer of a "
                       "worker; the last time: %s",
                       HELPER_DEATHS_MAX, word);
        return;
    }
    rc = sl__helper_start(pool);
    if (rc < 0)
        sl__pool_break(pool, SL_EBROKEN, "%s cannot be started again: %s",
                       pool->program_path, sl_strerror(rc));
}

static void on_helper_gone(void *arg)
{
    process_pool *pool = arg;
    int status = 0;

    /* What it said last is still worth hearing: how workers ended. */
    while (take_report(pool) > 0) {
    }
    /* All that it forked is in its process group, whose number is its own
     * until it is reaped: also a worker of which it had no time to tell. */
    kill(-pool->helper, SIGKILL);
    waitpid(pool->helper, &status, 0);
    sl__orphans_reap(pool, pool->helper);
    set_helper_timer(pool, 0, NULL);
    sl__watch_stop(pool->helper_channel);
    sl__watch_stop(pool->helper_gone);
    pool->helper_channel = pool->helper_gone = NULL;
    pool->helper = 0;
    pool->helper_is_up = false;
    orphan_all(pool);
    replace_helper(pool, sl__verdict(status));
    sl__pool_check_ended(pool);
}

int sl__helper_start(process_pool *pool)
{
    sl__spawned helper;
    int rc = sl__spawn_helper(pool->program, pool->program_path,
                              pool->show_stderr, &helper);

    if (rc < 0)
        return rc;
    pool->helper = helper.pid;
    rc = sl__watch_start(pool->base.loop, &pool->watches, helper.pidfd,
                         on_helper_gone, pool, &pool->helper_gone);
    if (rc < 0) {
        /* It ends with its channel; SIGKILL makes the wait a short one. */
        close(helper.channel);
        kill(helper.pid, SIGKILL);
        waitpid(helper.pid, NULL, 0);
        pool->helper = 0;
        return rc;
    }
    rc = sl__watch_start(pool->base.loop, &pool->watches, helper.channel,
                         on_helper_channel, pool, &pool->helper_channel);
    if (rc < 0) {
        kill_helper(pool); /* and on_helper_gone() does the rest */
        return 0;
    }
    set_helper_timer(pool, HELLO_LIMIT, on_helper_late);
    return 0;
}

void sl__helper_end(process_pool *pool)
{
    sl__watch_stop(pool->helper_channel);
    pool->helper_channel = NULL;
    pool->helper_is_up = false;
    if (pool->helper != 0)
        set_helper_timer(pool, END_LIMIT, on_helper_late);
}
