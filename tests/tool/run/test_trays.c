/* A tray carries one job, whatever became of the one before. */
#include "support/test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <starling/clock.h>
#include <starling/error.h>
#include <starling/group.h>
#include <starling/loop.h>
#include <starling/scope.h>

#include "programs.h"
#include "run/trays.h"
#include "run/workers.h"

typedef struct world {
    sl_pool *pool;
    trays trays;
} world;

/* The tool's own asks twice where a worker died, which is not what is tested
 * here. */
int workers_run(sl_pool *pool, const sl_job_request *request)
{
    return sl_pool_run(pool, request);
}

static int ask(world *w, const char *body, sl_shm *made)
{
    job_request in = { .body_size = strlen(body) + 1 };
    job_answer answer;

    return trays_ask(&w->trays, w->pool, &in, body, 0, &answer, made);
}

static void check_echo(world *w, const char *body)
{
    sl_shm made = { .fd = -1 };

    CHECK_EQ(ask(w, body, &made), sizeof(job_answer));
    CHECK_EQ(made.size, strlen(body) + 1);
    CHECK_STR((const char *)made.data, body);
    sl_shm_close(&made);
}

static int count_spare(const world *w)
{
    /* How a tray begins, which nobody else needs to know. */
    struct link {
        struct link *next;
    };
    int count = 0;

    for (struct link *l = (void *)w->trays.spare; l != NULL; l = l->next)
        count++;
    return count;
}

typedef struct session {
    int (*body)(world *w);
} session;

static int hold_session(void *arg)
{
    const session *session = arg;
    sl_process_pool_options how = { .program = TRAY_WORKER, .workers = 1 };
    world w = { 0 };

    CHECK_EQ(sl_process_pool_open(&how, &w.pool), 0);
    CHECK_EQ(session->body(&w), 0);
    CHECK_EQ(sl_pool_close(w.pool), 0);
    trays_fini(&w.trays);
    return 0;
}

static void with_worker(int (*body)(world *w))
{
    session session = { body };

    CHECK_EQ(sl_run(hold_session, &session), 0);
}

static int one_after_another(world *w)
{
    check_echo(w, "one");
    check_echo(w, "another");
    CHECK_EQ(count_spare(w), 1);
    return 0;
}

TEST(a_tray_brings_a_body_there_and_the_results_back)
{
    with_worker(one_after_another);
}

static int too_much(world *w)
{
    sl_shm made = { .fd = -1 };

    CHECK(!trays_suit(&w->trays, 1 << 30));
    for (int i = 0; trays_suit(&w->trays, 5); i++) {
        CHECK(i < 100);
        CHECK_EQ(ask(w, "much", &made), -ENOSPC);
    }
    CHECK(made.data == NULL);
    CHECK_EQ(count_spare(w), 1);
    return 0;
}

TEST(where_results_are_too_large_trays_are_given_up)
{
    with_worker(too_much);
}

/* A job that never ends, and what its task was told. */
typedef struct endless {
    world *world;
    char path[128];
    int rc;
    bool has_made;
} endless;

static int ask_endlessly(void *arg)
{
    endless *e = arg;
    sl_shm made = { .fd = -1 };
    char body[160];

    snprintf(body, sizeof body, "hang %s", e->path);
    e->rc = ask(e->world, body, &made);
    e->has_made = made.data != NULL;
    return 0;
}

static void check_cancelled(const endless *e)
{
    CHECK_EQ(e->rc, SL_ECANCELED);
    CHECK(!e->has_made);
}

/* One at the worker, one behind it, one that had not begun. */
static int cancel_all(world *w)
{
    endless at_work = { .world = w }, behind = { .world = w, .rc = 1 };
    endless before = { .world = w };
    sl_group group;

    snprintf(at_work.path, sizeof at_work.path, "%s/begun", test_folder());
    snprintf(behind.path, sizeof behind.path, "%s/never", test_folder());
    sl_group_open(&group);
    sl_group_spawn(&group, ask_endlessly, &at_work);
    while (access(at_work.path, F_OK) < 0) /* until the test's limit */
        CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    sl_group_spawn(&group, ask_endlessly, &behind);
    CHECK_EQ(sl_yield(), 0); /* it waits for the worker now */
    CHECK_EQ(behind.rc, 1);
    sl_group_cancel(&group);
    CHECK_EQ(ask_endlessly(&before), 0); /* our own waits are cancelled, too */
    CHECK_EQ(sl_group_close(&group), 0);

    check_cancelled(&at_work);
    check_cancelled(&behind);
    check_cancelled(&before);
    CHECK_EQ(access(behind.path, F_OK), -1);
    CHECK_EQ(count_spare(w), 3);
    for (int i = 0; i < 5; i++) /* a new worker has the same trays */
        check_echo(w, "still there");
    CHECK_EQ(count_spare(w), 3);
    return 0;
}

TEST(a_cancelled_job_leaves_its_tray_to_the_next)
{
    with_worker(cancel_all);
}
