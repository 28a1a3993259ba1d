/* poll.h: how a loop waits when nothing can run. */
#ifndef SL_SCHED_POLL_H
#define SL_SCHED_POLL_H

#include "sched/loop.h"

/* Until something has happened or the next deadline has come. */
void sl__poll_blocking(sl_loop *loop);

/* Until something has happened; deadlines are not looked at. */
void sl__poll_until_event(sl_loop *loop);

#endif
