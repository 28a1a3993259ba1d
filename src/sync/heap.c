/* A binary heap of slots: an element, padding, and the number of the put that
 * brought it, by which equal elements are told apart. Elements are moved along
 * the hole, so each level costs one comparison or two and one copy. */
#include "sync/heap.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include "sync/element.h"

enum { NUMBER_SIZE = sizeof(unsigned long) };

size_t sl__heap_stride(size_t size)
{
    size_t unit = alignof(max_align_t);

    if (size > SIZE_MAX - NUMBER_SIZE - unit)
        return 0;
    return (size + NUMBER_SIZE + unit - 1) / unit * unit;
}

static unsigned long *number_of(const sl__order *order, unsigned char *slot)
{
    return (unsigned long *)(void *)(slot + order->stride - NUMBER_SIZE);
}

static int comes_before(const sl__order *order, unsigned char *a,
                        unsigned char *b)
{
    int by_value = order->compare(a, b);

    if (by_value != 0)
        return by_value < 0;
    return *number_of(order, a) < *number_of(order, b);
}

void sl__heap_push(const sl__order *order, unsigned char *slots, size_t count,
                   const void *element, unsigned long number)
{
    size_t stride = order->stride, hole = count;
    unsigned char *aside = slots + (count + 1) * stride;

    sl__element_copy(aside, element, order->size);
    *number_of(order, aside) = number;
    while (hole > 0) {
        unsigned char *parent = slots + (hole - 1) / 2 * stride;

        if (!comes_before(order, aside, parent))
            break;
        memcpy(slots + hole * stride, parent, stride);
        hole = (hole - 1) / 2;
    }
    memcpy(slots + hole * stride, aside, stride);
}

void sl__heap_pop(const sl__order *order, unsigned char *slots, size_t count,
                  void *element)
{
    size_t stride = order->stride, hole = 0, left = count - 1;
    unsigned char *last = slots + left * stride;

    sl__element_copy(element, slots, order->size);
    for (size_t child; (child = 2 * hole + 1) < left; hole = child) {
        unsigned char *at = slots + child * stride;

        if (child + 1 < left && comes_before(order, at + stride, at)) {
            child++;
            at += stride;
        }
        if (!comes_before(order, at, last))
            break;
        memcpy(slots + hole * stride, at, stride);
    }
    if (hole != left)
        memcpy(slots + hole * stride, last, stride);
}
