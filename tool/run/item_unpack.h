/* item_unpack.h: a body that its server compressed. */
#ifndef TOOL_RUN_ITEM_UNPACK_H
#define TOOL_RUN_ITEM_UNPACK_H

#include "run/item_body.h"

/* Put what item->body was before its server compressed it in its place. Returns
 * 0; -ECANCELED if the item is no good; or an error of the run. */
SL_WAITS int item_unpack(item *item);

#endif
