/* signal.h: wait for a signal like for anything else. */
#ifndef STARLING_SIGNAL_H
#define STARLING_SIGNAL_H

#include <starling/api.h>

SL_BEGIN

/* Wait for the next `signo` that arrives during the wait. Meanwhile its default
 * action is off, and sl_main() leaves it alone. Returns `signo`, SL_ECANCELED,
 * -EINVAL or -ENOMEM. */
SL_API SL_WAITS int sl_signal_wait(int signo);

/* To miss none between two waits: a queue of what arrives from the opening to
 * the close, while which default actions are off, too. (Of several equal
 * signals sent at the same moment the kernel may deliver one.) */
typedef struct sl_signal sl_signal;

/* Queue the `count` signals in `signos`. Returns 0, -EINVAL or -ENOMEM. */
SL_API int sl_signal_open(const int signos[], int count, sl_signal **out);

/* Take the oldest that has arrived, waiting for one. Returns its number,
 * SL_ECANCELED (none was taken) or SL_ECLOSED. */
SL_API SL_WAITS int sl_signal_next(sl_signal *signal);

/* Close and free; tasks that wait get SL_ECLOSED. Never waits. */
SL_API void sl_signal_close(sl_signal *signal);

SL_END

#endif
