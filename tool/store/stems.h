/* stems.h: what an item is called. Private to the store. */
#ifndef TOOL_STORE_STEMS_H
#define TOOL_STORE_STEMS_H

#include "store/handle.h"

/* By the template, the given stem, or the URL or path. `identity` stands for
 * the hash of the contents while those are not known. */
void stems_propose(const store *store, const store_new_item *item,
                   const char *identity, names_pair *out);

#endif
