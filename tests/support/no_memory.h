/* no_memory.h: what happens when memory ends.
 *
 * Programs that are linked with `no_memory_link` get their memory, and that of
 * our libraries, from here. A scenario runs again and again, each time with one
 * more allocation granted before one fails; whatever it does then, it must say
 * -ENOMEM or do without, and give back all that it has.
 */
#ifndef TEST_SUPPORT_NO_MEMORY_H
#define TEST_SUPPORT_NO_MEMORY_H

#include <stdbool.h>

/* From now on there is no memory to be had; or there is again. */
void test_end_memory(bool ended);

/* Run scenario() until nothing is left that could fail. It returns 0 or
 * -ENOMEM, the latter only if something has failed. */
void test_without_memory(int (*scenario)(void));

#endif
