/* Every call is made, in order, whatever happens to the task that waits. */
#include "support/test.h"

#include <pthread.h>
#include <starling/error.h>
#include <starling/group.h>
#include <starling/loop.h>
#include <starling/scope.h>

#include "run/visits.h"

enum { CALLS = 40 };

typedef struct world {
    visits visits;
    pthread_barrier_t meeting;
    int made; /* by the crew's threads, one after another */
    int results[CALLS];
} world;

/* The number of calls made so far. */
static int count(void *arg)
{
    world *w = arg;

    return ++w->made;
}

/* Over when another thread is in here as well. */
static int meet(void *arg)
{
    world *w = arg;

    pthread_barrier_wait(&w->meeting);
    return 7;
}

struct call_args {
    world *world;
    sl_fn *fn;
    int *result;
};

static int call(void *arg)
{
    struct call_args *a = arg;

    *a->result = visits_call(&a->world->visits, a->fn, a->world);
    return 0;
}

static void call_from_tasks(world *w, sl_fn *fn, int tasks, bool cancelled)
{
    sl_group group;

    sl_group_open(&group);
    for (int i = 0; i < tasks; i++)
        sl_go(&group, call, .world = w, .fn = fn, .result = &w->results[i]);
    if (cancelled)
        sl_group_cancel(&group);
    CHECK_EQ(sl_group_close(&group), 0); /* nobody's call was cancelled */
}

static int in_order(void *arg)
{
    world w = { 0 };
    sl_crew *crew = sl_crew_new(1, "test");

    (void)arg;
    for (int most = 1; most <= CALLS; most *= 3) {
        w.made = 0;
        visits_init(&w.visits, crew, 1, most);
        call_from_tasks(&w, count, CALLS, false);
        for (int i = 0; i < CALLS; i++)
            CHECK_EQ(w.results[i], i + 1);
    }
    sl_crew_free(crew);
    return 0;
}

TEST(calls_are_made_in_order_however_many_fit_into_a_visit)
{
    CHECK_EQ(sl_run(in_order, NULL), 0);
}

static int side_by_side(void *arg)
{
    world w = { 0 };
    sl_crew *crew = sl_crew_new(2, "test");

    (void)arg;
    pthread_barrier_init(&w.meeting, NULL, 2);
    visits_init(&w.visits, crew, 2, 1);
    call_from_tasks(&w, meet, CALLS, false);
    for (int i = 0; i < CALLS; i++)
        CHECK_EQ(w.results[i], 7);
    sl_crew_free(crew);
    pthread_barrier_destroy(&w.meeting);
    return 0;
}

TEST(as_many_visits_as_there_are_threads_are_under_way)
{
    CHECK_EQ(sl_run(side_by_side, NULL), 0);
}

static int although_cancelled(void *arg)
{
    world w = { 0 };
    sl_crew *crew = sl_crew_new(1, "test");
    sl_scope scope;

    (void)arg;
    visits_init(&w.visits, crew, 1, 3);
    call_from_tasks(&w, count, CALLS, true);
    CHECK_EQ(w.visits.under_way, 0);
    w.made = 0;
    sl_timeout_open(&scope, SL_FOREVER);
    sl_scope_cancel(&scope, "before the call");
    CHECK_EQ(visits_call(&w.visits, count, &w), 1);
    CHECK_EQ(sl_scope_close(&scope, 0), 0);
    sl_crew_free(crew);
    return 0;
}

TEST(a_request_to_stop_does_not_reach_a_call)
{
    CHECK_EQ(sl_run(although_cancelled, NULL), 0);
}
