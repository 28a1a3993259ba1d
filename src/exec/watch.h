/* watch.h: a descriptor that the loop watches and, in the end, closes. */
#ifndef SL_EXEC_WATCH_H
#define SL_EXEC_WATCH_H

#include <starling/loop.h>

typedef struct watch watch;

/* How many watches there are, and whom to tell when one less is. */
typedef struct watch_owner {
    unsigned count;
    void (*released)(void *arg);
    void *arg;
} watch_owner;

/* Call ready(arg) on the loop whenever `fd` can be read or has ended. Takes
 * `fd`, also where it fails. It does not keep the loop alive: whoever waits
 * for its news holds the loop. Returns 0 or a negative errno. */
int sl__watch_start(sl_loop *loop, watch_owner *owner, int fd,
                    void (*ready)(void *arg), void *arg, watch **out);

/* No more calls from now on. The descriptor is closed and the memory freed
 * when libuv has let go of both. NULL is left alone. */
void sl__watch_stop(watch *watch);

int sl__watch_fd(const watch *watch);

#endif
