/* hostile.h: what a worker can do that has been taken over: write into the
 * memory that it shares with the pool, and claim answers. */
#ifndef TESTS_EXEC_HOSTILE_H
#define TESTS_EXEC_HOSTILE_H

#include <stdint.h>

#include "exec/region.h"

/* The memory that this worker shares with its pool, once it was looked for;
 * files can only be read before the sandbox is entered. */
extern region *hostile_region;
void hostile_find_region(void);

/* The slot of the job that runs. */
uint32_t hostile_own_slot(void);

/* Say that `count` slots from `number` on are answered with rc, and ring. */
void hostile_claim(uint32_t number, uint32_t count, int rc);

#endif
