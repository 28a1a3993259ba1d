/* A failed assertion ends the process at once: the state that it found is one
 * that no code here was written for. */
#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

void sl__assert_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "starling: %s:%d: assertion failed: %s\n", file, line,
            condition);
    abort();
}
