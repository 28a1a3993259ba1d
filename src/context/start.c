/* How a stack starts at once where that has no code of its own: by a frame laid
 * out for it, and a switch. */
#include "context/context.h"

int sl__start_stack(void **save_sp, void *low, size_t size, sl__entry *entry,
                    void *arg)
{
    void *sp = sl__prepare_stack(low, size, entry, arg, sl__float_modes_now());

    return sl__switch_stacks(save_sp, sp);
}
