/* stress.h: random schedules against a model.
 *
 * Workers do random steps with one primitive. Before each step and each
 * cancellation its scenario does the same to a plain model, which knows at any
 * time who must have got what he asked for. When a real wait returns, its
 * result must be what the model says: so a lost or doubled wake-up, an
 * overtaking, or a wrong count shows in the step in which it happens, whatever
 * order the tasks run in.
 */
#ifndef TEST_SYNC_STRESS_H
#define TEST_SYNC_STRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <starling/clock.h>
#include <starling/error.h>
#include <starling/group.h>

enum { WORKERS = 7, STEPS = 40 };

/* LEFT: cancelled; REFUSED: what it waited at was closed. */
enum state { OUTSIDE, WAITING, GRANTED, LEFT, REFUSED };

typedef struct worker {
    int id;
    uint64_t dice;
    sl_scope scope; /* around the present step */
    bool in_step, cancelled;
    enum state state; /* of its wait, in the model */
    long wanted;      /* how much, or which way; the scenario's */
    int value;        /* what it gives or must have got; the scenario's */
} worker;

typedef struct scenario {
    const char *name;
    void (*begin)(uint64_t seed);
    void (*step)(worker *w);
    void (*cancel)(worker *w); /* tell the model: w is being cancelled */
    void (*end)(void);
} scenario;

extern const scenario lock_scenario, rwlock_scenario, semaphore_scenario,
    condition_scenario, barrier_scenario, once_scenario, event_scenario,
    queue_scenario, channel_scenario, future_scenario;

extern worker workers[WORKERS];

/* A number below n. */
uint32_t pick(worker *w, uint32_t n);

/* Let others run, or not. */
void dawdle(worker *w);

/* Say what is wrong, with the seed that shows it, and end the program. */
void stress_fail(const char *what, long long got, long long expected)
    __attribute__((noreturn));

#define EXPECT(actual, expected)                                               \
    do {                                                                       \
        long long expect_a = (actual), expect_e = (expected);                  \
        if (expect_a != expect_e)                                              \
            stress_fail(#actual, expect_a, expect_e);                          \
    } while (0)

/* The wait is over; its result must be the model's. Returns whether it was
 * granted. */
bool settle(worker *w, int rc);

/* A line of workers, first come, first served. */
typedef struct line {
    worker *all[WORKERS];
    int n;
} line;

void line_join(line *line, worker *w);
void line_leave(line *line, worker *w); /* in it or not */
worker *line_first(const line *line);   /* NULL if empty */

#endif
