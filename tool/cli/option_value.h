/* option_value.h: one value, from text into its field. */
#ifndef TOOL_CLI_OPTION_VALUE_H
#define TOOL_CLI_OPTION_VALUE_H

#include <stddef.h>

#include "cli/option_table.h"

enum { VALUE_WISH_MAX = 160 };

/* Store `text` in `field`, whose type the entry's kind tells; a text is lent.
 * Returns 0, or -EINVAL with *wish saying what would have been right: it ends
 * the sentence "'...' is not". */
int option_value_parse(const struct option_entry *entry, const char *text,
                       void *field, char *wish, size_t size);

/* Let a field that holds a text hold `text` instead, which says the same. */
void option_value_point(const struct option_entry *entry, void *field,
                        const char *text);

#endif
