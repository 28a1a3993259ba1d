/* Each mode is what its name says. Where several pictures are to be under way
 * at once, they wait for each other: were they not, the test would not end. */
#include "compare/race.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include <starling/clock.h>
#include <starling/error.h>
#include <starling/event.h>
#include <starling/thread.h>

#include "support/test.h"

enum { PICTURES = 24, DOWNLOADS = 8 };

/* A course without pictures that watches who is where. */
typedef struct watch {
    int meet_fetching, meet_working; /* so many are to be there at once */
    int fail_at;                     /* picture whose fetching fails; -1 */
    atomic_int fetching, working, most_fetching, most_working;
    atomic_int done[PICTURES], released, lanes, on_main;
    pthread_t main;
} watch;

static void raise_to(atomic_int *most, int value)
{
    int seen = atomic_load(most);

    while (value > seen && !atomic_compare_exchange_weak(most, &seen, value))
        continue;
}

/* Stay until `count` have been there together. */
static int meet(atomic_int *most, int count, bool blocks)
{
    static const struct timespec moment = { 0, 1000000 };
    int rc = 0;

    while (rc == 0 && atomic_load(most) < count) {
        if (blocks)
            nanosleep(&moment, NULL);
        else
            rc = sl_sleep(SL_MS(1));
    }
    return rc;
}

static int open_lane(void *context, void **lane)
{
    watch *watch = context;

    atomic_fetch_add(&watch->lanes, 1);
    if (pthread_equal(pthread_self(), watch->main))
        atomic_fetch_add(&watch->on_main, 1);
    *lane = watch;
    return 0;
}

static void close_lane(void *lane)
{
    (void)lane;
}

static int fetch(void *context, race_item *item)
{
    watch *watch = context;
    int rc;

    if (item->number == watch->fail_at)
        return -EIO;
    raise_to(&watch->most_fetching, atomic_fetch_add(&watch->fetching, 1) + 1);
    rc = meet(&watch->most_fetching, watch->meet_fetching, false);
    atomic_fetch_sub(&watch->fetching, 1);
    return rc;
}

static int work(void *context, race_item *item)
{
    watch *watch = context;
    int rc;

    raise_to(&watch->most_working, atomic_fetch_add(&watch->working, 1) + 1);
    rc = meet(&watch->most_working, watch->meet_working, item->desk != NULL);
    atomic_fetch_sub(&watch->working, 1);
    atomic_fetch_add(&watch->done[item->number], 1);
    return rc;
}

static void release(void *context, race_item *item)
{
    watch *watch = context;

    (void)item;
    atomic_fetch_add(&watch->released, 1);
}

typedef struct outcome {
    watch watch;
    contest_span spans[PICTURES];
    enum contest_mode mode;
    int workers, rc;
} outcome;

static int run(void *arg)
{
    outcome *out = arg;
    race_course course = { &out->watch, open_lane, close_lane,
                           fetch,       work,      release };
    contest contest = { .pictures = PICTURES, .downloads = DOWNLOADS };
    contestant contestant = { .mode = out->mode, .workers = out->workers };
    double wall_s;

    out->watch.main = pthread_self();
    out->rc =
        race_run(&course, &contest, &contestant, NULL, out->spans, &wall_s);
    return 0;
}

static void race(outcome *out, enum contest_mode mode, int workers)
{
    out->mode = mode;
    out->workers = workers;
    CHECK_EQ(sl_run(run, out), 0);
}

static void check_all_done(const outcome *out)
{
    CHECK_EQ(out->rc, 0);
    for (int i = 0; i < PICTURES; i++)
        CHECK_EQ(out->watch.done[i], 1);
    CHECK_EQ(out->watch.released, PICTURES);
}

TEST(sequential_does_one_thing_at_a_time)
{
    outcome out = { .watch = { .fail_at = -1 } };

    race(&out, CONTEST_SEQUENTIAL, 1);
    check_all_done(&out);
    CHECK_EQ(out.watch.lanes, 1);
    CHECK_EQ(out.watch.most_fetching, 1);
    CHECK_EQ(out.watch.most_working, 1);
    for (int i = 0; i < PICTURES; i++) {
        CHECK(out.spans[i].got <= out.spans[i].begun);
        CHECK(i == 0 || out.spans[i].asked >= out.spans[i - 1].ended);
    }
}

static void check_threads(enum contest_mode mode)
{
    outcome out = {
        .watch = { .fail_at = -1, .meet_fetching = 3, .meet_working = 3 }
    };

    race(&out, mode, 3);
    check_all_done(&out);
    CHECK_EQ(out.watch.lanes, 3);
    CHECK_EQ(out.watch.on_main, 0);
    CHECK_EQ(out.watch.most_fetching, 3);
    CHECK_EQ(out.watch.most_working, 3);
}

TEST(threads_each_have_one_picture_under_way)
{
    check_threads(CONTEST_THREADS);
}

TEST(processes_each_have_one_picture_under_way)
{
    check_threads(CONTEST_PROCESSES);
}

TEST(async_only_fetches_together_and_stands_still_while_it_works)
{
    outcome out = { .watch = { .fail_at = -1, .meet_fetching = DOWNLOADS } };

    race(&out, CONTEST_ASYNC, 1);
    check_all_done(&out);
    CHECK_EQ(out.watch.lanes, 1);
    CHECK_EQ(out.watch.on_main, 0);
    CHECK_EQ(out.watch.most_fetching, DOWNLOADS);
    CHECK_EQ(out.watch.most_working, 1);
}

TEST(the_hybrid_fetches_together_while_workers_work)
{
    outcome out = { .watch = { .fail_at = -1,
                               .meet_fetching = DOWNLOADS,
                               .meet_working = 2 } };

    race(&out, CONTEST_HYBRID, 2);
    check_all_done(&out);
    CHECK_EQ(out.watch.on_main, 1);
    CHECK_EQ(out.watch.most_fetching, DOWNLOADS);
    CHECK_EQ(out.watch.most_working, 2);
}

TEST(a_failure_ends_a_round_of_every_mode)
{
    for (int mode = 0; mode < CONTEST_MODES; mode++) {
        outcome out = { .watch = { .fail_at = 5 } };

        race(&out, (enum contest_mode)mode, 2);
        CHECK_EQ(out.rc, -EIO);
        CHECK_EQ(out.watch.done[5], 0);
    }
}

/* The desk. */

static int twice(const void *in, size_t in_size, void *out, size_t room)
{
    (void)in_size;
    (void)room;
    *(int *)out = 2 * *(const int *)in;
    return sizeof(int);
}

static int fails(const void *in, size_t in_size, void *out, size_t room)
{
    (void)in;
    (void)in_size;
    (void)out;
    (void)room;
    return -EDOM;
}

typedef struct visit {
    desk desk;
    sl_job *job;
    int answer, rc;
} visit;

static int go_to_desk(void *arg)
{
    visit *visit = arg;
    int n = 21;
    char word[DESK_WORD_MAX];

    visit->rc = desk_run(&visit->desk,
                         &(sl_job_request){ .function = visit->job,
                                            .in = &n,
                                            .in_size = sizeof n,
                                            .out = &visit->answer,
                                            .out_capacity = sizeof n },
                         word);
    return 0;
}

static int send_to_desk(void *arg)
{
    visit *visit = arg;
    sl_crew *crew = sl_crew_new(1, "visitor");
    int rc;

    visit->desk = (desk){ sl_loop_current(), sl_thread_pool_new(1) };
    rc = sl_crew_call(crew, go_to_desk, visit);
    sl_crew_free(crew);
    return rc < 0 ? rc : sl_pool_close(visit->desk.pool);
}

TEST(a_desk_has_a_job_done_for_another_thread)
{
    visit visit = { .job = twice };

    CHECK_EQ(sl_run(send_to_desk, &visit), 0);
    CHECK_EQ(visit.rc, (int)sizeof(int));
    CHECK_EQ(visit.answer, 42);
}

TEST(a_desk_hands_back_a_failure)
{
    visit visit = { .job = fails };

    CHECK_EQ(sl_run(send_to_desk, &visit), 0);
    CHECK_EQ(visit.rc, -EDOM);
}
