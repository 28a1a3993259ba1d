/* signal.h: which signals tasks wait for. */
#ifndef SL_IO_SIGNAL_H
#define SL_IO_SIGNAL_H

#include <stdbool.h>

/* Whether a task of this thread's loop is in sl_signal_wait() for `signo`. */
bool sl__signal_is_awaited(int signo);

#endif
