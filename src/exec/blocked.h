/* blocked.h: which job keeps a program from ending. */
#ifndef SL_EXEC_BLOCKED_H
#define SL_EXEC_BLOCKED_H

#include <stdbool.h>

#include "exec/thread_pool.h"

/* Have the pool asked, until it is forgotten. */
void sl__blocked_watch(thread_pool *pool);
void sl__blocked_forget(thread_pool *pool);

/* Remember what runs on the threads of this loop's pools. */
void sl__blocked_mark(void);

/* Describe a job that has run ever since. False if there is none. */
bool sl__blocked_describe(char *text, size_t size);

#endif
