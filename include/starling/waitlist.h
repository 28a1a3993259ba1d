/* waitlist.h: the tasks parked at an object, oldest first. Private; public
 * structs embed it so that they need no heap. Zero is the empty list. */
#ifndef STARLING_WAITLIST_H
#define STARLING_WAITLIST_H

typedef struct sl__waitlist {
    struct sl__waiter *first, *last;
} sl__waitlist;

#endif
