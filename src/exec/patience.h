/* patience.h: how long to look before sleeping.
 *
 * To wake a sleeping core costs tens of microseconds, to look for news costs
 * one; but whoever looks takes a core from somebody. So nobody looks for longer
 * than a wake-up costs, and who looks in vain more often than not stops for a
 * number of waits that doubles each time. Where both sides look, a wait is over
 * in a microsecond, and looking costs less processor time than sleeping.
 */
#ifndef SL_EXEC_PATIENCE_H
#define SL_EXEC_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum {
    /* Measured: 27 us to wake a thread on another core, which has to fit. */
    PATIENCE_NS = 40000,
    PATIENCE_CREDIT = 4, /* looks in vain before the first rest */
    PATIENCE_REST_MIN = 16,
    PATIENCE_REST_MAX = 1024, /* waits; then it is tried again */
};

typedef struct patience {
    bool is_allowed; /* there is another core to do the work */
    int credit;      /* grows when looking pays, shrinks when it does not */
    int rest;        /* waits left without looking */
    int next_rest;
} patience;

static inline patience patience_new(bool is_allowed)
{
    return (patience){ .is_allowed = is_allowed,
                       .credit = PATIENCE_CREDIT,
                       .next_rest = PATIENCE_REST_MIN };
}

static inline int64_t patience_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* A wait begins: whether to look first, for PATIENCE_NS at most. */
static inline bool patience_begin(patience *patience)
{
    if (patience->rest == 0)
        return patience->is_allowed;
    if (--patience->rest == 0)
        patience->credit = PATIENCE_CREDIT / 2;
    return false;
}

static inline void patience_paid(patience *patience)
{
    if (patience->credit < PATIENCE_CREDIT)
        patience->credit++;
    else
        patience->next_rest = PATIENCE_REST_MIN;
}

static inline void patience_in_vain(patience *patience)
{
    if (--patience->credit > 0)
        return;
    patience->rest = patience->next_rest;
    if (patience->next_rest < PATIENCE_REST_MAX)
        patience->next_rest *= 2;
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
