/* granted.h: the limits of control groups, below a root that tests can make. */
#ifndef SL_EXEC_GRANTED_H
#define SL_EXEC_GRANTED_H

#include <stdint.h>

typedef struct sl__granted {
    double cores;
    uint64_t memory; /* bytes */
} sl__granted;

/* Lower *granted to what the groups of this process allow. `root` is "" for
 * the machine itself. */
void sl__granted_by_groups(const char *root, sl__granted *granted);

#endif
