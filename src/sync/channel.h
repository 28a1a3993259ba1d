/* channel.h: channels from the inside, for the two files that make them up:
 * channel.c keeps elements, select.c keeps those who wait. */
#ifndef SL_SYNC_CHANNEL_H
#define SL_SYNC_CHANNEL_H

#include <stdint.h>

#include <starling/channel.h>

#include "base/list.h"
#include "sched/park.h"

struct sl_channel {
    sl__list sending, receiving;  /* offers, oldest first */
    size_t size, capacity, count; /* of an element in bytes; elements */
    size_t in, out; /* the ring's next free and oldest place, in bytes */
    size_t end;     /* of the ring, in bytes */
    bool closed;
    uint32_t dice; /* state of the random numbers for select */
    unsigned refs, senders, receivers;
    void (*drop)(void *element);
    unsigned char ring[];
};

/* One case of a task that waits. */
typedef struct sl__offer {
    sl__node node; /* on the channel */
    struct sl__attempt *attempt;
    void *data;
} sl__offer;

/* A task that waits for one of `n` offers to be taken up. */
typedef struct sl__attempt {
    sl__waiter waiter; /* completed with the index of the offer */
    sl__offer *offers;
    int n;
    int open; /* offers that may still be taken up */
} sl__attempt;

/* The offer was taken up: its attempt is over. */
void sl__offer_taken(sl__offer *offer);

/* Nobody will take up the offers in the list any more. */
void sl__offers_refuse(sl__list *offers);

/* Wait until one of the cases happens, none of which can now. */
int sl__offers_wait(int n, const sl_channel_case cases[], sl__offer offers[]);

#endif
