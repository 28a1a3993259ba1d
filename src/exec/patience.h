/* patience.h: how long to look before sleeping.
 *
 * To wake a sleeping core costs tens of microseconds, to look for news costs
 * one; but whoever looks takes a core from somebody. So the time for it is
 * learned: it grows when sleep turned out short, shrinks when looking was in
 * vain, and is never more than PATIENCE_MAX_NS a sleep.
 */
#ifndef SL_EXEC_PATIENCE_H
#define SL_EXEC_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum {
    PATIENCE_MIN_NS = 4000,
    PATIENCE_MAX_NS = 30000,
    PATIENCE_SHORT_NS = 60000, /* a sleep that looking would have spared */
};

typedef struct patience {
    bool is_allowed; /* there is another core to do the work */
    int64_t window;  /* ns to look for; 0: sleep at once */
} patience;

static inline int64_t patience_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline void patience_in_vain(patience *patience)
{
    patience->window /= 2;
    if (patience->window < PATIENCE_MIN_NS)
        patience->window = 0;
}

/* It took `ns` from the last news to these, most of it asleep. */
static inline void patience_slept(patience *patience, int64_t ns)
{
    if (!patience->is_allowed || ns > PATIENCE_SHORT_NS)
        return;
    patience->window =
        patience->window > 0 ? 2 * patience->window : PATIENCE_MIN_NS;
    if (patience->window > PATIENCE_MAX_NS)
        patience->window = PATIENCE_MAX_NS;
}

/* Between two looks: let the core's other half run. */
static inline void patience_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#endif
