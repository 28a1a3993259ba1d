/* Promises of threads, streams and signals. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include <starling/clock.h>
#include <starling/error.h>
#include <starling/event.h>
#include <starling/group.h>
#include <starling/signal.h>
#include <starling/stream.h>
#include <starling/thread.h>

#include "support/tasks.h"

/* I/O comes in its own time, so these run on the real clock. */
#define IO_TEST(test_name)                                                     \
    static int body_of_##test_name(void *unused);                              \
    TEST(test_name)                                                            \
    {                                                                          \
        CHECK_EQ(sl_run(body_of_##test_name, NULL), 0);                        \
    }                                                                          \
    static int body_of_##test_name(void *unused __attribute__((unused)))

static int add_one(void *arg)
{
    return ++*(int *)arg;
}

IO_TEST(a_call_on_a_thread_returns_its_result)
{
    int n = 41;

    CHECK_EQ(sl_to_thread(add_one, &n), 42);
    CHECK_EQ(n, 42);
    return 0;
}

static int fail_in_words(void *words)
{
    return sl_fail(-EDOM, "%s", (const char *)words);
}

static int fail_without(void *unused)
{
    (void)unused;
    return -EDOM;
}

IO_TEST(words_of_an_error_on_a_thread_are_those_of_the_call)
{
    sl_crew *crew = sl_crew_new(1, "one");

    CHECK_EQ(sl_crew_call(crew, fail_in_words, "no such angle"), -EDOM);
    CHECK_STR(sl_errmsg(), "no such angle");
    CHECK_STR(sl_explain(-EDOM), "no such angle");
    sl_fail(-EIO, "something else");
    CHECK_EQ(sl_crew_call(crew, fail_without, NULL), -EDOM);
    CHECK_STR(sl_explain(-EDOM), sl_strerror(-EDOM));
    sl_crew_free(crew);
    return 0;
}

TEST(a_call_outside_of_tasks_blocks_its_thread)
{
    int n = 1;

    CHECK_EQ(sl_to_thread(add_one, &n), 2);
}

static atomic_int together, most_together;

static int be_together(void *arg)
{
    int now = atomic_fetch_add(&together, 1) + 1, most = most_together;

    (void)arg;
    while (now > most &&
           !atomic_compare_exchange_weak(&most_together, &most, now)) {
    }
    while (most_together < 3) /* until the test's limit */
        usleep(200);
    atomic_fetch_sub(&together, 1);
    return 0;
}

static int call_crew(void *crew)
{
    return sl_crew_call(crew, be_together, NULL);
}

IO_TEST(a_crew_runs_as_many_calls_at_once_as_it_has_threads)
{
    sl_crew *crew = sl_crew_new(3, "three");
    sl_group group;

    sl_group_open(&group);
    for (int i = 0; i < 30; i++)
        sl_group_spawn(&group, call_crew, crew);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(most_together, 3);
    sl_crew_free(crew);
    return 0;
}

static atomic_int gate, at_gate;

static int wait_at_gate(void *arg)
{
    (void)arg;
    at_gate++;
    while (!gate)
        usleep(200);
    return 7;
}

struct gated_args {
    sl_crew *crew;
};

static int gated(void *arg)
{
    struct gated_args *a = arg;

    return sl_crew_call(a->crew, wait_at_gate, NULL);
}

static void open_gate(void *arg)
{
    (void)arg;
    gate = 1;
}

IO_TEST(a_call_is_taken_back_before_its_start_and_waited_for_after)
{
    sl_crew *crew = sl_crew_new(1, "one");
    sl_group group;
    sl_task *running, *queued;

    sl_group_open(&group);
    running = sl_go(&group, gated, .crew = crew);
    queued = sl_go(&group, gated, .crew = crew);
    while (at_gate == 0) /* until the test's limit */
        CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    sl_task_cancel(running, NULL);
    sl_task_cancel(queued, NULL);
    CHECK_EQ(sl_task_join(queued), SL_ECANCELED);
    CHECK(!sl_task_is_done(running));
    sl_call_later(sl_loop_current(), SL_MS(5), open_gate, NULL);
    CHECK_EQ(sl_task_join(running), 7);
    CHECK_EQ(sl_group_close(&group), 0);
    sl_crew_free(crew);
    return 0;
}

static int call_many(void *arg)
{
    for (int i = 0; i < 500; i++) {
        int rc = sl_to_thread(add_one, arg);

        if (rc < 0)
            return rc;
    }
    return 0;
}

static int run_calls(void *arg)
{
    int counts[8] = { 0 };
    sl_group group;

    (void)arg;
    sl_group_open(&group);
    for (int i = 0; i < 8; i++)
        sl_group_spawn(&group, call_many, &counts[i]);
    CHECK_EQ(sl_group_close(&group), 0);
    for (int i = 0; i < 8; i++)
        CHECK_EQ(counts[i], 500);
    return 0;
}

static void *run_loop(void *arg)
{
    *(int *)arg = sl_run(run_calls, NULL);
    return NULL;
}

TEST(several_loops_share_the_default_crew)
{
    pthread_t threads[3];
    int rc[3] = { -1, -1, -1 };

    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, run_loop, &rc[i]);
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        CHECK_EQ(rc[i], 0);
    }
}

static int echo(void *arg)
{
    sl_stream *stream = arg;
    char data[4096];
    ssize_t n;
    int rc = 0;

    while ((n = sl_stream_read(stream, data, sizeof data)) > 0 && rc == 0)
        rc = sl_stream_write(stream, data, (size_t)n);
    sl_stream_close(stream);
    return 0;
}

static int serve(void *arg)
{
    sl_listener *listener = arg;
    sl_stream *stream;
    sl_group group;
    int rc;

    sl_group_open_with(&group, &(sl_group_options){ .forget_ended = true });
    while ((rc = sl_listener_accept(listener, &stream)) == 0)
        sl_group_spawn(&group, echo, stream);
    sl_group_cancel(&group);
    rc = sl_group_close(&group);
    return rc;
}

static int talk(void *arg)
{
    char sent[1000], got[1000];
    sl_stream *stream;
    size_t have;

    CHECK_EQ(sl_tcp_connect("127.0.0.1", *(int *)arg, &stream), 0);
    for (int round = 0; round < 20; round++) {
        memset(sent, round, sizeof sent);
        CHECK_EQ(sl_stream_write(stream, sent, sizeof sent), 0);
        for (have = 0; have < sizeof got;) {
            ssize_t n = sl_stream_read(stream, got + have, sizeof got - have);

            CHECK(n > 0);
            have += (size_t)n;
        }
        CHECK(memcmp(sent, got, sizeof got) == 0);
    }
    sl_stream_close(stream);
    return 0;
}

IO_TEST(fifty_connections_echo_what_they_are_sent)
{
    sl_listener *listener;
    sl_group servers, clients;
    int port;

    CHECK_EQ(sl_tcp_listen("127.0.0.1", 0, &listener), 0);
    port = sl_listener_port(listener);
    CHECK(port > 0);
    sl_group_open(&servers);
    sl_group_spawn(&servers, serve, listener);
    sl_group_open(&clients);
    for (int i = 0; i < 50; i++)
        sl_group_spawn(&clients, talk, &port);
    CHECK_EQ(sl_group_close(&clients), 0);
    sl_group_cancel(&servers);
    CHECK_EQ(sl_group_close(&servers), 0);
    sl_listener_close(listener);
    return 0;
}

static int write_much(void *arg)
{
    size_t size = 8 << 20;
    char *data = malloc(size);
    int rc;

    for (size_t i = 0; i < size; i++)
        data[i] = (char)(i * 7 >> 3);
    rc = sl_stream_write(arg, data, size);
    free(data);
    sl_stream_close(arg);
    return rc;
}

IO_TEST(a_cancelled_read_loses_no_byte)
{
    size_t size = 8 << 20, have = 0;
    char *got = malloc(size);
    sl_listener *listener;
    sl_stream *client, *server;
    sl_group group;

    CHECK_EQ(sl_tcp_listen("127.0.0.1", 0, &listener), 0);
    sl_group_open(&group);
    CHECK_EQ(sl_tcp_connect("127.0.0.1", sl_listener_port(listener), &client),
             0);
    CHECK_EQ(sl_listener_accept(listener, &server), 0);
    sl_scope impatient;

    sl_timeout_open(&impatient, SL_MS(5));
    CHECK_EQ(sl_stream_read(client, got, 100), SL_ECANCELED);
    CHECK_EQ(sl_scope_close(&impatient, SL_ECANCELED), SL_ETIMEDOUT);
    sl_group_spawn(&group, write_much, server);
    for (int i = 0; have < size; i++) {
        sl_scope scope;
        ssize_t n;

        sl_timeout_open(&scope, i % 3 == 0 ? SL_US(20) : SL_S(5));
        n = sl_stream_read(client, got + have, i % 2 ? 3000 : 200000);
        sl_scope_close(&scope, 0);
        CHECK(n > 0 || n == SL_ECANCELED);
        if (n > 0)
            have += (size_t)n;
    }
    for (size_t i = 0; i < size; i++)
        CHECK_EQ(got[i], (char)(i * 7 >> 3));
    CHECK_EQ(sl_stream_read(client, got, 100), 0);
    CHECK_EQ(sl_group_close(&group), 0);
    sl_stream_close(client);
    sl_listener_close(listener);
    free(got);
    return 0;
}

static int write_for_ever(void *arg)
{
    static char zeros[1 << 16];
    int rc;

    while ((rc = sl_stream_write(arg, zeros, sizeof zeros)) == 0) {
    }
    CHECK_EQ(rc, SL_ECANCELED);
    return rc;
}

IO_TEST(a_cancelled_write_ends_the_sending_side)
{
    sl_listener *listener;
    sl_stream *client, *server;
    sl_group group;

    CHECK_EQ(sl_tcp_listen("127.0.0.1", 0, &listener), 0);
    CHECK_EQ(sl_tcp_connect("127.0.0.1", sl_listener_port(listener), &client),
             0);
    CHECK_EQ(sl_listener_accept(listener, &server), 0);
    sl_group_open(&group);
    sl_group_spawn(&group, write_for_ever, server);
    CHECK_EQ(sl_sleep(SL_MS(50)), 0);
    sl_group_cancel(&group);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(sl_stream_write(server, "x", 1), -EPIPE);
    sl_stream_close(server);
    sl_stream_close(client);
    sl_listener_close(listener);
    return 0;
}

IO_TEST(connecting_to_a_closed_port_is_refused)
{
    sl_listener *listener;
    sl_stream *stream;
    int port;

    CHECK_EQ(sl_tcp_listen("127.0.0.1", 0, &listener), 0);
    port = sl_listener_port(listener);
    sl_listener_close(listener);
    CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    CHECK_EQ(sl_tcp_connect("127.0.0.1", port, &stream), -ECONNREFUSED);
    CHECK_EQ(sl_tcp_connect("not an address", 1, &stream), -EINVAL);
    return 0;
}

static int accept_one(void *arg)
{
    sl_stream *stream;

    return sl_listener_accept(arg, &stream);
}

IO_TEST(closing_a_listener_wakes_who_accepts)
{
    sl_listener *listener;
    sl_group group;
    sl_task *task;

    CHECK_EQ(sl_tcp_listen("::1", 0, &listener), 0);
    sl_group_open(&group);
    task = sl_group_spawn(&group, accept_one, listener);
    CHECK_EQ(sl_yield(), 0);
    sl_listener_close(listener);
    while (!sl_task_is_done(task))
        if (sl_yield() < 0)
            break;
    CHECK_EQ(sl_group_close(&group), SL_ECLOSED);
    return 0;
}

static void raise_signal(void *arg)
{
    kill(getpid(), *(int *)arg);
}

IO_TEST(a_signal_wakes_the_task_that_waits_for_it)
{
    int signo = SIGUSR2;
    sl_scope limit;

    sl_call_later(sl_loop_current(), SL_MS(2), raise_signal, &signo);
    CHECK_EQ(sl_signal_wait(SIGUSR2), SIGUSR2);
    sl_timeout_open(&limit, SL_MS(2));
    CHECK_EQ(sl_signal_wait(SIGUSR2), SL_ECANCELED);
    CHECK_EQ(sl_scope_close(&limit, SL_ECANCELED), SL_ETIMEDOUT);
    return 0;
}
