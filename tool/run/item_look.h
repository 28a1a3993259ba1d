/* item_look.h: what an item's bytes are, before anybody decodes them. */
#ifndef TOOL_RUN_ITEM_LOOK_H
#define TOOL_RUN_ITEM_LOOK_H

#include "run/item_body.h"

/* Find out item->packing and item->found. Returns 0; -ECANCELED if the item is
 * no good; or an error of the run. */
SL_WAITS int item_look(item *item);

#endif
