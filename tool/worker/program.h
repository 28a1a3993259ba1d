/* program.h: a worker program, which differs from another by its decoders. */
#ifndef TOOL_WORKER_PROGRAM_H
#define TOOL_WORKER_PROGRAM_H

#include <stdbool.h>

typedef struct worker_program {
    /* Before the sandbox closes: offer decoders, set up libraries. Returns 0
     * or a negative errno. NULL: there is nothing to do. */
    int (*warm_up)(void);
    bool has_threads; /* a library starts threads whether asked to or not */
} worker_program;

/* What main() returns. `this` is to outlive it. */
int worker_program_main(int argc, char **argv, const worker_program *this);

#endif
