/* Messages name functions: a crash report or a debugger is not always at hand,
 * and an address says nothing to whoever reads them. */
#include "base/name.h"

#include <dlfcn.h>
#include <stdio.h>

void sl__name_function(uintptr_t function, char *text, size_t size)
{
    const void *at = (const void *)function;
    Dl_info info;

    if (dladdr(at, &info) == 0)
        snprintf(text, size, "the function at %p", at);
    else if (info.dli_sname != NULL)
        snprintf(text, size, "%s()", info.dli_sname);
    else
        snprintf(text, size, "the function at %s+0x%tx", info.dli_fname,
                 (const char *)at - (const char *)info.dli_fbase);
}
