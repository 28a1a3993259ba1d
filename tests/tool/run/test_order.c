/* Items begin as their servers let them, each as often as it must and no more,
 * whatever comes in between. */
#include "support/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <starling/error.h>
#include <starling/group.h>
#include <starling/loop.h>

#include "run/order.h"
#include "support/tasks.h"

enum { HOSTS = 5, ITEMS = 400, SINGLE = 4, PER_HOST = 2 };

typedef struct world {
    books books;
    fetcher *fetcher;
    order order;
    unsigned random;
    sl_time delay;
    int downloads;
    int begun[ITEMS + 1], again[ITEMS + 1]; /* by id */
    int64_t latest[HOSTS];                  /* id that began last, first time */
    int at_once[HOSTS];
    int dropped, finished;
    int waits; /* that were told */
    char waited_for[16];
    sl_time waited;
} world;

/* The item as the test sees it. */
typedef struct job {
    world *world;
    fetch_turn *turn;
    fetch_course course;
    int64_t id;
    int host;
    bool needs_turn;
    char name[16];
} job;

static unsigned draw(world *w, unsigned below)
{
    w->random = w->random * 1103515245 + 12345;
    return (w->random >> 16) % below;
}

static void *make(void *arg, const store_item *row)
{
    job *made = calloc(1, sizeof *made);

    CHECK(made != NULL);
    made->world = arg;
    made->id = row->id;
    made->needs_turn = row->host != NULL;
    if (row->host != NULL) {
        made->host = row->host[1] - '0';
        snprintf(made->name, sizeof made->name, "%s", row->host);
    }
    return made;
}

static void drop(void *item)
{
    ((job *)item)->world->dropped++;
    free(item);
}

/* Work for a while, then be done, or want another attempt. */
static int work(void *arg)
{
    job *job = *(struct job **)arg;
    world *w = job->world;

    CHECK_EQ(sl_sleep(SL_MS(draw(w, 20))), 0);
    if (job->needs_turn) {
        fetcher_give_turn(w->fetcher, job->turn);
        w->at_once[job->host]--;
        CHECK_EQ(sl_sleep(SL_MS(draw(w, 3))), 0);
        if (draw(w, 3) == 0 && w->begun[job->id] < 5) {
            w->again[job->id]++;
            job->course.not_before = sl_now() + SL_MS(draw(w, 30));
            CHECK_EQ(order_again(&w->order, job->name, job->id, &job->course),
                     0);
        } else {
            w->finished++;
        }
        order_turn_ended(&w->order);
    }
    free(job);
    return 0;
}

static void check_begin(world *w, job *job)
{
    CHECK_EQ((job->turn != NULL), job->needs_turn);
    w->begun[job->id]++;
    if (!job->needs_turn)
        return;
    CHECK(++w->at_once[job->host] <= (w->downloads == 2 ? 2 : PER_HOST));
    CHECK(job->course.not_before <= sl_now());
    if (w->begun[job->id] > 1)
        return;
    CHECK(w->latest[job->host] < job->id); /* in the order of planning */
    w->latest[job->host] = job->id;
}

static int plan(store *store, void *arg)
{
    world *w = arg;
    enum store_state state;
    int64_t id;
    char url[64];

    for (int i = 0; i < ITEMS; i++) {
        /* The first server has most of them, and all at the beginning. */
        unsigned host = i < ITEMS / 4 ? 0 : draw(w, HOSTS + 1);

        snprintf(url, sizeof url, host < HOSTS ? "http://h%u/%d" : "file%u-%d",
                 host, i);
        if (store_plan(store, &(store_new_item){ .url = url }, &id, &state) < 0)
            return -EIO;
    }
    return 0;
}

static void note_wait(void *arg, const char *host, sl_time length)
{
    world *w = arg;

    w->waits++;
    snprintf(w->waited_for, sizeof w->waited_for, "%s", host);
    w->waited = length;
}

static void open_world(world *w, sl_time patience,
                       int (*plan)(store *store, void *arg))
{
    static const store_identity identity = { "stars", "stars", "", "1" };
    const store_options how = { .sync = FILES_SYNC_OFF, .command_line = "" };
    const fetcher_options fetching = { .downloads = w->downloads,
                                       .per_host =
                                           w->downloads == 2 ? 3 : PER_HOST,
                                       .delay = w->delay,
                                       .on_change = order_changed,
                                       .arg = &w->order };
    store_error error;
    char folder[256];

    snprintf(folder, sizeof folder, "%s/run-%u", test_folder(), w->random);
    CHECK_EQ(books_open(&w->books, store_open, folder, &identity, &how, &error),
             0);
    CHECK_EQ(fetcher_new(&fetching, &w->fetcher), 0);
    order_init(&w->order, &(order_options){ .books = &w->books,
                                            .fetcher = w->fetcher,
                                            .states = STORE_IN(STORE_PLANNED),
                                            .make = make,
                                            .drop = drop,
                                            .patience = patience,
                                            .on_wait = note_wait,
                                            .arg = w });
    CHECK_EQ(books_change(&w->books, plan, w), 0);
    order_complete(&w->order);
}

static void close_world(world *w)
{
    order_fini(&w->order);
    fetcher_free(w->fetcher);
    books_close(&w->books);
}

static int begin_all(world *w, sl_group *jobs)
{
    order_item next;
    int rc;

    while ((rc = order_next(&w->order, &next)) > 0) {
        job *job = next.item;

        job->turn = next.turn;
        job->course = next.course;
        check_begin(w, job);
        sl_group_spawn_copy(jobs, work, &job, sizeof job);
    }
    return rc;
}

static int one_run(void *arg)
{
    unsigned seed = *(unsigned *)arg;
    world w = { .random = seed,
                .delay = SL_MS(seed % 3 * 4),
                .downloads = 2 + (int)seed % 4 };
    sl_group jobs;

    open_world(&w, SL_S(60), plan);
    sl_group_open(&jobs);
    CHECK_EQ(begin_all(&w, &jobs), 0);
    CHECK_EQ(sl_group_close(&jobs), 0);
    for (int id = 1; id <= ITEMS; id++)
        CHECK_EQ(w.begun[id], 1 + w.again[id]);
    CHECK(w.dropped < ITEMS / 8); /* a few each time a line opens */
    close_world(&w);
    return 0;
}

TEST_LIMIT(order_loses_no_item_and_begins_none_too_often, 60)
{
    for (unsigned seed = 1; seed <= 12; seed++) {
        CHECK_EQ(run_in_virtual_time(one_run, &seed, NULL), 0);
    }
}

static int stop_later(void *arg)
{
    world *w = arg;

    CHECK_EQ(sl_sleep(SL_MS(100)), 0);
    order_stop(&w->order);
    return 0;
}

static int stopped(void *arg)
{
    world w = { .random = 1, .downloads = 6 };
    sl_group jobs;
    int begun = 0;

    (void)arg;
    open_world(&w, SL_S(60), plan);
    sl_group_open(&jobs);
    sl_group_spawn(&jobs, stop_later, &w);
    CHECK_EQ(begin_all(&w, &jobs), 0);
    CHECK_EQ(sl_group_close(&jobs), 0);
    for (int id = 1; id <= ITEMS; id++)
        begun += w.begun[id] > 0;
    CHECK(begun > 0 && begun < ITEMS);
    close_world(&w);
    return 0;
}

TEST(order_hands_out_nothing_once_it_was_stopped)
{
    CHECK_EQ(run_in_virtual_time(stopped, NULL, NULL), 0);
}

static int plan_four(store *store, void *arg)
{
    enum store_state state;
    int64_t id;
    char url[64];

    (void)arg;
    for (int i = 0; i < SINGLE; i++) {
        snprintf(url, sizeof url, "http://h0/%d", i);
        CHECK_EQ(
            store_plan(store, &(store_new_item){ .url = url }, &id, &state), 0);
    }
    return 0;
}

/* An item's attempt is over in a moment. */
struct end_soon_args {
    job *job;
    bool again;
    sl_time after;
};

static int end_soon(void *arg)
{
    struct end_soon_args *a = arg;
    job *job = a->job;
    world *w = job->world;

    CHECK_EQ(sl_sleep(a->after), 0);
    if (a->again)
        CHECK_EQ(order_again(&w->order, job->name, job->id, &job->course), 0);
    fetcher_give_turn(w->fetcher, job->turn);
    order_turn_ended(&w->order);
    free(job);
    return 0;
}

static job *next_job(world *w)
{
    order_item next = { 0 };
    job *job;

    CHECK_EQ(order_next(&w->order, &next), 1);
    job = next.item;
    job->turn = next.turn;
    return job;
}

/* The third item is found while all slots are taken; before it gets one, the
 * others open a line for their server, and the first makes it busy. */
static int four(void *arg)
{
    static const int then[] = { 1, 3, 4, 2 };
    world w = { .random = 3, .delay = SL_S(1), .downloads = 2 };
    order_item none;
    sl_group ends;
    job *job;

    (void)arg;
    open_world(&w, SL_S(60), plan_four);
    sl_group_open(&ends);
    for (int i = 0; i < 2; i++) {
        job = next_job(&w);
        job->course.not_before = sl_now() + SL_S(9 * i);
        sl_go(&ends, end_soon, .job = job, .after = SL_MS(2500 - 1000 * i),
              .again = true);
        CHECK_EQ(sl_sleep(SL_S(1)), 0);
    }
    for (int i = 0; i < 4; i++) {
        job = next_job(&w);
        CHECK_EQ(job->id, then[i]);
        sl_go(&ends, end_soon, .job = job, .after = SL_MS(10));
    }
    CHECK_EQ(order_next(&w.order, &none), 0);
    CHECK_EQ(sl_group_close(&ends), 0);
    close_world(&w);
    return 0;
}

TEST(order_keeps_an_item_whose_server_becomes_busy_before_it_begins)
{
    CHECK_EQ(run_in_virtual_time(four, NULL, NULL), 0);
}

/* What is left wants more time than there is patience for. */
static int impatient(void *arg)
{
    world w = { .random = 4, .delay = SL_S(50), .downloads = 1 };
    order_item none;
    sl_time length;
    sl_group ends;

    (void)arg;
    open_world(&w, SL_S(20), plan_four);
    sl_group_open(&ends);
    sl_go(&ends, end_soon, .job = next_job(&w));
    CHECK_EQ(order_next(&w.order, &none), -EAGAIN);
    CHECK_STR(order_last(&w.order, &length), "h0");
    CHECK(length > SL_S(49) && length <= SL_S(50));
    CHECK_EQ(sl_group_close(&ends), 0);
    close_world(&w);
    return 0;
}

TEST(order_gives_up_when_all_that_is_left_wants_too_much_time)
{
    CHECK_EQ(run_in_virtual_time(impatient, NULL, NULL), 0);
}

/* ... and waits if it is not too much, and says so once. */
static int patient(void *arg)
{
    world w = { .random = 5, .delay = SL_S(50), .downloads = 1 };
    order_item none;
    sl_group ends;
    job *job;

    (void)arg;
    open_world(&w, SL_S(60), plan_four);
    sl_group_open(&ends);
    for (int id = 1; id <= SINGLE; id++) {
        job = next_job(&w);
        CHECK_EQ(job->id, id);
        sl_go(&ends, end_soon, .job = job, .after = SL_MS(10));
    }
    CHECK_EQ(order_next(&w.order, &none), 0);
    CHECK_EQ(w.waits, 1);
    CHECK_STR(w.waited_for, "h0");
    CHECK(w.waited > SL_S(49) && w.waited <= SL_S(50));
    CHECK_EQ(sl_group_close(&ends), 0);
    close_world(&w);
    return 0;
}

TEST(order_waits_for_what_is_left_and_says_so_once)
{
    CHECK_EQ(run_in_virtual_time(patient, NULL, NULL), 0);
}
