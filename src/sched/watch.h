/* watch.h: what is done at a switch for the few tasks that somebody watches:
 * those whose stack ends in a canary, all in debug mode, all with hooks. */
#ifndef SL_SCHED_WATCH_H
#define SL_SCHED_WATCH_H

#include "sched/loop.h"

/* `task` is about to be switched away from; `next` (NULL: the loop) runs. */
void sl__watch_leave(sl_loop *loop, sl_task *task, const sl_task *next);
/* A switch to `next` (NULL: the loop) comes; debug mode is on. */
void sl__watch_arrive(sl_loop *loop, const sl_task *next);
/* The task has ended. */
void sl__watch_end(sl_loop *loop, sl_task *task);

void sl__hook_spawned(sl_task *task);
void sl__hook_started(sl_task *task);
void sl__hook_ended(sl_task *task);

#endif
