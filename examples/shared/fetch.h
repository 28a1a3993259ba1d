/* fetch.h: what the small examples do instead of real work: wait for `seconds`
 * and have a result, "Result of 2". */
#ifndef FETCH_H
#define FETCH_H

#include <starling/api.h>

typedef struct result {
    char text[32];
} result;

/* Announce it, wait as a task does, announce the end. Returns 0 or
 * SL_ECANCELED. */
SL_WAITS int fetch_data(int seconds, result *out);

/* The same as a call that blocks its thread. Any thread, any process. */
int fetch_data_blocking(int seconds, result *out);

/* ['Result of 1', 'Result of 2'] */
void print_results(const char *label, const result results[], int count);

#endif
