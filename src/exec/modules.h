/* modules.h: functions by file and offset, since addresses differ from process
 * to process. */
#ifndef SL_EXEC_MODULES_H
#define SL_EXEC_MODULES_H

#include <stdint.h>

#include "exec/region.h"

/* What this process knows of a module. */
typedef struct module {
    uintptr_t base, begin, end; /* end 0: not known */
} module;

/* The module that holds `function`, found or added to the `*count` in
 * modules[] and files[] (both REGION_MODULES long; the program itself is
 * always number 0). Returns its number, or -EINVAL for an address in no
 * module, -ENOSPC when there are too many. */
int sl__module_of(uintptr_t function, module modules[], region_module files[],
                  int *count);

/* Find a module by its build id, in this process or else on disk. `is_program`:
 * it may also have none. Returns 0 and its base, or -ENOSYS. */
int sl__module_find(const region_module *file, int is_program, uintptr_t *base);

#endif
