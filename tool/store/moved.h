/* moved.h: a run whose folder is elsewhere now. Private to the store. */
#ifndef TOOL_STORE_MOVED_H
#define TOOL_STORE_MOVED_H

#include "store/handle.h"

/* Note where the run's folder is. If it was elsewhere in its last session, and
 * pictures of this machine came along with it, they stay the items that they
 * were. Returns 0 or a negative errno. */
int moved_follow(store *store);

#endif
