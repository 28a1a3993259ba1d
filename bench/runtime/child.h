/* child.h: programs that are started, read from, and waited for. */
#ifndef BENCH_RUNTIME_CHILD_H
#define BENCH_RUNTIME_CHILD_H

#include <stdio.h>
#include <sys/types.h>

typedef struct child {
    pid_t pid;
    FILE *out; /* what it prints */
} child;

/* Start the program `argv[0]` that lies beside this one. `core` counts the
 * cores that this process may use, from 0; where there are not so many, the
 * child goes where it likes. Returns 0 or a negative errno. */
int child_start(child *child, char *const argv[], int core);

/* Wait for its end; `kill_it` first if it would not come by itself. Returns
 * its exit status, or -1 if it was killed. */
int child_end(child *child, int kill_it);

/* Have the machine find `mib` of memory now, in a process that ends at once.
 * The first one to touch a page for long pays a virtual machine's host for it,
 * and not always the same. */
void touch_memory(int mib);

#endif
