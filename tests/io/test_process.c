/* Promises of child processes. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <starling/clock.h>
#include <starling/file.h>
#include <starling/process.h>

#include "io_test.h"

#define SHELL(command)                                                         \
    (const char *const[])                                                      \
    {                                                                          \
        "sh", "-c", command, NULL                                              \
    }

static sl_process *start(const char *const *argv)
{
    sl_process_options options = { .argv = argv,
                                   .in = { .kind = SL_STDIO_PIPE },
                                   .out = { .kind = SL_STDIO_PIPE },
                                   .err = { .kind = SL_STDIO_NULL } };
    sl_process *process;

    CHECK_EQ(sl_process_spawn(&options, &process), 0);
    return process;
}

static bool is_gone(pid_t pid)
{
    return kill(pid, 0) < 0 && errno == ESRCH;
}

IO_TEST(an_exit_is_decoded)
{
    sl_process *process;
    sl_exit end;

    process = start(SHELL("exit 7"));
    CHECK_EQ(sl_process_wait(process, &end), 0);
    CHECK_EQ(end.status, 7);
    CHECK_EQ(end.signal, 0);
    CHECK_EQ(sl_process_wait(process, NULL), 0); /* any number of times */
    CHECK_EQ(sl_process_kill(process, SIGTERM), -ESRCH);
    sl_process_close(process);

    process = start(SHELL("kill -9 $$"));
    CHECK_EQ(sl_process_wait(process, &end), 0);
    CHECK_EQ(end.status, -1);
    CHECK_EQ(end.signal, SIGKILL);
    CHECK(!end.dumped_core);
    sl_process_close(process);
    return 0;
}

IO_TEST(waiting_is_cancelled_and_leaves_the_child)
{
    sl_process *process = start(SHELL("read line; exit 3"));
    sl_exit end;

    CHECK_CANCELLED_WAITING(sl_process_wait(process, &end));
    CHECK_CANCELLED_BEFORE(sl_process_wait(process, &end));
    CHECK_EQ(kill(sl_process_pid(process), 0), 0);
    CHECK_EQ(sl_stream_write(sl_process_in(process), "\n", 1), 0);
    CHECK_EQ(sl_process_wait(process, &end), 0);
    CHECK_EQ(end.status, 3);
    sl_process_close(process);
    return 0;
}

static int wait_for_end(void *arg)
{
    sl_exit end;
    int rc = sl_process_wait(arg, &end);

    return rc < 0 ? rc : end.status;
}

IO_TEST(any_number_of_tasks_wait)
{
    sl_process *process = start(SHELL("read line; exit 5"));
    sl_task *tasks[5];
    sl_group group;

    sl_group_open(&group);
    for (int i = 0; i < 5; i++)
        tasks[i] = sl_group_spawn(&group, wait_for_end, process);
    CHECK_EQ(sl_sleep(SL_MS(2)), 0);
    sl_process_end_input(process);
    for (int i = 0; i < 5; i++)
        CHECK_EQ(sl_task_join(tasks[i]), 5);
    CHECK_EQ(sl_group_close(&group), 0);
    sl_process_close(process);
    return 0;
}

IO_TEST(closing_ends_the_child_and_wakes_who_waits)
{
    sl_process *process = start(SHELL("sleep 1000"));
    pid_t pid = sl_process_pid(process);
    sl_group group;
    sl_task *task;

    sl_group_open(&group);
    task = sl_group_spawn(&group, wait_for_end, process);
    CHECK_EQ(sl_sleep(SL_MS(2)), 0);
    sl_process_close(process);
    CHECK_EQ(sl_task_join(task), SL_ECLOSED);
    CHECK_EQ(sl_group_close(&group), SL_ECLOSED);
    WAIT_UNTIL(is_gone(pid)); /* and reaped */
    return 0;
}

static pid_t spawn_guarded(void)
{
    SL_AUTO(sl_process_guard) child = start(SHELL("sleep 1000"));

    return sl_process_pid(child);
}

IO_TEST(a_guard_ends_the_child_with_its_block)
{
    pid_t pid = spawn_guarded();

    WAIT_UNTIL(is_gone(pid));
    return 0;
}

IO_TEST(other_peoples_children_are_left_to_them)
{
    sl_process *process;
    pid_t foreign = fork();
    int status;

    if (foreign == 0)
        _exit(9);
    process = start(SHELL("exit 0"));
    CHECK_EQ(sl_process_wait(process, NULL), 0);
    CHECK_EQ(sl_sleep(SL_MS(5)), 0);
    sl_process_close(process);
    CHECK_EQ(waitpid(foreign, &status, 0), foreign);
    CHECK_EQ(WEXITSTATUS(status), 9);
    return 0;
}

IO_TEST(a_program_that_ignores_its_children_is_told_so)
{
    sl_process *process;

    signal(SIGCHLD, SIG_IGN);
    process = start(SHELL("exit 4"));
    CHECK_EQ(sl_process_wait(process, NULL), -ECHILD);
    sl_process_close(process);
    return 0;
}

IO_TEST(stop_asks_first_and_then_makes)
{
    sl_process *process = start(SHELL("exec sleep 1000"));
    char ready[8];
    sl_exit end;

    CHECK_EQ(sl_process_stop(process, SL_S(60), &end), 0);
    CHECK_EQ(end.signal, SIGTERM);
    CHECK_EQ(sl_process_stop(process, SL_S(60), &end), 0); /* harmless */
    sl_process_close(process);

    process = start(SHELL("trap '' TERM; echo; while :; do read l; done"));
    CHECK_EQ(sl_stream_read(sl_process_out(process), ready, 1), 1);
    CHECK_CANCELLED_WAITING(sl_process_stop(process, SL_S(5), &end));
    CHECK_CANCELLED_BEFORE(sl_process_stop(process, SL_S(5), &end));
    CHECK_EQ(sl_process_stop(process, SL_MS(20), &end), 0);
    CHECK_EQ(end.signal, SIGKILL);
    sl_process_close(process);
    return 0;
}

IO_TEST(a_group_of_its_own_is_killed_whole)
{
    sl_process_options options = { .argv = SHELL("sleep 1000 & echo $!; wait"),
                                   .out = { .kind = SL_STDIO_PIPE },
                                   .new_group = true };
    sl_process *process;
    char line[32];

    CHECK_EQ(sl_process_spawn(&options, &process), 0);
    CHECK(sl_stream_read_line(sl_process_out(process), line, sizeof line) > 0);
    sl_process_close(process);
    WAIT_UNTIL(is_gone(atoi(line)));
    return 0;
}

static void check_line(sl_stream *stream, const char *wanted)
{
    char line[64];

    CHECK_EQ(sl_stream_read_line(stream, line, sizeof line),
             (ssize_t)strlen(wanted));
    CHECK_STR(line, wanted);
}

IO_TEST(each_pipe_is_a_stream_of_its_own)
{
    sl_process_options options = { .argv = SHELL("read x; echo out $x; "
                                                 "echo err $x >&2; read y"),
                                   .in = { .kind = SL_STDIO_PIPE },
                                   .out = { .kind = SL_STDIO_PIPE },
                                   .err = { .kind = SL_STDIO_PIPE } };
    sl_process *process;
    char rest;

    CHECK_EQ(sl_process_spawn(&options, &process), 0);
    CHECK_EQ(sl_stream_write(sl_process_in(process), "1\n", 2), 0);
    check_line(sl_process_err(process), "err 1");
    check_line(sl_process_out(process), "out 1");
    sl_process_end_input(process);
    CHECK(sl_process_in(process) == NULL);
    CHECK_EQ(sl_stream_read(sl_process_err(process), &rest, 1), 0);
    CHECK_EQ(sl_process_wait(process, NULL), 0);
    sl_process_close(process);
    return 0;
}

IO_TEST(where_there_is_no_pipe_there_is_no_stream)
{
    sl_process_options options = { .argv = SHELL(":"),
                                   .in = { .kind = SL_STDIO_NULL },
                                   .out = { .kind = SL_STDIO_NULL },
                                   .err = { .kind = SL_STDIO_OUT } };
    sl_process *process;

    CHECK_EQ(sl_process_spawn(&options, &process), 0);
    CHECK(sl_process_in(process) == NULL);
    CHECK(sl_process_out(process) == NULL);
    CHECK(sl_process_err(process) == NULL);
    CHECK_EQ(sl_process_wait(process, NULL), 0);
    sl_process_close(process);
    return 0;
}

IO_TEST(run_talks_to_all_pipes_at_once)
{
    enum { SIZE = 1 << 20 };
    sl_process_options options = {
        .argv = SHELL("tee /dev/stderr"),
        .in = { .kind = SL_STDIO_PIPE },
        .out = { .kind = SL_STDIO_PIPE },
        .err = { .kind = SL_STDIO_PIPE },
    };
    char *input = malloc(SIZE);
    sl_output output;

    for (int i = 0; i < SIZE; i++)
        input[i] = (char)('a' + i % 23);
    CHECK_EQ(sl_process_run(&options, input, SIZE, SIZE, &output), 0);
    CHECK_EQ(output.exit.status, 0);
    CHECK_EQ(output.out_size, SIZE);
    CHECK_EQ(output.err_size, SIZE);
    CHECK(memcmp(output.out, input, SIZE) == 0);
    CHECK(memcmp(output.err, input, SIZE) == 0);
    CHECK_EQ(output.out[SIZE], '\0');
    sl_output_free(&output);
    CHECK_CANCELLED_BEFORE(sl_process_run(&options, "", 0, 1, &output));
    sl_output_free(&output);
    free(input);
    return 0;
}

IO_TEST(a_run_that_is_cancelled_ends_its_child)
{
    sl_process_options options = { .argv = SHELL("exec sleep 1000"),
                                   .out = { .kind = SL_STDIO_PIPE } };
    sl_output output;
    siginfo_t left;

    CHECK_CANCELLED_WAITING(sl_process_run(&options, "", 0, 1, &output));
    sl_output_free(&output);
    WAIT_UNTIL(waitid(P_ALL, 0, &left, WEXITED | WNOHANG | WNOWAIT) < 0);
    CHECK_EQ(errno, ECHILD); /* it has been reaped, too */
    return 0;
}

/* The thread that would start it is not to be had. */
IO_TEST(a_child_that_no_thread_has_begun_to_start_is_not_started)
{
    sl_process_options options = { .argv = SHELL("exit 0") };
    sl_process *process;
    sl_group group;

    take_threads(&group);
    CHECK_CANCELLED_WAITING(sl_process_spawn(&options, &process));
    free_threads(&group);
    CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1);
    return 0;
}

IO_TEST(too_much_output_ends_the_child)
{
    sl_process_options options = { .argv = SHELL("yes"),
                                   .out = { .kind = SL_STDIO_PIPE } };
    sl_output output;

    CHECK_EQ(sl_process_run(&options, NULL, 0, 1000, &output), -EMSGSIZE);
    CHECK_STR(sl_errmsg(), "it wrote more than 1000 bytes");
    CHECK_EQ(output.out_size, 1000);
    CHECK(memcmp(output.out, "y\ny\n", 4) == 0);
    sl_output_free(&output);
    options.argv = SHELL("printf 12345");
    CHECK_EQ(sl_process_run(&options, NULL, 0, 5, &output), 0);
    CHECK_STR(output.out, "12345");
    CHECK_STR(output.err, "");
    sl_output_free(&output);
    return 0;
}

IO_TEST(a_child_that_reads_nothing_is_no_error)
{
    sl_process_options options = { .argv = SHELL("exit 2"),
                                   .in = { .kind = SL_STDIO_PIPE } };
    static char much[1 << 20];
    sl_output output;

    CHECK_EQ(sl_process_run(&options, much, sizeof much, 10, &output), 0);
    CHECK_EQ(output.exit.status, 2);
    sl_output_free(&output);
    return 0;
}

IO_TEST(communicate_is_cancelled_and_keeps_what_came)
{
    sl_process *process = NULL;
    sl_time patience = SL_MS(50);
    sl_output output = { 0 };
    sl_scope limit;

    do { /* again if nothing had come yet */
        sl_output_free(&output);
        sl_process_close(process);
        process = start(SHELL("echo begin; exec sleep 1000"));
        sl_timeout_open(&limit, patience);
        CHECK_EQ(sl_process_communicate(process, "", 0, 100, &output),
                 SL_ECANCELED);
        CHECK_EQ(sl_scope_close(&limit, SL_ECANCELED), SL_ETIMEDOUT);
        patience *= 2;
    } while (output.out_size == 0);
    CHECK_STR(output.out, "begin\n");
    sl_output_free(&output);
    CHECK_CANCELLED_BEFORE(sl_process_communicate(process, "", 0, 9, &output));
    sl_output_free(&output);
    CHECK_EQ(kill(sl_process_pid(process), 0), 0);
    sl_process_close(process);
    return 0;
}

IO_TEST(stdio_goes_to_files_and_places)
{
    char in[256], out[256];
    sl_process_options options = {
        .argv = SHELL("cat; echo problem >&2"),
        .in = { .kind = SL_STDIO_FILE, .path = in },
        .out = { .kind = SL_STDIO_FILE, .path = out },
        .err = { .kind = SL_STDIO_OUT },
    };
    sl_output output;
    size_t size;
    void *data;

    snprintf(in, sizeof in, "%s/in", test_folder());
    snprintf(out, sizeof out, "%s/out", test_folder());
    CHECK_EQ(sl_process_run(&options, NULL, 0, 0, &output), -ENOENT);
    sl_output_free(&output);
    CHECK_EQ(sl_file_write_all(in, "input\n", 6, NULL), 0);
    CHECK_EQ(sl_process_run(&options, NULL, 0, 0, &output), 0);
    sl_output_free(&output);
    options.out.append = true;
    CHECK_EQ(sl_process_run(&options, NULL, 0, 0, &output), 0);
    sl_output_free(&output);
    CHECK_EQ(sl_file_read_all(out, 100, &data, &size), 0);
    CHECK_STR(data, "input\nproblem\ninput\nproblem\n");
    free(data);
    return 0;
}

IO_TEST(a_child_gets_what_it_is_told_and_no_more)
{
    static const char *const env[] = { "ONLY=this", NULL };
    int leaked = open("/dev/null", O_RDONLY); /* not close-on-exec */
    sl_process_options options = {
        .argv = SHELL("pwd; env | grep -c =; echo $ONLY; ls /proc/self/fd"),
        .program = "/bin/sh",
        .env = env,
        .cwd = "/",
        .in = { .kind = SL_STDIO_NULL },
        .out = { .kind = SL_STDIO_PIPE },
        .err = { .kind = SL_STDIO_FD, .fd = leaked },
    };
    sl_output output;

    CHECK_EQ(sl_process_run(&options, NULL, 0, 1000, &output), 0);
    /* The shell adds PWD, and _ where it feels like it; ls opens one. */
    CHECK(strncmp(output.out, "/\n", 2) == 0);
    CHECK(strstr(output.out, "\nthis\n0\n1\n2\n3\n") != NULL);
    CHECK(strstr(output.out, "\n4\n") == NULL);
    sl_output_free(&output);
    close(leaked);
    return 0;
}

IO_TEST(a_program_that_cannot_be_started_says_why)
{
    static const char *const none[] = { "starling-no-such-program", NULL };
    static const char *const folder[] = { "/", NULL };
    static const char *const empty[] = { NULL };
    sl_process_options options = { .argv = none };
    sl_process *process;

    /* A folder in it that one may not look into would make it -EACCES. */
    setenv("PATH", "/usr/bin:/bin", 1);
    CHECK_EQ(sl_process_spawn(&options, &process), -ENOENT);
    options.argv = folder;
    CHECK_EQ(sl_process_spawn(&options, &process), -EACCES);
    options.argv = empty;
    CHECK_EQ(sl_process_spawn(&options, &process), -EINVAL);
    options.argv = SHELL("exit 0");
    options.cwd = "/no/such/folder";
    CHECK_EQ(sl_process_spawn(&options, &process), -ENOENT);
    CHECK_STR(sl_errmsg(), "/no/such/folder: No such file or directory");
    options.cwd = NULL;
    options.in.kind = SL_STDIO_OUT;
    CHECK_EQ(sl_process_spawn(&options, &process), -EINVAL);
    options.in.kind = 99;
    CHECK_EQ(sl_process_spawn(&options, &process), -EINVAL);
    options.in.kind = SL_STDIO_INHERIT;
    CHECK_CANCELLED_BEFORE(sl_process_spawn(&options, &process));
    return 0;
}

static int run_one(void *unused)
{
    sl_process_options options = { .argv = SHELL("echo $$"),
                                   .out = { .kind = SL_STDIO_PIPE } };
    sl_output output;

    (void)unused;
    CHECK_EQ(sl_process_run(&options, NULL, 0, 100, &output), 0);
    CHECK(atoi(output.out) > 0);
    sl_output_free(&output);
    return 0;
}

IO_TEST(fifty_children_at_once)
{
    sl_group group;

    sl_group_open(&group);
    for (int i = 0; i < 50; i++)
        sl_group_spawn(&group, run_one, NULL);
    CHECK_EQ(sl_group_close(&group), 0);
    CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1); /* none is left unreaped */
    return 0;
}
