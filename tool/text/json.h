/* json.h: JSON as people would have written it. */
#ifndef TOOL_TEXT_JSON_H
#define TOOL_TEXT_JSON_H

#include <jansson.h>

/* As json_dumps(), but each number has the digits that it needs to be read back
 * as the same one: 0.1, not 0.10000000000000001. NULL without memory. */
char *text_json(const json_t *value, size_t flags);

/* A number with six digits: of what was measured, more mean nothing. */
json_t *text_json_measured(double value);

#endif
