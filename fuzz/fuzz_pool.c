/* Fuzz target: a worker that has been taken over, against its pool.
 *
 * The bytes are a script for the worker (pool_script.h). Whatever it does, its
 * job ends with an answer that fits or with an error, the pool goes on, jobs
 * after it have the right answers, and no descriptor is left behind. The pool
 * lives on from input to input, as a program's would. fuzz_decode.c tells how
 * to build it for a fuzzer.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <starling.h>

#include "exec/region.h"
#include "pool_script.h"
#include "programs.h"
#include "seeds.h"

enum { OUT_MOST = 300 };

/* More than a worker needs for a script, less than a fuzzer's patience. */
#define LIMIT SL_S(5)

static sl_pool *pool;

static void expect(bool is_so, const char *what, int rc)
{
    if (is_so)
        return;
    fprintf(stderr, "fuzz_pool: %s: %d %s\n", what, rc, sl_errmsg());
    abort();
}

static void check_works(void)
{
    int n = 21, answer = 0, rc;
    sl_job_request request = { .job = "twice",
                               .in = &n,
                               .in_size = sizeof n,
                               .out = &answer,
                               .out_capacity = sizeof answer };

    rc = sl_pool_run(pool, &request);
    expect(rc == (int)sizeof answer && answer == 42, "no worker works", rc);
}

static int play(void *arg)
{
    const seed *script = arg;
    char out[OUT_MOST];
    /* A place of each kind for the answer, by the script's length. */
    size_t capacity = script->size % 3 == 0 ? sizeof out : script->size % 3;
    sl_job_request request = { .job = "play",
                               .in = script->data,
                               .in_size = script->size,
                               .out = out,
                               .out_capacity = capacity,
                               .limit = LIMIT };
    int rc = sl_pool_run(pool, &request);

    expect(rc <= (int)capacity, "the answer does not fit", rc);
    check_works();
    return 0;
}

static int open_pool(void *unused)
{
    /* One job each: a worker that was taken over can answer a later job of its
     * own as it likes, and there would be nothing to tell that from. */
    sl_process_pool_options options = { .program = POOL_WORKER,
                                        .workers = 1,
                                        .max_jobs_per_worker = 1 };
    int rc = sl_process_pool_open(&options, &pool);

    (void)unused;
    expect(rc == 0, "no pool", rc);
    return 0;
}

static int count_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;

    expect(folder != NULL, "no list of descriptors", 0);
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static sl_loop *loop;
    static int descriptors;
    seed script = { (uint8_t *)(uintptr_t)data, size };
    int left;

    if (loop == NULL) {
        loop = sl_loop_new();
        expect(loop != NULL, "no loop", 0);
        expect(sl_loop_run_task(loop, open_pool, NULL) == 0, "no start", 0);
    }
    expect(sl_loop_run_task(loop, play, &script) == 0, "no end", 0);
    /* Of a worker that has just died some are closed a little later. */
    left = count_descriptors();
    if (descriptors == 0)
        descriptors = left;
    expect(left <= descriptors + 8, "descriptors are left behind", left);
    return 0;
}

typedef struct line {
    const char *text;
    size_t size;
} line;

#define LINE(text)                                                             \
    {                                                                          \
        text, sizeof(text) - 1                                                 \
    }

/* One attack of each kind; the region's places are in its first lines. */
static const line lines[] = {
    LINE("a\0\0\0\0"),
    LINE("a\2\0\0\0"),
    LINE("a\0\0\0\x80"),
    LINE("c\0\0\0\0\0"),
    LINE("c\1\0\0\0\0"),
    LINE("c\0\xff\0\0\0"),
    LINE("t\x80"),
    LINE("s\10half mes"),
    LINE("sPREL\0\0\0\0\0"),
    LINE("w\0\0\0\0\4\xff\xff\xff\xffw\200\0\0\0\4\1\0\0\0"),
    LINE("w\100\0\0\0\4\1\0\0\0a\1\0\0\0"),
    LINE("w\300\0\0\0\4\1\0\0\0w\200\0\0\0\4\0\0\0\200"),
    LINE("h"),
    LINE("x"),
};

int make_seeds(seed seeds[SEEDS_MAX])
{
    int count = sizeof lines / sizeof lines[0];

    for (int i = 0; i < count; i++) {
        seeds[i] = (seed){ malloc(lines[i].size), lines[i].size };
        expect(seeds[i].data != NULL, "no memory", 0);
        memcpy(seeds[i].data, lines[i].text, lines[i].size);
    }
    return count;
}
