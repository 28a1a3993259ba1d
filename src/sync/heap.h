/* heap.h: a stable heap of elements whose size is known at run time only. */
#ifndef SL_SYNC_HEAP_H
#define SL_SYNC_HEAP_H

#include <stddef.h>

typedef struct sl__order {
    int (*compare)(const void *a, const void *b);
    size_t size;   /* of an element */
    size_t stride; /* from one slot to the next, sl__heap_stride(size) */
} sl__order;

/* Room for an element of `size` bytes and the number that keeps equal ones in
 * order; 0 if that does not fit. */
size_t sl__heap_stride(size_t size);

/* Add an element to the `count` in `slots`, which has room for two more: the
 * last slot is a place to put things aside. `number` must grow. */
void sl__heap_push(const sl__order *order, unsigned char *slots, size_t count,
                   const void *element, unsigned long number);

/* Take the first element of `count`, at least 1, into *element. */
void sl__heap_pop(const sl__order *order, unsigned char *slots, size_t count,
                  void *element);

#endif
