/* signal.h: wait for a signal like for anything else. */
#ifndef STARLING_SIGNAL_H
#define STARLING_SIGNAL_H

#include <starling/api.h>

SL_BEGIN

/* Wait for the next `signo`. While a task waits for it, the signal's default
 * action and the handling of sl_main() are off; between two waits they are
 * back, so a loop that must not miss one uses sl_signal_open(). */
SL_API SL_WAITS int sl_signal_wait(int signo);

SL_END

#endif
