/* What debug mode says of objects that are released twice, used after their
 * release, or never released. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <starling/channel.h>
#include <starling/coro.h>
#include <starling/debug.h>
#include <starling/file.h>
#include <starling/future.h>
#include <starling/group.h>
#include <starling/lookup.h>
#include <starling/loop.h>
#include <starling/pool.h>
#include <starling/process.h>
#include <starling/queue.h>
#include <starling/signal.h>
#include <starling/stream.h>
#include <starling/thread.h>
#include <starling/thread_channel.h>
#include <starling/udp.h>

#include "support/apart.h"
#include "support/test.h"

static sl_stream *streams[2];
static sl_pool *pool;

static int open_pair(void)
{
    return sl_stream_pair(&streams[0], &streams[1]);
}

static int open_pool(void)
{
    pool = sl_thread_pool_new(1);
    return pool != NULL ? 0 : -ENOMEM;
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
    int rc = open_pool();

    (void)unused;
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
    int rc = open_pair();

    (void)unused;
    sl_stream_close(streams[0]);
    sl_stream_close(streams[1]);
    sl_stream_close(streams[0]);
    return rc;
}

/* Between the two closes others run, so that the memory is given back. */
static int abort_closed_stream(void *unused)
{
    int rc = open_pair();

    (void)unused;
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
    int rc = open_pair();

    (void)unused;
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
    int rc = open_pool();
    sl_pool_buffer *buffer = rc == 0 ? sl_pool_buffer_new(pool, 1) : NULL;

    (void)unused;
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

static int close_loop_twice(void *unused)
{
    sl_loop *loop = sl_loop_new();
    int rc = loop != NULL ? sl_loop_close(loop) : -ENOMEM;

    (void)unused;
    return rc < 0 ? rc : sl_loop_close(loop);
}

static sl_task *ended;

static int let_a_task_end(const sl_group_options *options)
{
    sl_group group;

    sl_group_open_with(&group, options);
    ended = sl_group_spawn(&group, do_nothing, NULL);
    return sl_group_close(&group);
}

static int join_task_of_closed_group(void *unused)
{
    int rc = let_a_task_end(&(sl_group_options){ 0 });

    (void)unused;
    return rc < 0 ? rc : sl_task_join(ended);
}

/* Others have come and gone meanwhile. */
static int ask_forgotten_task(void *unused)
{
    static const sl_group_options forget = { .forget_ended = true };
    int rc = let_a_task_end(&forget);
    sl_task *task = ended;

    (void)unused;
    for (int i = 0; rc == 0 && i < 100; i++)
        rc = let_a_task_end(&forget);
    return rc < 0 ? rc : sl_task_is_done(task);
}

static int unref_task_twice(void *unused)
{
    int rc = let_a_task_end(&(sl_group_options){ 0 });

    (void)unused;
    sl_task_unref(ended);
    return rc;
}

/* None of these is mistaken for one that has gone. */
static int use_many_tasks(void *unused)
{
    int rc = 0;

    (void)unused;
    for (int i = 0; rc == 0 && i < 2000; i++) {
        sl_group group;
        sl_task *tasks[5];

        sl_group_open(&group);
        for (int j = 0; j < 5; j++)
            tasks[j] = sl_group_spawn(&group, do_nothing, NULL);
        for (int j = 0; rc == 0 && j < 5; j++)
            rc = sl_task_join(tasks[j]);
        rc = sl_group_close(&group) < 0 ? -EIO : rc;
    }
    return rc;
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
        { close_loop_twice, "sl_loop_close(): 'loop' has" },
        { join_task_of_closed_group, "sl_task_join(): 'task' has" },
        { ask_forgotten_task, "sl_task_is_done(): 'task' has" },
        { unref_task_twice, "sl_task_unref(): 'task' has" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int status = test_apart(run_in_debug_mode, &cases[i].mistake);

        CHECK(WIFSIGNALED(status));
        CHECK_EQ(WTERMSIG(status), SIGABRT);
        test_check_said(cases[i].words);
    }
}

TEST(debug_mode_suspects_nobody_who_is_there)
{
    sl_fn *innocent = use_many_tasks;

    CHECK_EQ(test_apart(run_in_debug_mode, &innocent), 0);
    CHECK_STR(test_said(), "");
}

/* The last of all loops, too. */
static int close_debugged_loop_twice(void *unused)
{
    sl_loop *loop = sl_loop_new();

    (void)unused;
    CHECK(loop != NULL && !sl_loop_is_debugged(loop));
    CHECK_EQ(sl_loop_debug(loop), 0);
    CHECK(sl_loop_is_debugged(loop));
    CHECK_EQ(sl_loop_close(loop), 0);
    return sl_loop_close(loop);
}

TEST(a_loop_that_is_closed_twice_is_named_in_debug_mode)
{
    CHECK(WIFSIGNALED(test_apart(close_debugged_loop_twice, NULL)));
    test_check_said("sl_loop_close(): 'loop' has been released");
}

static int leave_open(void *unused)
{
    int rc = open_pair();

    (void)unused;
    return rc < 0 ? rc : open_pool();
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
    test_check_said("left open at the end of the loop: 1 pool\n");
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
