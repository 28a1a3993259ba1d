/* Five ways through the same pictures, told apart by five lines of a table.
 *
 *                lanes  under way in each   while a picture is worked on
 *   sequential     1          1             the lane stands still
 *   threads        n          1             the lane stands still
 *   processes      n          1             the lane stands still
 *   async only     1        many            the lane stands still
 *   hybrid         1        many            others are fetched
 *
 * A lane that may stand still is a thread with a loop of its own: what waits
 * there waits as in a program that calls a function and gets no further. With
 * one picture at a time its downloads are blocking calls; with many it is an
 * asyncio program that computes between two awaits. Threads and processes
 * differ in where the workers are. The lane of the hybrid is the loop that the
 * pool belongs to, as in the rest of the tool.
 */
#include "compare/race.h"

#include <errno.h>

#include <starling/error.h>
#include <starling/group.h>
#include <starling/semaphore.h>
#include <starling/thread.h>

typedef struct race {
    const race_course *course;
    const contest_shape *shape;
    int pictures, downloads;
    desk desk;
    sl_crew *crew;
    contest_span *spans;
    sl_time start;
    atomic_int next;      /* picture that nobody has taken */
    atomic_int error;     /* the first one; others stop */
    sl_semaphore workers; /* that are free; the hybrid's only */
} race;

static sl_time since_start(const race *race)
{
    return sl_now() - race->start;
}

/* A picture is at most once at the pool, so when a worker is free it begins. */
static int work(race *race, race_item *item, contest_span *span)
{
    int rc = 0;

    if (item->desk == NULL)
        rc = sl_semaphore_acquire(&race->workers);
    if (rc < 0)
        return rc;
    span->begun = since_start(race);
    rc = race->course->work(race->course->context, item);
    span->ended = since_start(race);
    if (item->desk == NULL)
        sl_semaphore_release(&race->workers);
    return rc;
}

static int go_through(race *race, race_item *item)
{
    contest_span *span = &race->spans[item->number];
    int rc;

    span->asked = since_start(race);
    rc = race->course->fetch(race->course->context, item);
    span->got = since_start(race);
    if (rc == 0)
        rc = work(race, item, span);
    race->course->release(race->course->context, item);
    return rc;
}

struct take_pictures_args {
    race *race;
    void *lane;
};

/* One of those that a lane has under way. */
static int take_pictures(void *arg)
{
    struct take_pictures_args *a = arg;
    race *race = a->race;
    int number, none = 0, rc = 0;

    while (rc == 0 && atomic_load(&race->error) == 0 &&
           (number = atomic_fetch_add(&race->next, 1)) < race->pictures) {
        race_item item = { .number = number,
                           .desk = race->shape->blocks ? &race->desk : NULL,
                           .pool = race->desk.pool,
                           .lane = a->lane };

        rc = go_through(race, &item);
    }
    if (rc < 0)
        atomic_compare_exchange_strong(&race->error, &none, rc);
    return rc;
}

static int run_lane(void *arg)
{
    race *race = arg;
    int under_way = race->shape->many_downloads ? race->downloads : 1;
    sl_group group;
    void *lane;
    int rc = race->course->open_lane(race->course->context, &lane);

    if (rc < 0)
        return rc;
    sl_group_open(&group);
    for (int i = 0; i < under_way; i++)
        sl_go(&group, take_pictures, .race = race, .lane = lane);
    rc = sl_group_close(&group);
    race->course->close_lane(lane);
    return rc;
}

/* On a thread of the crew. */
static int run_loop(void *arg)
{
    return sl_run(run_lane, arg);
}

static int call_thread(void *arg)
{
    race *race = arg;

    return sl_crew_call(race->crew, run_loop, race);
}

static int run_threads(race *race, int lanes)
{
    sl_group group;
    int rc;

    race->crew = sl_crew_new(lanes, "lane");
    if (race->crew == NULL)
        return -ENOMEM;
    sl_group_open(&group);
    for (int i = 0; i < lanes; i++)
        sl_group_spawn(&group, call_thread, race);
    rc = sl_group_close(&group);
    sl_crew_free(race->crew);
    return rc;
}

int race_run(const race_course *course, const contest *contest,
             const contestant *contestant, sl_pool *pool, contest_span *spans,
             double *wall_s)
{
    const contest_shape *shape = &contest_shapes[contestant->mode];
    race race = { .course = course,
                  .shape = shape,
                  .pictures = contest->pictures,
                  .downloads = contest->downloads,
                  .desk = { sl_loop_current(), pool },
                  .spans = spans,
                  .start = sl_now(),
                  .workers = SL_SEMAPHORE_INIT(contestant->workers) };
    int rc;

    if (shape->blocks)
        rc = run_threads(&race, shape->many_lanes ? contestant->workers : 1);
    else
        rc = run_lane(&race);
    *wall_s = (double)since_start(&race) / 1e9;
    return rc;
}
