/* item.h: the way of one item from its URL to its row. */
#ifndef TOOL_RUN_ITEM_H
#define TOOL_RUN_ITEM_H

#include "run/run.h"

typedef struct item item;

/* Copy what the row says. NULL without memory. */
item *item_new(run *run, const store_item *row);

/* What it is called. */
const char *item_stem(const item *item);
void item_free(item *item);

struct item_work_args {
    order_item order; /* an item, with its turn if it needs one */
};

/* A task's body: fetch or read the picture, keep the original, have a worker
 * find the stars, write the results, note the outcome. Takes the item. What is
 * wrong with the item is its outcome and not an error. */
int item_work(void *args);

#endif
