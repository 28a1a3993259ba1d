/* What a pool of threads promises. */
#include "support/test.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <starling/clock.h>
#include <starling/error.h>
#include <starling/future.h>
#include <starling/group.h>
#include <starling/loop.h>
#include <starling/pool.h>
#include <starling/scope.h>

#define POOL_TEST(test_name)                                                   \
    static int body_of_##test_name(void *unused);                              \
    TEST(test_name)                                                            \
    {                                                                          \
        CHECK_EQ(sl_run(body_of_##test_name, NULL), 0);                        \
    }                                                                          \
    static int body_of_##test_name(void *unused __attribute__((unused)))

static int twice(const void *in, size_t in_size, void *out, size_t capacity)
{
    int n = 2 * *(const int *)in;

    (void)in_size;
    (void)capacity;
    *(int *)out = n;
    return n < 0 ? -EDOM : (int)sizeof n;
}

static atomic_bool gate_is_open, gate_is_reached;

static int wait_at_gate(const void *in, size_t in_size, void *out,
                        size_t capacity)
{
    (void)in;
    (void)in_size;
    (void)out;
    (void)capacity;
    gate_is_reached = true;
    while (!gate_is_open)
        usleep(1000);
    return 0;
}

static int reach_gate(void)
{
    while (!gate_is_reached) /* until the test's limit */
        CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    return 0;
}

POOL_TEST(a_job_on_a_thread_has_its_result_and_its_error)
{
    sl_pool *pool = sl_thread_pool_new(2);
    int n = 21, m = 0, bad = -1;
    sl_future *f = sl_pool_submit(pool, twice, &n, sizeof n, &m, sizeof m);

    CHECK_EQ(sl_future_wait(f), sizeof m);
    CHECK_EQ(m, 42);
    sl_future_drop(f);
    f = sl_pool_submit(pool, twice, &bad, sizeof bad, &m, sizeof m);
    CHECK_EQ(sl_future_wait(f), -EDOM);
    CHECK_STR(sl_pool_error(f), "");
    sl_future_drop(f);
    return sl_pool_close(pool);
}

POOL_TEST(many_more_jobs_than_threads_can_see_all_run)
{
    enum { N = 20000 };
    static int in[N], out[N];
    static sl_future *futures[N];
    sl_pool *pool = sl_thread_pool_new(3);

    for (int i = 0; i < N; i++) {
        in[i] = i;
        futures[i] = sl_pool_submit(pool, twice, &in[i], sizeof(int), &out[i],
                                    sizeof(int));
    }
    CHECK_EQ(sl_gather(N, futures, NULL), 0);
    for (int i = 0; i < N; i++) {
        CHECK_EQ(out[i], 2 * i);
        sl_future_drop(futures[i]);
    }
    return sl_pool_close(pool);
}

POOL_TEST(a_map_fills_its_array_or_stops_at_the_first_error)
{
    enum { N = 3000 };
    static int in[N], out[N], rc[N];
    sl_pool *pool = sl_thread_pool_new(2);
    sl_map map = { in, sizeof(int), out, sizeof(int), N, 7, NULL };

    for (int i = 0; i < N; i++)
        in[i] = i;
    CHECK_EQ(sl_pool_map(pool, twice, &map), 0);
    for (int i = 0; i < N; i++)
        CHECK_EQ(out[i], 2 * i);
    in[1000] = -5;
    CHECK_EQ(sl_pool_map(pool, twice, &map), -EDOM);
    map.rc = rc;
    CHECK_EQ(sl_pool_map(pool, twice, &map), 0);
    for (int i = 0; i < N; i++)
        CHECK_EQ(rc[i], i == 1000 ? -EDOM : (int)sizeof(int));
    return sl_pool_close(pool);
}

static atomic_int at_once, most_at_once;

static int count_at_once(const void *in, size_t in_size, void *out,
                         size_t capacity)
{
    int now = atomic_fetch_add(&at_once, 1) + 1, most = most_at_once;

    (void)in;
    (void)in_size;
    (void)out;
    (void)capacity;
    while (now > most &&
           !atomic_compare_exchange_weak(&most_at_once, &most, now)) {
    }
    usleep(100);
    atomic_fetch_sub(&at_once, 1);
    return 0;
}

POOL_TEST(a_map_has_no_more_in_flight_than_it_may)
{
    sl_pool *pool = sl_thread_pool_new(8);
    sl_map map = { .count = 200, .max_in_flight = 3 };

    CHECK_EQ(sl_pool_map(pool, count_at_once, &map), 0);
    CHECK(most_at_once <= 3);
    return sl_pool_close(pool);
}

/* How many system calls of this process have written something. */
static long long count_writes(void)
{
    FILE *file = fopen("/proc/self/io", "re");
    long long writes = -1;
    char line[64];

    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "syscw: %lld", &writes) == 1)
            break;
    if (file == NULL || writes < 0)
        test_skip("this kernel does not count writes");
    fclose(file);
    return writes;
}

static atomic_int done;

static int count_done(const void *in, size_t in_size, void *out,
                      size_t capacity)
{
    (void)in;
    (void)in_size;
    (void)out;
    (void)capacity;
    done++;
    return 0;
}

POOL_TEST(many_completions_wake_the_loop_once)
{
    enum { N = 1000 };
    static sl_future *futures[N];
    sl_pool *pool = sl_thread_pool_new(2);
    long long before;

    for (int i = 0; i < N; i++)
        futures[i] = sl_pool_submit(pool, count_done, NULL, 0, NULL, 0);
    before = count_writes();
    while (done < N) /* the loop has no turn meanwhile */
        usleep(100);
    CHECK(count_writes() - before <= 1);
    CHECK_EQ(sl_gather(N, futures, NULL), 0);
    for (int i = 0; i < N; i++)
        sl_future_drop(futures[i]);
    return sl_pool_close(pool);
}

static int close_pool(void *pool)
{
    return sl_pool_close(pool);
}

POOL_TEST(a_pool_that_closes_does_its_work_and_takes_no_more)
{
    enum { N = 50 };
    static sl_future *futures[N];
    sl_pool *pool = sl_thread_pool_new(1);
    sl_future *last, *late;
    sl_group group;

    last = sl_pool_submit(pool, wait_at_gate, NULL, 0, NULL, 0);
    for (int i = 0; i < N; i++)
        futures[i] = sl_pool_submit(pool, count_done, NULL, 0, NULL, 0);
    reach_gate();
    sl_group_open(&group);
    sl_group_spawn(&group, close_pool, pool);
    CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    late = sl_pool_submit(pool, count_done, NULL, 0, NULL, 0);
    CHECK_EQ(sl_future_wait(late), SL_ECLOSED);
    CHECK_STR(sl_pool_error(late), "closed");
    gate_is_open = true;
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(done, N);
    CHECK_EQ(sl_future_result(last, NULL), 0);
    for (int i = 0; i < N; i++) {
        CHECK_EQ(sl_future_result(futures[i], NULL), 0);
        sl_future_drop(futures[i]);
    }
    sl_future_drop(last);
    sl_future_drop(late);
    return 0;
}

POOL_TEST(a_job_that_has_not_started_is_removed_one_that_has_goes_on)
{
    sl_pool *pool = sl_thread_pool_new(1);
    int n = 1, m = 0;
    sl_future *running = sl_pool_submit(pool, wait_at_gate, NULL, 0, NULL, 0);
    sl_future *queued = sl_pool_submit(pool, twice, &n, sizeof n, &m, sizeof m);

    reach_gate();
    CHECK_EQ(sl_pool_cancel(pool, queued), 0);
    CHECK_EQ(sl_future_wait(queued), SL_ECANCELED);
    CHECK_STR(sl_pool_error(queued), "canceled");
    CHECK_EQ(sl_pool_cancel(pool, running), -EBUSY);
    CHECK_EQ(sl_pool_cancel(pool, queued), SL_EREUSED);
    gate_is_open = true;
    CHECK_EQ(sl_future_wait(running), 0);
    sl_future_drop(running);
    sl_future_drop(queued);
    CHECK_EQ(m, 0);
    return sl_pool_close(pool);
}

static int run_at_gate(void *pool)
{
    return sl_pool_run(pool, &(sl_job_request){ .function = wait_at_gate });
}

static int open_gate_later(const void *in, size_t in_size, void *out,
                           size_t capacity)
{
    (void)in;
    (void)in_size;
    (void)out;
    (void)capacity;
    usleep(30000);
    gate_is_open = true;
    return 0;
}

static void open_gate(void *unused)
{
    (void)unused;
    gate_is_open = true;
}

enum { MAPPED = 100 };

static int numbers[MAPPED], rcs[MAPPED];

static int map_at_gate(void *pool)
{
    sl_map map = { .in = numbers,
                   .in_size = sizeof *numbers,
                   .count = MAPPED,
                   .max_in_flight = 2,
                   .rc = rcs };

    return sl_pool_map(pool, wait_at_gate, &map);
}

/* The job that runs is waited for, the others are not begun. */
POOL_TEST(a_cancelled_map_stops_in_the_middle)
{
    sl_pool *pool = sl_thread_pool_new(1);
    sl_group group;
    sl_task *task;
    sl_scope limit;

    sl_timeout_open(&limit, 0);
    CHECK_EQ(map_at_gate(pool), SL_ECANCELED);
    CHECK_EQ(sl_scope_close(&limit, SL_ECANCELED), SL_ETIMEDOUT);
    CHECK(!gate_is_reached);
    sl_group_open(&group);
    task = sl_group_spawn(&group, map_at_gate, pool);
    reach_gate();
    sl_task_cancel(task, NULL);
    CHECK(sl_call_later(sl_loop_current(), SL_MS(5), open_gate, NULL) != NULL);
    CHECK_EQ(sl_task_join(task), SL_ECANCELED);
    CHECK_EQ(rcs[0], 0);
    for (int i = 1; i < MAPPED; i++)
        CHECK_EQ(rcs[i], SL_ECANCELED);
    CHECK_EQ(sl_group_close(&group), 0);
    return sl_pool_close(pool);
}

POOL_TEST(a_cancelled_waiter_waits_for_a_job_that_runs)
{
    sl_pool *pool = sl_thread_pool_new(2);
    sl_future *opener;
    sl_group group;
    sl_task *task;

    sl_group_open(&group);
    task = sl_group_spawn(&group, run_at_gate, pool);
    reach_gate();
    sl_task_cancel(task, NULL);
    opener = sl_pool_submit(pool, open_gate_later, NULL, 0, NULL, 0);
    CHECK_EQ(sl_task_join(task), 0);
    CHECK(gate_is_open);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(sl_future_wait(opener), 0);
    sl_future_drop(opener);
    return sl_pool_close(pool);
}

POOL_TEST(an_abandoned_job_is_not_waited_for)
{
    sl_pool *pool = sl_thread_pool_new(1);
    sl_job_request request = { .function = wait_at_gate, .abandon = true };
    sl_scope limit;

    sl_timeout_open(&limit, SL_MS(50));
    CHECK_EQ(sl_scope_close(&limit, sl_pool_run(pool, &request)), SL_ETIMEDOUT);
    CHECK(!gate_is_open);
    gate_is_open = true;
    return sl_pool_close(pool);
}

POOL_TEST(a_cancelled_close_settles_what_has_not_started)
{
    sl_pool *pool = sl_thread_pool_new(1);
    int n = 1, m = 0;
    sl_future *running = sl_pool_submit(pool, wait_at_gate, NULL, 0, NULL, 0);
    sl_future *queued = sl_pool_submit(pool, twice, &n, sizeof n, &m, sizeof m);
    sl_scope scope;

    reach_gate();
    CHECK(sl_call_later(sl_loop_current(), SL_MS(30), open_gate, NULL) != NULL);
    sl_timeout_open(&scope, 0);
    CHECK_EQ(sl_scope_close(&scope, sl_pool_close(pool)), SL_ETIMEDOUT);
    CHECK_EQ(sl_future_result(queued, NULL), SL_ECANCELED);
    CHECK_EQ(sl_future_result(running, NULL), 0);
    sl_future_drop(running);
    sl_future_drop(queued);
    return 0;
}

static pthread_t loop_thread;

static void count_up(sl_future *future, void *arg)
{
    (void)future;
    CHECK(pthread_equal(pthread_self(), loop_thread));
    ++*(int *)arg;
}

POOL_TEST(done_callbacks_run_on_the_loop)
{
    sl_pool *pool = sl_thread_pool_new(0);
    int n = 4, m, calls = 0;
    sl_future *f = sl_pool_submit(pool, twice, &n, sizeof n, &m, sizeof m);

    loop_thread = pthread_self();
    CHECK_EQ(sl_future_on_done(f, count_up, &calls), 0);
    CHECK_EQ(sl_future_wait(f), sizeof m);
    CHECK_EQ(sl_yield(), 0);
    CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    CHECK_EQ(calls, 1);
    sl_future_drop(f);
    return sl_pool_close(pool);
}

POOL_TEST(a_buffer_is_worked_in)
{
    sl_pool *pool = sl_thread_pool_new(1);
    sl_pool_buffer *buffer = sl_pool_buffer_new(pool, 100);
    sl_future *f;

    *(int *)buffer->data = 8;
    f = sl_pool_submit_buffer(pool, twice, buffer, sizeof(int));
    CHECK_EQ(sl_future_wait(f), sizeof(int));
    CHECK_EQ(*(int *)buffer->data, 16);
    sl_future_drop(f);
    sl_pool_buffer_free(buffer);
    return sl_pool_close(pool);
}

POOL_TEST(a_pool_without_jobs_starts_no_thread_and_closes)
{
    return sl_pool_close(sl_thread_pool_new(4));
}
