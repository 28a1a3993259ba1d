/* builder.h: a string under construction that never overflows. */
#ifndef TOOL_TEXT_BUILDER_H
#define TOOL_TEXT_BUILDER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct builder {
    char *out;
    size_t length, size;
    bool cut; /* something did not fit; nothing is added any more */
} builder;

/* `size` is at least 8. */
builder builder_in(char *out, size_t size);

void builder_add(builder *b, const char *bytes, size_t n);

/* End with a NUL, and "..." if something was cut. Returns the length. */
size_t builder_finish(builder *b);

#endif
