/* compare_course.h: what `starling compare` races over: real pictures, fetched
 * by the tool's fetcher and worked on by its workers. */
#ifndef TOOL_CMD_COMPARE_COURSE_H
#define TOOL_CMD_COMPARE_COURSE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/options.h"
#include "run/operations.h"
#include "compare/race.h"

enum { COURSE_FAILURE_MAX = 512 };

typedef struct course_picture {
    char *url, *name; /* to fetch; to show */
    /* from the trial on */
    uint64_t size, digest; /* of the file; of all that a worker made of it */
    char *problem;         /* why it is left out; NULL: it is good */
} course_picture;

typedef struct course {
    const struct options *options;
    operations operations;
    bool is_local; /* served by us */
    bool is_trial; /* learn what each picture gives, instead of checking it */
    bool has_rare; /* one is of a format that only some workers read */
    int count;
    course_picture *pictures;
    struct parcel *sample; /* a picture to warm workers with */
    _Atomic uint64_t held; /* bytes of pictures and results under way */
    pthread_mutex_t lock;  /* of the next two */
    int status;            /* exit status of the first failure */
    char failure[COURSE_FAILURE_MAX]; /* the first one, in words */
} course;

/* How many pictures a stranger's server is asked for at once. */
int course_per_host(const struct options *options);

/* For race_run(). */
race_course course_race(course *course);

/* Get the picture that workers are warmed with. */
SL_WAITS int course_prepare(course *course);
void course_fini(course *course);

/* Have every worker of a pool do a picture, so that none is cold. */
SL_WAITS int course_warm(course *course, sl_pool *pool, int workers);

#endif
