/* signal.h: which signals tasks wait for. */
#ifndef SL_IO_SIGNAL_H
#define SL_IO_SIGNAL_H

#include <stdbool.h>

/* Whoever takes care of `signo` counts itself: `more` is 1, later -1. */
void sl__signal_await(int signo, int more);

/* Whether this thread's loop has such a one. */
bool sl__signal_is_awaited(int signo);

#endif
