/* warm_up.h: everything once, before the sandbox closes. */
#ifndef TOOL_WORKER_WARM_UP_H
#define TOOL_WORKER_WARM_UP_H

/* Decode, search and encode small pictures, so that libraries have set
 * themselves up and opened what they open before a worker may not any more,
 * and so that forked workers share touched code. Returns 0 or a negative
 * errno. */
int worker_warm_up(void);

#endif
