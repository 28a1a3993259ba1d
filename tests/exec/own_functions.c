/* A program whose own functions run in worker processes. It is started a
 * second time as their helper, so it is a test program of its own and says
 * with its exit status whether all of its promises hold.
 */
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <starling.h>

#include "programs.h"
#include "sandbox/sanitized.h"

#define EXPECT(condition)                                                      \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s; last error: %s\n", __FILE__, __LINE__, \
                    #condition, sl_errmsg());                                  \
            exit(1);                                                           \
        }                                                                      \
    } while (0)

static int factor = 2;

static int multiply(const void *in, size_t in_size, void *out, size_t capacity)
{
    int n = factor * *(const int *)in;

    (void)capacity;
    memcpy(out, &n, in_size);
    return (int)in_size;
}

static int reverse(const void *in, size_t in_size, void *out, size_t capacity)
{
    const char *from = in;
    char *to = out;

    (void)capacity;
    for (size_t i = 0; i < in_size / 2; i++) {
        char c = from[i];

        to[i] = from[in_size - 1 - i];
        to[in_size - 1 - i] = c;
    }
    return (int)in_size;
}

static int crash(const void *in, size_t in_size, void *out, size_t capacity)
{
    (void)in;
    (void)in_size;
    (void)out;
    (void)capacity;
    signal(SIGABRT, SIG_DFL);
    abort();
}

static int hang(const void *in, size_t in_size, void *out, size_t capacity)
{
    (void)in;
    (void)in_size;
    (void)out;
    (void)capacity;
    for (;;)
        pause();
    return 0;
}

static int set_factor(void *arg)
{
    factor = *(int *)arg;
    return factor == 0 ? -EDOM : 0;
}

/* Fails; with words if it is handed any. */
static int complain(const void *in, size_t in_size, void *out, size_t capacity)
{
    (void)out;
    (void)capacity;
    if (in_size > 4)
        return sl_fail(-EDOM, "no root of %s", (const char *)in);
    return -EDOM;
}

/* What a job says of its failure reaches whoever waits, by whatever way, and
 * is not taken for what the next one says. */
static void check_words(sl_pool *pool)
{
    static const char in[2][8] = { "minus 1", "" };
    sl_job_request request = { .function = complain,
                               .in = in[0],
                               .in_size = sizeof in[0] };
    sl_map map = { in, sizeof *in, NULL, 0, 1, 0, NULL };
    sl_future *future = sl_pool_submit_with(pool, &request);

    EXPECT(sl_pool_run(pool, &request) == -EDOM);
    EXPECT(strcmp(sl_errmsg(), "no root of minus 1") == 0);
    EXPECT(sl_future_wait(future) == -EDOM);
    EXPECT(strcmp(sl_errmsg(), "no root of minus 1") == 0);
    request.in_size = 0;
    EXPECT(sl_pool_run(pool, &request) == -EDOM);
    EXPECT(strcmp(sl_errmsg(), "") == 0);
    EXPECT(sl_gather(1, &future, NULL) == -EDOM);
    EXPECT(strcmp(sl_errmsg(), "no root of minus 1") == 0);
    sl_future_drop(future);
    EXPECT(sl_fail(-EDOM, "other words") == -EDOM);
    EXPECT(sl_pool_map(pool, complain, &map) == -EDOM);
    EXPECT(strcmp(sl_errmsg(), "no root of minus 1") == 0);
    request.in = "two\nlines";
    request.in_size = 10;
    EXPECT(sl_pool_run(pool, &request) == -EDOM);
    EXPECT(strncmp(sl_errmsg(), "no root of two", 14) == 0);
}

static int use_both_kinds(sl_pool *pool)
{
    int in[100], out[100];
    sl_map map = { in, sizeof *in, out, sizeof *out, 100, 0, NULL };

    EXPECT(pool != NULL);
    for (int i = 0; i < 100; i++)
        in[i] = i;
    EXPECT(sl_pool_map(pool, multiply, &map) == 0);
    for (int i = 0; i < 100; i++)
        EXPECT(out[i] == 2 * i);
    check_words(pool);
    return sl_pool_close(pool);
}

static void check_init(void)
{
    int three = 3, zero = 0, n = 5, m = 0;
    sl_process_pool_options options = { .workers = 1,
                                        .init = set_factor,
                                        .init_arg = &three,
                                        .init_size = sizeof three };
    sl_pool *pool = sl_process_pool_new(&options);
    sl_job_request request = { .function = multiply,
                               .in = &n,
                               .in_size = sizeof n,
                               .out = &m,
                               .out_capacity = sizeof m };

    EXPECT(pool != NULL);
    EXPECT(sl_pool_run(pool, &request) == (int)sizeof m && m == 15);
    EXPECT(sl_pool_close(pool) == 0);
    options.init_arg = &zero;
    EXPECT(sl_process_pool_open(&options, &pool) == -EDOM);
    /* Where nobody waited for the first worker, the first job tells. */
    pool = sl_process_pool_new(&options);
    EXPECT(pool != NULL);
    EXPECT(sl_pool_run(pool, &request) == SL_EBROKEN);
    EXPECT(strstr(sl_errmsg(), "a worker cannot start") != NULL);
    EXPECT(strcmp(sl_pool_note(pool), "") != 0);
    EXPECT(sl_pool_close(pool) == 0);
}

/* A library that the program has loaded after its pool, so that no worker can
 * have it yet. Its path is relative to nothing. */
static void check_library(void)
{
    sl_process_pool_options options = { .workers = 2 };
    sl_pool *pool = sl_process_pool_new(&options);
    sl_job_request request = { .function = multiply,
                               .in = &factor,
                               .in_size = sizeof factor,
                               .out = &(int){ 0 },
                               .out_capacity = sizeof factor };
    char out[2000];
    void *library;

    EXPECT(sl_pool_run(pool, &request) == (int)sizeof factor);
    library = dlopen(JOB_LIBRARY, RTLD_NOW);
    EXPECT(library != NULL);
    request = (sl_job_request){ .function = (sl_job *)(uintptr_t)dlsym(
                                    library, "job_of_library"),
                                .in = "seven",
                                .in_size = 5,
                                .out = out,
                                .out_capacity = sizeof out };
    EXPECT(request.function != NULL);
    for (int i = 0; i < 4; i++)
        EXPECT(sl_pool_run(pool, &request) == 1005);
    /* What is in no file can be no job. */
    request.function = (sl_job *)(uintptr_t)out;
    EXPECT(sl_pool_run(pool, &request) == -EINVAL);
    EXPECT(sl_pool_close(pool) == 0);
    EXPECT(dlclose(library) == 0);
}

static int eat(const void *in, size_t in_size, void *out, size_t capacity)
{
    size_t wanted;
    char *data;

    (void)out;
    (void)capacity;
    memcpy(&wanted, in, in_size);
    data = malloc(wanted);
    if (data == NULL)
        return -ENOMEM;
    data[0] = data[wanted - 1] = 1;
    in_size = (size_t)data[wanted - 1];
    free(data);
    return (int)in_size - 1;
}

/* The limit is the job's, not the worker's. */
static void check_memory_limit(void)
{
    sl_process_pool_options options = { .workers = 1 };
    sl_pool *pool = sl_process_pool_new(&options);
    size_t wanted = 64 << 20;
    sl_job_request request = { .function = eat,
                               .in = &wanted,
                               .in_size = sizeof wanted };

    for (int i = 0; i < 2; i++) {
        request.memory = 16 << 20;
        EXPECT(sl_pool_run(pool, &request) == -ENOMEM);
        EXPECT(strcmp(sl_errmsg(), "memory") == 0);
        request.memory = 0;
        EXPECT(sl_pool_run(pool, &request) == 0);
    }
    EXPECT(sl_pool_close(pool) == 0);
}

static void check_deaths(void)
{
    sl_process_pool_options options = { .workers = 2 };
    sl_pool *pool = sl_process_pool_new(&options);
    int n = 4, m = 0;
    sl_future *crashed = sl_pool_submit(pool, crash, NULL, 0, NULL, 0);
    sl_future *hanging = sl_pool_submit(pool, hang, NULL, 0, NULL, 0);
    sl_future *fine =
        sl_pool_submit(pool, multiply, &n, sizeof n, &m, sizeof m);
    sl_job_request slow = { .function = hang, .limit = SL_MS(30) };

    EXPECT(sl_future_wait(crashed) == SL_EWORKERDIED);
    EXPECT(strcmp(sl_pool_error(crashed), "crashed:SIGABRT") == 0);
    EXPECT(sl_future_wait(fine) == (int)sizeof m && m == 8);
    EXPECT(sl_pool_cancel(pool, hanging) == 0);
    EXPECT(sl_future_wait(hanging) == SL_ECANCELED);
    EXPECT(sl_pool_run(pool, &slow) == SL_ETIMEDOUT);
    sl_future_drop(crashed);
    sl_future_drop(hanging);
    sl_future_drop(fine);
    EXPECT(sl_pool_close(pool) == 0);
}

static void check_buffers(void)
{
    enum { SIZE = 1 << 20, COUNT = 6 };
    sl_process_pool_options options = { .workers = 2 };
    sl_pool *pool = sl_process_pool_new(&options);
    sl_pool_buffer *buffers[COUNT];
    sl_future *futures[COUNT];

    for (int i = 0; i < COUNT; i++) {
        buffers[i] = sl_pool_buffer_new(pool, SIZE);
        EXPECT(buffers[i] != NULL);
    }
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < COUNT; i++) {
            memset(buffers[i]->data, i, SIZE);
            *(char *)buffers[i]->data = 'x';
            futures[i] = sl_pool_submit_buffer(pool, reverse, buffers[i], SIZE);
        }
        EXPECT(sl_gather(COUNT, futures, NULL) == 0);
        for (int i = 0; i < COUNT; i++) {
            EXPECT(((char *)buffers[i]->data)[SIZE - 1] == 'x');
            EXPECT(((char *)buffers[i]->data)[0] == i);
            sl_future_drop(futures[i]);
        }
        if (round == 10) { /* whoever had the buffers is dead */
            futures[0] = sl_pool_submit_buffer(pool, crash, buffers[0], SIZE);
            EXPECT(sl_future_wait(futures[0]) == SL_EWORKERDIED);
            sl_future_drop(futures[0]);
        }
    }
    for (int i = 0; i < COUNT; i++)
        sl_pool_buffer_free(buffers[i]);
    EXPECT(sl_pool_close(pool) == 0);
}

static void check_threads_in_workers(void)
{
    sl_process_pool_options options = { .workers = 1, .threads_per_worker = 4 };
    sl_pool *pool = sl_process_pool_new(&options);

    EXPECT(sl_pool_workers(pool) == 4);
    EXPECT(use_both_kinds(pool) == 0);
}

/* The most that a job may have: a gibibyte each way. Most of it is never
 * touched, so that a test can afford it. */
static int check_ends(const void *in, size_t in_size, void *out,
                      size_t capacity)
{
    const char *bytes = in;

    (void)out;
    (void)capacity;
    return in_size == SL_JOB_BYTES_MAX && bytes[0] == 'a' &&
                   bytes[in_size - 1] == 'z'
               ? 0
               : -EILSEQ;
}

static int set_ends(const void *in, size_t in_size, void *out, size_t capacity)
{
    char *bytes = out;

    (void)in;
    (void)in_size;
    bytes[0] = 'a';
    bytes[capacity - 1] = 'z';
    return (int)capacity;
}

static bool has_memory_to_spare(void)
{
    FILE *file = fopen("/proc/meminfo", "re");
    unsigned long long available = 0;
    char line[128];

    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "MemAvailable: %llu", &available) == 1)
            break;
    if (file != NULL)
        fclose(file);
    return available >> 20 >= 4 && sl_memory_granted() >> 30 >= 4;
}

static void check_biggest(void)
{
    sl_process_pool_options options = { .workers = 1 };
    size_t size = SL_JOB_BYTES_MAX;
    sl_pool *pool = sl_process_pool_new(&options);
    char *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    sl_job_request there = { .function = check_ends,
                             .in = bytes,
                             .in_size = size },
                   back = { .function = set_ends,
                            .out = bytes,
                            .out_capacity = size };

    EXPECT(bytes != MAP_FAILED);
    bytes[0] = 'a';
    bytes[size - 1] = 'z';
    EXPECT(sl_pool_run(pool, &there) == 0);
    bytes[0] = bytes[size - 1] = 0;
    EXPECT(sl_pool_run(pool, &back) == (int)size);
    EXPECT(bytes[0] == 'a' && bytes[size - 1] == 'z' && bytes[size / 2] == 0);
    EXPECT(munmap(bytes, size) == 0);
    EXPECT(sl_pool_close(pool) == 0);
}

static void check_biggest_buffer(void)
{
    sl_process_pool_options options = { .workers = 1 };
    sl_pool *pool = sl_process_pool_new(&options);
    sl_pool_buffer *buffer = sl_pool_buffer_new(pool, SL_JOB_BYTES_MAX);
    sl_future *future;

    EXPECT(buffer != NULL);
    EXPECT(sl_pool_buffer_new(pool, SL_JOB_BYTES_MAX + 1) == NULL);
    future = sl_pool_submit_buffer(pool, set_ends, buffer, 0);
    EXPECT(sl_future_wait(future) == (int)SL_JOB_BYTES_MAX);
    EXPECT(((char *)buffer->data)[SL_JOB_BYTES_MAX - 1] == 'z');
    sl_future_drop(future);
    EXPECT(sl_pool_close(pool) == 0);
    EXPECT(((char *)buffer->data)[0] == 'a');
    sl_pool_buffer_free(buffer); /* it has outlived its pool */
}

/* Nothing in, nothing out, in every way. */
static void check_smallest(sl_pool *pool)
{
    sl_pool_buffer *buffer = sl_pool_buffer_new(pool, 1);
    sl_future *future = sl_pool_submit_buffer(pool, reverse, buffer, 0);
    sl_map map = { NULL, 0, NULL, 0, 100, 0, NULL };

    EXPECT(sl_future_wait(future) == 0);
    EXPECT(sl_pool_map(pool, reverse, &map) == 0);
    EXPECT(sl_pool_run(pool, &(sl_job_request){ .function = reverse }) == 0);
    EXPECT(sl_pool_buffer_new(pool, 0) == NULL);
    sl_future_drop(future);
    sl_pool_buffer_free(buffer);
    EXPECT(sl_pool_close(pool) == 0);
}

static sl_pool *opened_as_usual(void)
{
    sl_pool *pool = NULL;

    EXPECT(sl_process_pool_open(NULL, &pool) == 0);
    return pool;
}

static int app(void *unused)
{
    (void)unused;
    EXPECT(use_both_kinds(sl_thread_pool_new(0)) == 0);
    EXPECT(use_both_kinds(sl_process_pool_new(NULL)) == 0);
    EXPECT(use_both_kinds(opened_as_usual()) == 0);
    check_init();
    check_library();
    if (!SL__SANITIZED)
        check_memory_limit();
    check_deaths();
    check_buffers();
    check_threads_in_workers();
    check_smallest(sl_thread_pool_new(1));
    check_smallest(sl_process_pool_new(NULL));
    if (SL__SANITIZED || !has_memory_to_spare()) {
        printf(
            "skip jobs of 1 GiB: a sanitizer, or less than 4 GiB of memory\n");
    } else {
        check_biggest();
        check_biggest_buffer();
    }
    printf("1 passed, 0 failed\n");
    return 0;
}

int main(int argc, char **argv)
{
    return sl_main(argc, argv, app, NULL);
}
