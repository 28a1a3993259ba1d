/* context.h: a thread of execution that is not running, and how to run it.
 *
 * A context is a stack with everything saved on it that a called function must
 * preserve: the registers that the platform's calling convention names, and
 * the floating point control words. The signal mask and the locale stay with
 * the kernel thread.
 */
#ifndef SL_CONTEXT_CONTEXT_H
#define SL_CONTEXT_CONTEXT_H

#include <stddef.h>
#include <stdint.h>

#include "context/sanitize.h"

typedef struct sl__context {
    void *sp; /* while suspended: where everything is saved */
    sl__sanitize_note note;
} sl__context;

/* The switch itself, one implementation a CPU. Returns 0. */
int sl__switch_stacks(void **save_sp, void *load_sp);
/* What runs on a new stack. It returns what sl__context_end() gave it. */
typedef void *sl__entry(void *arg);

/* The floating point control words, all that a new stack inherits. */
typedef uint64_t sl__float_modes;
sl__float_modes sl__float_modes_now(void);

/* A stack prepared so that the first switch to it calls entry(arg). */
void *sl__prepare_stack(void *low, size_t size, sl__entry *entry, void *arg,
                        sl__float_modes modes);

/* Save the running code as a switch does, and call entry(arg) on a new stack,
 * with the floating point modes as they are. Returns 0 when somebody switches
 * back. */
int sl__start_stack(void **save_sp, void *low, size_t size, sl__entry *entry,
                    void *arg);

/* Make a context that runs entry(arg) on [low, low + size). Nothing to free:
 * the memory is the caller's. */
static inline void sl__context_make(sl__context *context, void *low,
                                    size_t size, sl__entry *entry, void *arg,
                                    sl__float_modes modes)
{
    context->sp = sl__prepare_stack(low, size, entry, arg, modes);
    sl__sanitize_make(&context->note, low, size);
}

/* Suspend the running code in *from and run *to. Returns 0 when somebody
 * switches back to *from. */
static inline int sl__context_switch(sl__context *from, sl__context *to)
{
    sl__sanitize_leave(&from->note, &to->note);
    int rc = sl__switch_stacks(&from->sp, to->sp);
    sl__sanitize_arrive(&from->note);
    return rc;
}

/* The same for a *to that is new: begin entry(arg) on [low, low + size).
 * Cheaper than to make a context and switch to it. */
static inline int sl__context_start(sl__context *from, sl__context *to,
                                    void *low, size_t size, sl__entry *entry,
                                    void *arg)
{
    to->sp = low; /* nobody goes there, but it is no longer unmade */
    sl__sanitize_make(&to->note, low, size);
    sl__sanitize_leave(&from->note, &to->note);
    int rc = sl__start_stack(&from->sp, low, size, entry, arg);
    sl__sanitize_arrive(&from->note);
    return rc;
}

/* The last act of *from's entry, which returns the result: go on with *to. From
 * the return on *from never runs again, and its stack may be reused. */
SL__BETWEEN_STACKS
static inline void *sl__context_end(sl__context *from, sl__context *to)
{
    sl__sanitize_leave_forever(&from->note, &to->note);
    return to->sp;
}

#endif
