/* descriptor.h: a descriptor that tasks wait at.
 *
 * An operation is an attempt: it is run at once if that is promising, else when
 * the kernel says that the descriptor is ready, until it returns something
 * other than -EAGAIN. It runs on the task's stack or, while the task is parked,
 * on the loop's. Buffers are in use only while it runs; a cancelled attempt is
 * simply forgotten.
 */
#ifndef SL_IO_DESCRIPTOR_H
#define SL_IO_DESCRIPTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "sched/park.h"
#include "sched/uv.h"

enum sl__direction { SL__IN, SL__OUT };

typedef struct sl__attempt sl__attempt;
struct sl__attempt {
    sl__waiter waiter; /* .what and .on are the caller's to set */
    /* The result, or -EAGAIN to be run again when the descriptor is ready. */
    int (*run)(sl__attempt *attempt, int fd);
    bool drained; /* set by `run`: another one now would get -EAGAIN */
};

typedef struct sl__descriptor sl__descriptor;
struct sl__descriptor {
    uv_poll_t poll;
    sl__waitlist waiting[2]; /* attempts, by direction, oldest first */
    void (*released)(sl__descriptor *descriptor);
    int fd;
    unsigned users;    /* tasks inside sl__descriptor_do() */
    uint8_t polled;    /* what libuv watches for: UV_READABLE, UV_WRITABLE */
    uint8_t unbroken;  /* attempts in a row that did not have to wait */
    bool promising[2]; /* an attempt at once may well succeed */
    bool closing, closed;
};

/* Watch the non-blocking `fd` on the current loop; takes it on success. After
 * the close, once nobody uses the memory any more, `released` is called. */
int sl__descriptor_open(sl__descriptor *descriptor, int fd,
                        void (*released)(sl__descriptor *descriptor));

/* Run an attempt to its end. Waits; the caller has called sl__wait_begin().
 * Returns its result, SL_ECANCELED, or SL_ECLOSED. */
int sl__descriptor_do(sl__descriptor *descriptor, enum sl__direction direction,
                      sl__attempt *attempt);

/* Close the descriptor at once and wake whoever waits with SL_ECLOSED. */
void sl__descriptor_close(sl__descriptor *descriptor);

#endif
