/* Whatever becomes of a worker costs exactly the job that it held. */
#include "pool_test.h"

#include "support/test.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <starling/clock.h>
#include <starling/error.h>
#include <starling/future.h>
#include <starling/group.h>
#include <starling/loop.h>

#include "sandbox/sanitized.h"
#include "sched/loop.h"

typedef struct death {
    const char *job, *word;
} death;

static const death deaths[] = {
    { "crash", "crashed:SIGSEGV" },
    { "abort", "crashed:SIGABRT" },
    { "exit", "exited:3" },
    { "garbage", "protocol" },
    { "half message", "protocol" },
    { "lie", "protocol" },
    { "other id", "protocol" },
    { "flood", "protocol" },
    { "scribble", "protocol" },
    { "claim cancel", "protocol" },
    { "write body", "crashed:SIGSEGV" },
};

enum { DEATHS = sizeof deaths / sizeof deaths[0] };

static int die_in_every_way(sl_pool *pool)
{
    sl_shm body;

    CHECK_EQ(sl_shm_open(4096, &body), 0);
    for (int i = 0; i < DEATHS; i++) {
        sl_job_request request = { .job = deaths[i].job, .body = &body };

        CHECK_EQ(sl_pool_run(pool, &request), SL_EWORKERDIED);
        CHECK_STR(sl_errmsg(), deaths[i].word);
        check_works(pool);
    }
    CHECK_EQ(((char *)body.data)[0], 0);
    sl_shm_close(&body);
    return 0;
}

TEST(every_death_fails_its_job_with_its_word_and_the_pool_goes_on)
{
    with_pool(1, die_in_every_way);
}

/* Others are served meanwhile, and nothing of it piles up. */
static int hear_bells(sl_pool *pool)
{
    sl_future *ringing = sl_pool_submit_with(
        pool, &(sl_job_request){ .job = "ring on", .limit = SL_MS(100) });

    for (int i = 0; i < 20; i++)
        check_works(pool);
    CHECK_EQ(sl_future_wait(ringing), SL_ETIMEDOUT);
    check_works(pool);
    sl_future_drop(ringing);
    return 0;
}

TEST(a_worker_that_rings_without_pause_is_heard_and_then_ended)
{
    with_pool(2, hear_bells);
}

static int get_descriptors(sl_pool *pool)
{
    int n = 4, answer = 0, before = open_descriptors();
    sl_job_request request = { .job = "send descriptors",
                               .in = &n,
                               .in_size = sizeof n,
                               .out = &answer,
                               .out_capacity = sizeof answer };

    CHECK_EQ(sl_pool_run(pool, &request), sizeof answer);
    CHECK_EQ(answer, 8);
    CHECK_EQ(open_descriptors(), before);
    check_works(pool);
    return 0;
}

TEST(descriptors_from_a_worker_do_not_come_in)
{
    with_pool(1, get_descriptors);
}

static int use_future(sl_pool *pool)
{
    sl_future *future =
        sl_pool_submit_with(pool, &(sl_job_request){ .job = "exit" });

    CHECK_EQ(sl_future_wait(future), SL_EWORKERDIED);
    CHECK_STR(sl_pool_error(future), "exited:3");
    sl_future_drop(future);
    return 0;
}

TEST(a_future_knows_the_word)
{
    with_pool(1, use_future);
}

static int hang_up(sl_pool *pool)
{
    CHECK_EQ(run(pool, "hang up"), SL_EWORKERDIED);
    CHECK_STR(sl_errmsg(), "protocol");
    check_works(pool);
    return 0;
}

TEST(a_worker_that_closes_its_channel_and_stays_is_killed)
{
    with_pool(1, hang_up);
}

static int eat(sl_pool *pool)
{
    CHECK_EQ(run(pool, "eat"), -ENOMEM);
    CHECK_STR(sl_errmsg(), "memory");
    check_works(pool);
    return 0;
}

TEST(a_job_without_memory_says_so)
{
    if (SL__SANITIZED)
        test_skip("a sanitizer needs the address space");
    with_pool(1, eat);
}

static void write_text(const char *folder, const char *file, int number)
{
    char path[200];
    FILE *out;

    snprintf(path, sizeof path, "%s/%s", folder, file);
    out = fopen(path, "we");
    if (out == NULL || fprintf(out, "%d", number) < 0 || fclose(out) != 0)
        test_skip("control groups are not ours to make here");
}

static int fill(sl_pool *pool)
{
    char folder[100];

    bool is_v1 = access("/sys/fs/cgroup/memory/tasks", F_OK) == 0;
    int rc;

    snprintf(folder, sizeof folder, "/sys/fs/cgroup/%s/starling-test-%d",
             is_v1 ? "memory" : "", (int)getpid());
    if (mkdir(folder, 0700) < 0)
        test_skip("control groups are not ours to make here");
    write_text(folder, is_v1 ? "memory.limit_in_bytes" : "memory.max",
               32 << 20);
    write_text(folder, "cgroup.procs", worker_pid(pool));
    rc = run(pool, "fill");
    CHECK_EQ(rmdir(folder), 0);
    CHECK_EQ(rc, SL_EWORKERDIED);
    CHECK_STR(sl_errmsg(), "memory");
    check_works(pool); /* the new worker was not in that group */
    return 0;
}

TEST(a_worker_that_the_kernel_ends_for_its_memory_says_so)
{
    if (SL__SANITIZED)
        test_skip("a sanitizer needs more memory than this allows");
    with_pool(1, fill);
}

static int look_at_score(sl_pool *pool)
{
    char path[64];
    int score = 0;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/oom_score_adj", worker_pid(pool));
    file = fopen(path, "re");
    CHECK(file != NULL);
    CHECK_EQ(fscanf(file, "%d", &score), 1);
    fclose(file);
    CHECK_EQ(score, 500);
    return 0;
}

TEST(out_of_memory_a_worker_goes_first)
{
    with_pool(1, look_at_score);
}

static int open_file(sl_pool *pool)
{
    CHECK_EQ(run(pool, "open"), SL_EWORKERDIED);
    CHECK_STR(sl_errmsg(), "crashed:SIGSYS");
    return 0;
}

TEST(a_forbidden_call_is_a_crash)
{
    if (SL__SANITIZED)
        test_skip("no seccomp under a sanitizer");
    with_pool(1, open_file);
}

/* The first letter after the name, which is in brackets. */
static bool is_alive(int pid)
{
    char path[64], state = 'Z';
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    file = fopen(path, "re");
    if (file == NULL)
        return false;
    if (fscanf(file, "%*d %*s %c", &state) != 1)
        state = 'Z';
    fclose(file);
    return state != 'Z';
}

static int be_killed(sl_pool *pool)
{
    int worker = worker_pid(pool);

    CHECK_EQ(kill(worker, SIGKILL), 0);
    while (is_alive(worker)) /* until the test's limit */
        CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    CHECK_EQ(sl_sleep(SL_MS(10)), 0); /* the loop looks around */
    check_works(pool);                /* an idle worker's death costs nothing */
    return 0;
}

TEST(an_idle_worker_that_is_killed_is_replaced)
{
    with_pool(1, be_killed);
}

static int time_out(sl_pool *pool)
{
    sl_job_request request = { .job = "hang", .limit = SL_MS(50) };
    sl_time start = sl_now();

    CHECK_EQ(sl_pool_run(pool, &request), SL_ETIMEDOUT);
    CHECK_STR(sl_errmsg(), "timeout");
    CHECK(sl_now() - start >= SL_MS(50));
    check_works(pool);
    return 0;
}

TEST(a_job_over_its_limit_is_killed)
{
    with_pool(1, time_out);
}

/* As after Ctrl-Z, where the worker was stopped as well and had no time. */
static int lose_time_during_a_job(sl_pool *pool)
{
    sl_job_request request = { .job = "hang", .limit = SL_MS(200) };
    sl_future *hanging;
    sl_time start;

    check_works(pool); /* there is a worker, to which the job goes at once */
    start = sl_now();
    hanging = sl_pool_submit_with(pool, &request);
    CHECK_EQ(sl_sleep(SL_MS(20)), 0);
    sl_loop_current()->awake.lost += SL_MS(150);
    CHECK_EQ(sl_future_wait(hanging), SL_ETIMEDOUT);
    CHECK(sl_now() - start >= SL_MS(350));
    sl_future_drop(hanging);
    return 0;
}

TEST(a_limit_does_not_count_time_in_which_the_process_stood_still)
{
    with_pool(1, lose_time_during_a_job);
}

static int answer_in_time(sl_pool *pool)
{
    sl_job_request request = { .job = "nothing", .limit = SL_S(1) };
    int before = worker_pid(pool);

    CHECK_EQ(sl_pool_run(pool, &request), 0);
    CHECK_EQ(sl_sleep(SL_MS(1100)), 0);
    CHECK_EQ(worker_pid(pool), before);
    return 0;
}

TEST(a_limit_ends_with_its_job)
{
    with_pool(1, answer_in_time);
}

/* Two kinds of jobs, some of which kill their worker: the answers of the
 * others are what they should be. */
static int mix(sl_pool *pool)
{
    enum { N = 200 };
    int in[N], out[N], rc[N];
    sl_future *futures[N];

    for (int i = 0; i < N; i++) {
        static const char *const kinds[] = { "crash", "exit", "half message" };
        const char *job = i % 20 == 7 ? kinds[i / 20 % 3] : "twice";

        in[i] = i;
        futures[i] = sl_pool_submit_with(
            pool, &(sl_job_request){ .job = job,
                                     .in = &in[i],
                                     .in_size = sizeof in[i],
                                     .out = &out[i],
                                     .out_capacity = sizeof out[i] });
        CHECK(futures[i] != NULL);
    }
    CHECK_EQ(sl_gather(N, futures, rc), 0);
    for (int i = 0; i < N; i++) {
        CHECK_EQ(rc[i], i % 20 == 7 ? SL_EWORKERDIED : (int)sizeof(int));
        if (rc[i] > 0)
            CHECK_EQ(out[i], 2 * i);
        sl_future_drop(futures[i]);
    }
    return 0;
}

TEST(deaths_cost_exactly_their_jobs)
{
    with_pool(4, mix);
}

static int crash_together(sl_pool *pool)
{
    sl_future *futures[4];
    int rc[4];

    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 4; i++)
            futures[i] =
                sl_pool_submit_with(pool, &(sl_job_request){ .job = "crash" });
        CHECK_EQ(sl_gather(4, futures, rc), 0);
        for (int i = 0; i < 4; i++) {
            CHECK_EQ(rc[i], SL_EWORKERDIED);
            sl_future_drop(futures[i]);
        }
        check_works(pool);
    }
    return 0;
}

TEST(all_workers_may_die_at_once)
{
    with_pool(4, crash_together);
}

/* Ten thousand jobs, of which a tenth ends with the death of a worker: a random
 * one, whatever it is doing. Whoever does the jobs also kills, so that neither
 * can run away from the other on a slow machine. */
enum {
    STORM_JOBS = SL__SANITIZED ? 1000 : 10000,
    JOBS_A_KILL = 10,
    STORM_RUNNERS = 6,
};

typedef struct storm {
    sl_pool *pool;
    int next, kills, retries;
    uint64_t chance;
    bool is_calm;
    uint32_t answers[STORM_JOBS];
} storm;

static int living_workers(int pids[], int most)
{
    char path[64];
    int helper = helper_pid(), count = 0;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/task/%d/children", helper, helper);
    file = fopen(path, "re");
    while (file != NULL && count < most &&
           fscanf(file, "%d", &pids[count]) == 1)
        count += is_alive(pids[count]);
    if (file != NULL)
        fclose(file);
    return count;
}

static bool kill_one(storm *storm)
{
    int pids[16], count = living_workers(pids, 16);

    if (count == 0)
        return false;
    storm->chance = storm->chance * 6364136223846793005u + 1442695040888963407u;
    return kill(pids[(storm->chance >> 33) % (unsigned)count], SIGKILL) == 0;
}

static int do_jobs(void *arg)
{
    storm *storm = arg;

    while (storm->next < STORM_JOBS) {
        int n = storm->next++, rc;
        sl_job_request request = { .job = "mix",
                                   .in = &n,
                                   .in_size = sizeof n,
                                   .out = &storm->answers[n],
                                   .out_capacity = sizeof(uint32_t) };

        while ((rc = sl_pool_run(storm->pool, &request)) == SL_EWORKERDIED)
            storm->retries++;
        CHECK_EQ(rc, sizeof(uint32_t));
        if (storm->is_calm || n % JOBS_A_KILL != 0)
            continue;
        while (!kill_one(storm)) /* until the test's limit */
            CHECK_EQ(sl_sleep(SL_MS(1)), 0);
        storm->kills++;
    }
    return 0;
}

/* A digest of all answers, in order. */
static uint64_t weather(storm *storm)
{
    uint64_t digest = 14695981039346656037u;
    sl_group group;

    sl_group_open(&group);
    for (int i = 0; i < STORM_RUNNERS; i++)
        CHECK(sl_group_spawn(&group, do_jobs, storm) != NULL);
    CHECK_EQ(sl_group_close(&group), 0);
    for (int i = 0; i < STORM_JOBS; i++)
        digest = (digest ^ storm->answers[i]) * 1099511628211u;
    return digest;
}

static int weather_both(sl_pool *pool)
{
    static storm calm, wild;

    calm = (storm){ .pool = pool, .is_calm = true };
    wild = (storm){ .pool = pool, .chance = 1 };
    CHECK_EQ(weather(&wild), weather(&calm));
    CHECK_EQ(wild.kills, STORM_JOBS / JOBS_A_KILL);
    CHECK(wild.retries <= wild.kills);
    CHECK_EQ(calm.retries, 0);
    return 0;
}

TEST_LIMIT(a_thousand_kills_cost_at_most_a_thousand_jobs_and_change_no_answer,
           120)
{
    with_pool(3, weather_both);
}

static int kill_helper(sl_pool *pool)
{
    int worker = worker_pid(pool);
    sl_future *future = submit_endless(pool);

    CHECK_EQ(kill(helper_pid(), SIGKILL), 0);
    CHECK_EQ(sl_future_wait(future), SL_EWORKERDIED);
    CHECK_STR(sl_pool_error(future), "helper-died");
    sl_future_drop(future);
    check_works(pool);
    while (kill(worker, 0) == 0) /* until the test's limit */
        CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    return 0;
}

TEST(a_dead_helper_is_replaced_and_fails_only_running_jobs)
{
    /* Orphaned workers then become our children, as they do where a program
     * is the first process of its container. They must not stay zombies. */
    CHECK_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
    with_pool(2, kill_helper);
}

static int kill_helpers(sl_pool *pool)
{
    for (int i = 0; i < 6; i++) {
        sl_future *future;

        check_works(pool);
        future = submit_endless(pool);
        CHECK_EQ(kill(helper_pid(), SIGKILL), 0);
        CHECK_EQ(sl_future_wait(future), SL_EWORKERDIED);
        sl_future_drop(future);
    }
    check_works(pool);
    return 0;
}

TEST(helpers_may_die_as_long_as_workers_answer)
{
    with_pool(1, kill_helpers);
}

static int kill_helpers_without_answers(sl_pool *pool)
{
    check_works(pool);
    for (int i = 0; i < 3; i++) {
        int helper = helper_pid();

        CHECK(helper > 0);
        CHECK_EQ(kill(helper, SIGKILL), 0);
        while (helper_pid() == helper)
            CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    }
    CHECK_EQ(run(pool, "nothing"), SL_EBROKEN);
    CHECK(strstr(sl_errmsg(), "the helper died 3 times") != NULL);
    return 0;
}

TEST(helpers_that_die_without_answers_break_the_pool)
{
    with_pool(1, kill_helpers_without_answers);
}

static int crash_on(sl_pool *pool)
{
    sl_time start = sl_now();
    int rc = 0;

    for (int i = 0; i < 10; i++)
        CHECK_EQ(run(pool, "crash"), SL_EWORKERDIED);
    if (sl_now() - start > SL_S(9))
        test_skip("too slow a machine for ten deaths in ten seconds");
    rc = run(pool, "twice");
    CHECK_EQ(rc, SL_EBROKEN);
    CHECK(strstr(sl_errmsg(), "broken: 10 workers died within 10 s") != NULL);
    CHECK(strstr(sl_errmsg(), "crashed:SIGSEGV") != NULL);
    return 0;
}

TEST(ten_deaths_without_an_answer_break_the_pool)
{
    with_pool(1, crash_on);
}

static int hang_and_say_so(sl_pool *pool)
{
    sl_future *future =
        sl_pool_submit_with(pool, &(sl_job_request){ .job = "hang" });

    check_works(pool);
    CHECK_EQ(write(STDOUT_FILENO, "ready", 5), 5);
    return sl_future_wait(future);
}

TEST(a_killed_parent_leaves_nothing)
{
    sl_process_pool_options options = { .program = WORKER_PROGRAM,
                                        .workers = 3 };
    int pipe_fds[2];
    char line[16];
    pid_t parent;

    /* Orphans become our children, so that none can hide. */
    CHECK_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
    CHECK_EQ(pipe(pipe_fds), 0);
    parent = fork();
    if (parent == 0) {
        dup2(pipe_fds[1], STDOUT_FILENO);
        with_options(&options, hang_and_say_so);
        _exit(1);
    }
    close(pipe_fds[1]);
    CHECK_EQ(read(pipe_fds[0], line, sizeof line), 5);
    kill(parent, SIGKILL);
    while (waitpid(-1, NULL, 0) > 0) { /* until the test's limit */
    }
    CHECK_EQ(errno, ECHILD);
}
