/* waits.h: what every waiting function promises besides its work: a request to
 * stop ends the wait, and one that is in force already prevents it. */
#ifndef TEST_SUPPORT_WAITS_H
#define TEST_SUPPORT_WAITS_H

#include <starling/clock.h>
#include <starling/error.h>
#include <starling/group.h>

#include "support/tasks.h"

/* What wait(arg) returns to a task that is cancelled once it waits. */
static inline int cancel_while_waiting(sl_fn *wait, void *arg)
{
    sl_group group;
    sl_task *task;
    int rc;

    sl_group_open(&group);
    task = sl_group_spawn(&group, wait, arg);
    CHECK_EQ(sl_sleep(SL_MS(1)), 0);
    CHECK(!sl_task_is_done(task));
    sl_task_cancel(task, NULL);
    rc = sl_task_join(task);
    CHECK_EQ(sl_group_close(&group), 0);
    return rc;
}

/* What wait(arg) returns in a scope that was cancelled before. */
static inline int cancel_before_waiting(sl_fn *wait, void *arg)
{
    sl_scope scope;
    int rc;

    sl_timeout_open(&scope, SL_FOREVER);
    sl_scope_cancel(&scope, NULL);
    rc = wait(arg);
    CHECK_EQ(sl_scope_close(&scope, 0), 0);
    return rc;
}

/* A record of what happened, in order. */
typedef struct record {
    char text[64];
    int length;
} record;

static inline void note(record *record, char c)
{
    CHECK(record->length < (int)sizeof record->text - 1);
    record->text[record->length++] = c;
    record->text[record->length] = '\0';
}

#endif
