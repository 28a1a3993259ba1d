/* fault.h: a stack overflow ends with the task's name instead of silence. */
#ifndef SL_CONTEXT_FAULT_H
#define SL_CONTEXT_FAULT_H

#include <stddef.h>

/* What the handler asks: is `address` in the guard of the stack that runs on
 * this thread? Then fill in the name and the size and return 1. Called in a
 * signal handler. */
typedef int sl__fault_owner(const void *address, const char **name,
                            size_t *size);

/* Install the process's handler (once; it chains to the one before) and give
 * this thread an alternate signal stack. Does nothing under ASan, which has a
 * handler of its own. */
void sl__fault_watch(sl__fault_owner *owner);

/* Take this thread's alternate signal stack away. */
void sl__fault_unwatch(void);

#endif
