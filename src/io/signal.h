/* signal.h: which signals tasks wait for. */
#ifndef SL_IO_SIGNAL_H
#define SL_IO_SIGNAL_H

#include <stdbool.h>

/* Whoever takes care of `signo` counts itself: `more` is 1, later -1. */
void sl__signal_await(int signo, int more);

/* Whether this thread's loop has such a one. */
bool sl__signal_is_awaited(int signo);

/* Pass on why there is no waiting for `signo`, with words where it is at fault.
 */
int sl__signal_refuse(int signo, int rc);

#endif
