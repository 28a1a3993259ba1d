/* words.h: what a function that runs outside of tasks, on a thread of a pool
 * or in a worker, says of its failure. */
#ifndef SL_SCHED_WORDS_H
#define SL_SCHED_WORDS_H

/* What this thread has said so far is not about what it does next. */
void sl__words_forget(void);

/* What this thread has said with sl_fail() about `rc`; "" if nothing. */
const char *sl__words_about(int rc);

#endif
