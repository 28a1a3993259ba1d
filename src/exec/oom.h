/* oom.h: what happens when the machine, or the container, is out of memory. */
#ifndef SL_EXEC_OOM_H
#define SL_EXEC_OOM_H

#include <stdint.h>

/* Have the kernel end this process rather than others. */
void sl__oom_volunteer(void);

/* How many processes the kernel has ended for their memory since it started;
 * 0 where it does not say. */
uint64_t sl__oom_kills(void);

#endif
