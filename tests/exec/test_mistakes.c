/* Promises about programs that use objects where they must not, and about the
 * last words of those that fail. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <starling/channel.h>
#include <starling/clock.h>
#include <starling/error.h>
#include <starling/file.h>
#include <starling/future.h>
#include <starling/loop.h>
#include <starling/lookup.h>
#include <starling/pool.h>
#include <starling/process.h>
#include <starling/queue.h>
#include <starling/retry.h>
#include <starling/shm.h>
#include <starling/signal.h>
#include <starling/stream.h>
#include <starling/task.h>
#include <starling/thread_channel.h>
#include <starling/udp.h>

#include "support/apart.h"
#include "support/test.h"

static sl_stream *streams[2];
static sl_pool *pool;

static int answer(const void *in, size_t in_size, void *out, size_t capacity)
{
    (void)in;
    (void)in_size;
    (void)out;
    (void)capacity;
    return 0;
}

static int pair(void *unused)
{
    (void)unused;
    return sl_stream_pair(&streams[0], &streams[1]);
}

static int close_too_late(void *unused)
{
    int rc = sl_run(pair, unused);

    sl_stream_close(streams[0]);
    return rc;
}

static int open_pool(void *unused)
{
    (void)unused;
    pool = sl_thread_pool_new(1);
    return pool != NULL ? 0 : -ENOMEM;
}

static int use_pool(void *unused)
{
    (void)unused;
    sl_future_drop(sl_pool_submit(pool, answer, NULL, 0, NULL, 0));
    return 0;
}

static int use_pool_in_another_loop(void *unused)
{
    int rc = sl_run(open_pool, unused);

    return rc < 0 ? rc : sl_run(use_pool, unused);
}

static int make_queue_of_no_kind(void *unused)
{
    (void)unused;
    return sl_queue_new(SL_PRIORITY + 1, 1, 1) != NULL;
}

static int make_queue_of_nothing(void *unused)
{
    (void)unused;
    return sl_queue_new(SL_FIFO, 0, 1) != NULL;
}

static int make_queue_without_order(void *unused)
{
    (void)unused;
    return sl_queue_new(SL_PRIORITY, 1, 1) != NULL;
}

static int make_channel_of_nothing(void *unused)
{
    (void)unused;
    return sl_channel_new(0, 1) != NULL;
}

static int make_thread_channel_of_no_room(void *unused)
{
    (void)unused;
    return sl_thread_channel_new(1, 0) != NULL;
}

TEST(a_mistake_with_an_object_ends_the_program_with_words)
{
    static const struct {
        sl_fn *mistake;
        const char *words;
    } cases[] = {
        { pair, "opened where a loop runs" },
        { close_too_late, "closed before the loop ends" },
        { open_pool, "pools are made where a loop runs" },
        { use_pool_in_another_loop, "a pool is used by the loop that made it" },
        { make_queue_of_no_kind, "a queue is SL_FIFO, SL_LIFO or SL_PRIORITY" },
        { make_queue_of_nothing, "an element has at least one byte" },
        { make_queue_without_order, "a priority queue wants a comparison" },
        { make_channel_of_nothing, "an element has at least one byte" },
        { make_thread_channel_of_no_room,
          "a thread channel keeps one element of one byte at least" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int status = test_apart(cases[i].mistake, NULL);

        CHECK(WIFSIGNALED(status));
        CHECK_EQ(WTERMSIG(status), SIGABRT);
        test_check_said(cases[i].words);
    }
}

static int make_what_cannot_be(void *unused)
{
    sl_pool *one;
    sl_signal *signal;
    sl_udp *udp;
    sl_shm memory;

    (void)unused;
    CHECK_EQ(sl_fail(-EIO, "old words"), -EIO);
    CHECK(sl_thread_pool_new(-1) == NULL);
    CHECK_STR(sl_explain(-EINVAL), "a pool of -1 threads: 0, for as many as "
                                   "cores, or more");
    CHECK(sl_process_pool_new(&(sl_process_pool_options){
              .program = "worker", .workers = -1 }) == NULL);
    CHECK(strstr(sl_explain(-EINVAL), "below 0") != NULL);
    one = sl_thread_pool_new(1);
    CHECK(sl_pool_buffer_new(one, 0) == NULL);
    CHECK_STR(sl_explain(-EINVAL), "a buffer of 0 bytes: 1 byte to 1 GiB");
    CHECK_EQ(sl_signal_open((int[]){ SIGTERM, SIGKILL }, 2, &signal), -EINVAL);
    CHECK_STR(sl_explain(-EINVAL), "signal 9 (Killed) cannot be waited for");
    CHECK_EQ(sl_udp_open("nowhere", 7, &udp), -EINVAL);
    CHECK_STR(sl_explain(-EINVAL),
              "nowhere:7 is no numeric address with a port");
    CHECK_EQ(sl_shm_open(0, &memory), -EINVAL);
    CHECK_STR(sl_explain(-EINVAL), "shared memory has at least one byte");
    CHECK_EQ(sl_signal_wait(-3), -EINVAL);
    CHECK_STR(sl_explain(-EINVAL), "signal -3 (none) cannot be waited for");
    return sl_pool_close(one);
}

TEST(what_cannot_be_made_is_refused_with_words)
{
    CHECK_EQ(sl_run(make_what_cannot_be, NULL), 0);
}

static sl_fn *program;

static int run_program(void *unused)
{
    char *argv[] = { "program", NULL };

    return -sl_main(1, argv, program, unused);
}

static int open_missing(void *unused)
{
    sl_file *file;

    (void)unused;
    return sl_file_open("/missing/file", O_RDONLY, 0, &file);
}

static int list_missing(void *unused)
{
    sl_folder *folder;

    (void)unused;
    return sl_folder_list("/missing", &folder);
}

static int start_missing(void *unused)
{
    static const char *const argv[] = { "/missing/program", NULL };
    sl_process_options options = { .argv = argv };
    sl_process *process;

    (void)unused;
    return sl_process_spawn(&options, &process);
}

static int connect_to_nobody(void *unused)
{
    sl_stream *stream;

    (void)unused;
    return sl_unix_connect("/missing/socket", &stream);
}

static int listen_at_a_name(void *unused)
{
    sl_listener *listener;

    (void)unused;
    return sl_tcp_listen("localhost", 80, &listener);
}

static int ask_for_no_name(void *unused)
{
    sl_stream *stream;

    (void)unused;
    return sl_tcp_connect("no name", 80, &stream);
}

static int run_inside(void *unused)
{
    return sl_run(open_missing, unused);
}

/* The words of an error that was dealt with are not those of the next. */
static int recover_and_fail(void *unused)
{
    int rc = open_missing(unused);

    return rc == -ENOENT ? -EDOM : rc;
}

TEST(a_program_that_passes_an_error_up_ends_with_what_it_is_about)
{
    static const struct {
        sl_fn *program;
        const char *words;
    } cases[] = {
        { open_missing, "program: /missing/file: No such file or directory\n" },
        { list_missing, "program: /missing: No such file or directory\n" },
        { start_missing,
          "program: /missing/program: No such file or directory\n" },
        { connect_to_nobody,
          "program: /missing/socket: No such file or directory\n" },
        { listen_at_a_name,
          "program: localhost:80 is no numeric address with a port\n" },
        { ask_for_no_name, "program: no name: no name of a host\n" },
        { run_inside, "program: this thread runs a loop already\n" },
        { recover_and_fail, "program: Numerical argument out of domain\n" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        program = cases[i].program;
        CHECK(WIFEXITED(test_apart(run_program, NULL)));
        CHECK_STR(test_said(), cases[i].words);
    }
}

static int try_again(void *count)
{
    return ++*(int *)count < 3 ? -EAGAIN : 7;
}

static int retry_by_default(void *count)
{
    return sl_retry(NULL, try_again, count);
}

TEST(a_retry_without_options_uses_the_defaults)
{
    sl_loop *loop = sl_loop_new();
    int count = 0;

    sl_loop_use_virtual_clock(loop);
    CHECK_EQ(sl_loop_run_task(loop, retry_by_default, &count), 7);
    CHECK_EQ(count, 3);
    sl_loop_close(loop);
}
