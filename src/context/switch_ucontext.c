/* The switch for every other CPU, by way of ucontext: correct, and slow, since
 * it asks the kernel to save the signal mask each time. A suspended context's
 * record lives on its own stack, which stays as it is while it sleeps. */
#include "context/context.h"

#include <fenv.h>
#include <stdint.h>
#include <ucontext.h>

int sl__switch_stacks(void **save_sp, void *load_sp)
{
    ucontext_t here;

    *save_sp = &here;
    swapcontext(&here, load_sp);
    return 0;
}

/* makecontext() passes ints only; a pointer is two of them. */
static void begin(unsigned entry_high, unsigned entry_low, unsigned arg_high,
                  unsigned arg_low)
{
    uintptr_t entry = ((uintptr_t)entry_high << 16 << 16) | entry_low;
    uintptr_t arg = ((uintptr_t)arg_high << 16 << 16) | arg_low;

    setcontext(((sl__entry *)entry)((void *)arg));
}

/* The part of them that C can name. */
sl__float_modes sl__float_modes_now(void)
{
    return (sl__float_modes)fegetround();
}

void *sl__prepare_stack(void *low, size_t size, sl__entry *entry, void *arg,
                        sl__float_modes modes)
{
    int here = fegetround();
    uintptr_t top = ((uintptr_t)low + size) & ~(uintptr_t)15;
    ucontext_t *record =
        (ucontext_t *)((top - sizeof *record) & ~(uintptr_t)63);
    uintptr_t e = (uintptr_t)entry, a = (uintptr_t)arg;

    fesetround((int)modes);
    getcontext(record);
    fesetround(here);
    record->uc_link = NULL;
    record->uc_stack.ss_sp = low;
    record->uc_stack.ss_size = (size_t)((char *)record - (char *)low);
    makecontext(record, (void (*)(void))begin, 4, (unsigned)(e >> 16 >> 16),
                (unsigned)e, (unsigned)(a >> 16 >> 16), (unsigned)a);
    return record;
}
