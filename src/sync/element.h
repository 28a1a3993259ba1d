/* element.h: copying the elements of queues and channels. */
#ifndef SL_SYNC_ELEMENT_H
#define SL_SYNC_ELEMENT_H

#include <stddef.h>
#include <string.h>

/* Most elements are a number, a pointer or a pair of them. For those a copy is
 * one or two moves, where calling memcpy() would cost more than all the rest of
 * a put into a queue with room. */
static inline void sl__element_copy(void *to, const void *from, size_t size)
{
    if (size == 8)
        memcpy(to, from, 8);
    else if (size == 4)
        memcpy(to, from, 4);
    else if (size == 16)
        memcpy(to, from, 16);
    else
        memcpy(to, from, size);
}

#endif
