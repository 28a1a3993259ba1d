/* debug.h: debug mode from the inside. Every function here is cheap to skip:
 * callers ask loop->debug or task->is_watched first. */
#ifndef SL_SCHED_DEBUG_H
#define SL_SCHED_DEBUG_H

#include "sched/loop.h"

/* Turn it on if the environment says so. */
void sl__debug_from_environment(sl_loop *loop);
void sl__debug_close(sl_loop *loop);

/* The native stack is about to run `task`, or tasks have handed over to it. */
void sl__debug_step(sl_loop *loop, const sl_task *task);
/* The native stack is about to run a callback. */
void sl__debug_callback(sl_loop *loop);
/* The loop polls: neither runs. */
void sl__debug_rest(sl_loop *loop);

/* A wait of a cancelled task was refused. */
void sl__debug_refused(sl_task *task);
/* A handle is no longer valid. Returns a record that may be used again in place
 * of that one, or NULL. */
sl_task *sl__debug_retire(sl_task *task);
/* A task has ended; its stack is still there. */
void sl__debug_ended(sl_task *task);
/* A group has one task more. */
void sl__debug_spawned(const sl_group *group);
/* A group is closed, or was left to its guard. */
void sl__debug_group(const sl_group *group, bool by_guard);

#endif
