/* Promises about programs that use objects where they must not, and about the
 * last words of those that fail. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <starling/channel.h>
#include <starling/clock.h>
#include <starling/coro.h>
#include <starling/error.h>
#include <starling/file.h>
#include <starling/future.h>
#include <starling/loop.h>
#include <starling/lookup.h>
#include <starling/pool.h>
#include <starling/process.h>
#include <starling/queue.h>
#include <starling/retry.h>
#include <starling/signal.h>
#include <starling/stream.h>
#include <starling/task.h>
#include <starling/thread.h>
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
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int status = test_apart(cases[i].mistake, NULL);

        CHECK(WIFSIGNALED(status));
        CHECK_EQ(WTERMSIG(status), SIGABRT);
        test_check_said(cases[i].words);
    }
}

static int free_queue_twice(void *unused)
{
    sl_queue *queue = sl_queue_new(SL_FIFO, 1, 1);

    (void)unused;
    sl_queue_free(queue);
    sl_queue_free(queue);
    return 0;
}

static int drop_future_twice(void *unused)
{
    sl_future *future = sl_future_new();

    (void)unused;
    sl_future_drop(sl_future_ref(future));
    sl_future_drop(future);
    sl_future_drop(sl_future_new()); /* does not get its memory */
    sl_future_drop(future);
    return 0;
}

static int drop_channel_twice(void *unused)
{
    sl_channel *channel = sl_channel_new(1, 1);

    (void)unused;
    sl_channel_drop(channel);
    sl_channel_drop(channel);
    return 0;
}

static int do_nothing(void *unused)
{
    (void)unused;
    return 0;
}

static int free_coro_twice(void *unused)
{
    sl_coro *coro = sl_coro_new(do_nothing, NULL, 0);

    (void)unused;
    CHECK_EQ(sl_coro_wait(coro), 0);
    sl_coro_free(coro);
    sl_coro_free(coro);
    return 0;
}

static int free_completions_twice(void *unused)
{
    sl_completions *completions = sl_completions_new(0, NULL);

    (void)unused;
    sl_completions_free(completions);
    sl_completions_free(completions);
    return 0;
}

static int close_pool_twice(void *unused)
{
    int rc = open_pool(unused);

    if (rc == 0)
        rc = sl_pool_close(pool);
    return rc < 0 ? rc : sl_pool_close(pool);
}

static void ring(void *rung)
{
    *(bool *)rung = true;
}

static int cancel_timer_that_has_rung(void *unused)
{
    bool rung = false;
    sl_timer *timer = sl_call_soon(sl_loop_current(), ring, &rung);
    int rc = sl_sleep(SL_MS(1));

    (void)unused;
    if (rung)
        sl_timer_cancel(timer);
    return rc;
}

static int close_stream_twice(void *unused)
{
    int rc = pair(unused);

    sl_stream_close(streams[0]);
    sl_stream_close(streams[1]);
    sl_stream_close(streams[0]);
    return rc;
}

/* Between the two closes others run, so that the memory is given back. */
static int abort_closed_stream(void *unused)
{
    int rc = pair(unused);

    sl_stream_close(streams[0]);
    if (rc == 0)
        rc = sl_sleep(SL_MS(1));
    sl_stream_abort(streams[0]);
    sl_stream_close(streams[1]);
    return rc;
}

static int read_closed_stream(void *unused)
{
    char byte;
    int rc = pair(unused);

    sl_stream_close(streams[0]);
    if (rc == 0)
        rc = sl_sleep(SL_MS(1));
    return rc < 0 ? rc : (int)sl_stream_read(streams[0], &byte, 1);
}

static int close_listener_twice(void *unused)
{
    sl_listener *listener;
    int rc = sl_tcp_listen("127.0.0.1", 0, &listener);

    (void)unused;
    if (rc < 0)
        return rc;
    sl_listener_close(listener);
    sl_listener_close(listener);
    return 0;
}

static int close_udp_twice(void *unused)
{
    sl_udp *udp;
    int rc = sl_udp_open("127.0.0.1", 0, &udp);

    (void)unused;
    if (rc < 0)
        return rc;
    sl_udp_close(udp);
    sl_udp_close(udp);
    return 0;
}

static int close_file_twice(void *unused)
{
    sl_file *file;
    int rc = sl_file_open("/dev/null", O_RDONLY, 0, &file);

    (void)unused;
    if (rc < 0)
        return rc;
    sl_file_close(file);
    sl_file_close(file);
    return 0;
}

static int close_process_twice(void *unused)
{
    static const char *const argv[] = { "/bin/true", NULL };
    sl_process_options options = { .argv = argv };
    sl_process *process;
    int rc = sl_process_spawn(&options, &process);

    (void)unused;
    if (rc < 0)
        return rc;
    sl_process_close(process);
    sl_process_close(process);
    return 0;
}

static int close_signal_twice(void *unused)
{
    const int signos[] = { SIGUSR2 };
    sl_signal *signal;
    int rc = sl_signal_open(signos, 1, &signal);

    (void)unused;
    if (rc < 0)
        return rc;
    sl_signal_close(signal);
    sl_signal_close(signal);
    return 0;
}

static int drop_thread_channel_twice(void *unused)
{
    sl_thread_channel *channel = sl_thread_channel_new(1, 1);

    (void)unused;
    sl_thread_channel_drop(channel);
    sl_thread_channel_drop(channel);
    return 0;
}

static int free_crew_twice(void *unused)
{
    sl_crew *crew = sl_crew_new(1, NULL);

    (void)unused;
    sl_crew_free(crew);
    sl_crew_free(crew);
    return 0;
}

static int free_addresses_twice(void *unused)
{
    sl_addresses *addresses;
    int rc = sl_lookup("127.0.0.1", 1, &addresses);

    (void)unused;
    if (rc < 0)
        return rc;
    sl_addresses_free(addresses);
    sl_addresses_free(addresses);
    return 0;
}

static int free_folder_twice(void *unused)
{
    sl_folder *folder;
    int rc = sl_folder_list("/proc/self/fd", &folder);

    (void)unused;
    if (rc < 0)
        return rc;
    sl_folder_free(folder);
    sl_folder_free(folder);
    return 0;
}

static int free_buffer_twice(void *unused)
{
    int rc = open_pool(unused);
    sl_pool_buffer *buffer = rc == 0 ? sl_pool_buffer_new(pool, 1) : NULL;

    sl_pool_buffer_free(buffer);
    sl_pool_buffer_free(buffer);
    return rc;
}

static int put_into_freed_queue(void *unused)
{
    sl_queue *queue = sl_queue_new(SL_FIFO, 1, 1);

    (void)unused;
    sl_queue_free(queue);
    return sl_queue_put(queue, "");
}

static int run_in_debug_mode(void *mistake)
{
    setenv("SL_DEBUG", "1", 1);
    return sl_run(*(sl_fn **)mistake, NULL);
}

TEST_LIMIT(what_is_used_after_its_release_is_named_in_debug_mode, 30)
{
    static struct {
        sl_fn *mistake;
        const char *words;
    } cases[] = {
        { free_queue_twice, "task 'main': sl_queue_free(): 'queue' has been" },
        { put_into_freed_queue, "sl_queue_put(): 'queue' has" },
        { drop_future_twice, "sl_future_drop(): 'future' has" },
        { drop_channel_twice, "sl_channel_drop(): 'channel' has" },
        { free_coro_twice, "sl_coro_free(): 'coro' has" },
        { free_completions_twice, "sl_completions_free(): 'completions' has" },
        { close_pool_twice, "sl_pool_close(): 'pool' has" },
        { free_buffer_twice, "sl_pool_buffer_free(): 'buffer' has" },
        { cancel_timer_that_has_rung, "sl_timer_cancel(): 'timer' has" },
        { close_stream_twice, "sl_stream_close(): 'stream' has" },
        { abort_closed_stream, "sl_stream_abort(): 'stream' has" },
        { read_closed_stream, "sl_stream_read(): 'stream' has" },
        { close_listener_twice, "sl_listener_close(): 'listener' has" },
        { close_udp_twice, "sl_udp_close(): 'udp' has" },
        { close_file_twice, "sl_file_close(): 'file' has" },
        { close_process_twice, "sl_process_close(): 'process' has" },
        { close_signal_twice, "sl_signal_close(): 'signal' has" },
        { drop_thread_channel_twice,
          "sl_thread_channel_drop(): 'channel' has" },
        { free_crew_twice, "sl_crew_free(): 'crew' has" },
        { free_addresses_twice, "sl_addresses_free(): 'addresses' has" },
        { free_folder_twice, "sl_folder_free(): 'folder' has" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int status = test_apart(run_in_debug_mode, &cases[i].mistake);

        CHECK(WIFSIGNALED(status));
        CHECK_EQ(WTERMSIG(status), SIGABRT);
        test_check_said(cases[i].words);
    }
}

static int leave_open(void *unused)
{
    int rc = pair(unused);

    return rc < 0 ? rc : open_pool(unused);
}

static int leave_open_in_debug_mode(void *unused)
{
    setenv("SL_DEBUG", "1", 1);
    return sl_run(leave_open, unused);
}

TEST(debug_mode_tells_what_was_left_open)
{
    CHECK_EQ(test_apart(leave_open_in_debug_mode, NULL), 0);
    test_check_said("left open at the end of the loop: 2 descriptors");
    test_check_said("left open at the end of the loop: 1 pools");
}

static int release_nothing(void *unused)
{
    (void)unused;
    sl_channel_drop(NULL);
    sl_completions_free(NULL);
    sl_addresses_free(NULL);
    sl_coro_free(NULL);
    sl_crew_free(NULL);
    sl_file_close(NULL);
    sl_folder_free(NULL);
    sl_future_drop(NULL);
    sl_listener_close(NULL);
    sl_pool_buffer_free(NULL);
    sl_process_close(NULL);
    sl_queue_free(NULL);
    sl_signal_close(NULL);
    sl_stream_abort(NULL);
    sl_stream_close(NULL);
    sl_task_unref(NULL);
    sl_thread_channel_drop(NULL);
    sl_timer_cancel(NULL);
    sl_udp_close(NULL);
    CHECK_EQ(sl_loop_close(NULL), 0);
    return sl_pool_close(NULL);
}

TEST(to_release_nothing_is_no_mistake)
{
    CHECK_EQ(sl_run(release_nothing, NULL), 0);
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
        { ask_for_no_name,
          "program: no name: no name of a host, or no port\n" },
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
