/* signal.h: wait for a signal like for anything else. */
#ifndef STARLING_SIGNAL_H
#define STARLING_SIGNAL_H

#include <starling/api.h>

SL_BEGIN

/* Wait for the next `signo` that arrives during the wait. Meanwhile its default
 * action is off, and sl_main() leaves it alone. Returns `signo`, SL_ECANCELED,
 * -EINVAL or -ENOMEM. */
SL_API SL_WAITS int sl_signal_wait(int signo);

SL_END

#endif
