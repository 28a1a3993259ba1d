/* order.h: which item begins next, so that no server holds up another.
 *
 * Items begin in the order of planning as far as their servers let them. Once a
 * server has all the transfers it may have, or wants peace, its items are set
 * aside: what is kept of them is where they begin in the books, so ten thousand
 * of them cost as much as one, and the next server's get the slots. An item
 * whose attempt failed waits here, too, as a few numbers and not as a task.
 */
#ifndef TOOL_RUN_ORDER_H
#define TOOL_RUN_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <starling/event.h>

#include "run/books.h"
#include "fetch/fetch.h"

/* An item that may begin. */
typedef struct order_item {
    void *item;          /* as made from its row */
    fetch_turn *turn;    /* NULL: it needs none */
    fetch_course course; /* its attempts so far */
} order_item;

typedef struct order_options {
    books *books;
    fetcher *fetcher;
    unsigned states; /* STORE_IN() of the items to begin */
    /* Make an item from a row, on the store's thread, or NULL without memory;
     * and free one that was not handed out. */
    void *(*make)(void *arg, const store_item *row);
    void (*drop)(void *item);
    /* For longer than this nobody waits when nothing else is left to do. */
    sl_time patience;
    /* Everything waits for this server; told once for each. */
    void (*on_wait)(void *arg, const char *host, sl_time length);
    void *arg;
} order_options;

typedef struct order {
    order_options options;
    /* private */
    int64_t seen;  /* items up to this id have begun, or a line has them */
    bool at_end;   /* there are none beyond, for now */
    bool complete; /* and there will be none */
    bool stopped;
    int turns; /* that items have */
    sl_event changed;
    struct line **lines; /* of servers, by name */
    const char **names;  /* theirs */
    size_t count, room, first;
    struct again *inbox; /* items that are to go into lines */
    struct held *held;   /* found, and not begun so far; NULL: none */
    const char *last;    /* the server that is waited for in the end */
    sl_time due;         /* and until when */
} order;

void order_init(order *order, const order_options *options);
void order_fini(order *order);

/* Wait until an item may begin. Returns 1 and *out; 0 when none is left, or
 * after order_stop(); -EAGAIN when what is left wants more time than there is
 * patience for, see order_last(); or an error of the books. */
SL_WAITS int order_next(order *order, order_item *out);

/* The turn of an item that order_next() gave has ended: by fetch_try(), or
 * given back. */
void order_turn_ended(order *order);

/* The item's attempt was to be followed by another one: to be called before
 * order_turn_ended(). -ENOMEM: it will not be. */
int order_again(order *order, const char *host, int64_t id,
                const fetch_course *course);

/* The books got more items, or will get no more. */
void order_more(order *order);
void order_complete(order *order);

/* Hand out no more items. */
void order_stop(order *order);

/* Something changed at a server: for fetcher_options.on_change. */
void order_changed(void *order);

/* After -EAGAIN: which server wants time, and how much. */
const char *order_last(const order *order, sl_time *length);

#endif
