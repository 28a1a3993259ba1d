/* race.h: one round of one mode: every picture fetched and worked on. */
#ifndef TOOL_COMPARE_RACE_H
#define TOOL_COMPARE_RACE_H

#include <stdatomic.h>

#include <starling/pool.h>

#include "compare/contest.h"
#include "compare/desk.h"

/* A picture on its way. */
typedef struct race_item {
    int number;
    const desk *desk; /* hand work in here and stand still; NULL: wait for the
                         pool as a task */
    sl_pool *pool;
    void *lane;
    void *body; /* of whoever fetches it, for whoever works on it */
} race_item;

/* What is raced over. The functions run on several threads at once; a negative
 * result ends the round. */
typedef struct race_course {
    void *context;
    /* A lane's own things, on the loop that will use them. */
    int (*open_lane)(void *context, void **lane);
    void (*close_lane)(void *lane);
    int (*fetch)(void *context, race_item *item);
    int (*work)(void *context, race_item *item);
    /* After the two, also if one of them failed. */
    void (*release)(void *context, race_item *item);
} race_course;

/* Go through all pictures as `contestant` does it, with workers that are ready.
 * `spans` has room for all of them. Returns 0 or the first error; *wall_s is
 * the time from the first lane's start to the last lane's end. */
SL_WAITS int race_run(const race_course *course, const contest *contest,
                      const contestant *contestant, sl_pool *pool,
                      contest_span *spans, double *wall_s);

#endif
