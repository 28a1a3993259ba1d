/* A failed assertion ends the process at once: the state that it found is one
 * that no code here was written for.
 *
 * Many end with words for whoever wrote the program: x > 0 && "a text". These
 * come first, as a sentence; where it is and what did not hold follow, for
 * whoever looks after this library. */
#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *find_words(const char *condition)
{
    const char *found = NULL, *next = condition;

    while ((next = strstr(next, "&& \"")) != NULL)
        found = next += strlen("&& \"");
    return found;
}

void sl__assert_failed(const char *condition, const char *file, int line)
{
    const char *words = find_words(condition);
    const char *end = words != NULL ? strchr(words, '"') : NULL;

    if (end != NULL)
        fprintf(stderr, "starling: %.*s (%s:%d: %.*s)\n", (int)(end - words),
                words, file, line,
                (int)(words - condition - (long)strlen(" && \"")), condition);
    else
        fprintf(stderr, "starling: %s:%d: assertion failed: %s\n", file, line,
                condition);
    abort();
}
