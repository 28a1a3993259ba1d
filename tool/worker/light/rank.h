/* rank.h: the value of a given rank, without sorting. */
#ifndef TOOL_WORKER_LIGHT_RANK_H
#define TOOL_WORKER_LIGHT_RANK_H

/* The value that would be at place `rank`, 0 .. count - 1, if they were
 * sorted. Reorders the values so that those before that place are no larger
 * and those behind it no smaller. */
float rank_select(float *values, int count, int rank);

/* The same for up to RANK_FEW_MAX values, which stay as they are, and several
 * ranks at once: out[i] is the value of ranks[i]. */
enum { RANK_FEW_MAX = 96 };
void rank_select_few(const float *values, int count, const int *ranks, int n,
                     float *out);

#endif
