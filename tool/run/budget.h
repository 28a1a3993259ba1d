/* budget.h: back-pressure in bytes between the network and the disk. */
#ifndef TOOL_RUN_BUDGET_H
#define TOOL_RUN_BUDGET_H

#include <stdint.h>

#include <starling/api.h>
#include <starling/event.h>
#include <starling/semaphore.h>

/* Whoever is about to hold bytes in memory takes them from here first and
 * gives them back once they are on disk. */
typedef struct budget {
    uint64_t limit, used;
    sl_semaphore turn; /* tasks come in one by one, first come, first served */
    sl_event room;     /* something was given back */
} budget;

/* A limit that suits this machine: an eighth of what it grants, at most 256
 * MiB. */
uint64_t budget_standard(void);

void budget_init(budget *budget, uint64_t limit);

/* Wait until `bytes` more may be held. What is larger than the whole budget
 * has to wait until nobody else holds any. Returns 0 or SL_ECANCELED. */
SL_WAITS int budget_take(budget *budget, uint64_t bytes);

void budget_give(budget *budget, uint64_t bytes);

/* What was guessed as `from` bytes turns out to be `to`. Never waits: the
 * bytes are there already; others wait for longer. */
void budget_correct(budget *budget, uint64_t from, uint64_t to);

#endif
