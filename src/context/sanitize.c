/* What the sanitizer notes need beyond themselves: under ASan a pointer a
 * thread, under TSan the signals around a switch.
 */
#include "context/sanitize.h"

#if SL_ASAN

__thread sl__sanitize_note *sl__sanitize_from;

#elif SL_TSAN

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef unsigned long kernel_mask; /* the 64 signals that the kernel has */

static __thread kernel_mask mask_before;

/* By the system call itself, of which TSan does not know. Cannot fail. */
SL__BETWEEN_STACKS
static void set_mask(const kernel_mask *mask, kernel_mask *before)
{
    (void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, mask, before, sizeof *mask);
}

/* TSan makes its place for signals that wait when a stack first needs one, and
 * loses the signal that comes just then. The loop's own stack, on which nearly
 * all of them come, has its place early: poll() is a wait to TSan. */
static void make_place(void)
{
    static __thread bool is_made;

    if (!is_made)
        (void)poll(NULL, 0, 0);
    is_made = true;
}

SL__BETWEEN_STACKS
void sl__sanitize_hold_signals(void)
{
    static const kernel_mask all = ~0UL;
    /* The cheapest of the functions that TSan watches; not by its name, for
     * which the compiler would put the result. */
    static size_t (*volatile const watched)(const char *) = strlen;

    set_mask(&all, &mask_before);
    make_place(); /* the first switch of a thread leaves the loop's stack */
    (void)watched("");
}

SL__BETWEEN_STACKS
void sl__sanitize_release_signals(void)
{
    set_mask(&mask_before, NULL);
}

#endif
