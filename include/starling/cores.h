/* cores.h: how much of the machine this process may use. A container often
 * grants less than the machine has, and what has more threads or bytes than it
 * is granted only gets slower, or killed. */
#ifndef STARLING_CORES_H
#define STARLING_CORES_H

#include <stdint.h>

#include <starling/api.h>

SL_BEGIN

/* Cores granted by the scheduling affinity and the control groups, a part of
 * one counted as one; at least 1. Any thread. */
SL_API int sl_cores(void);

/* Bytes of memory granted: the smallest limit of the control groups, else what
 * the machine has. Any thread. */
SL_API uint64_t sl_memory_granted(void);

/* What else of this machine the library makes use of, where it is there. */
typedef struct sl_machine {
    int cores;
    uint64_t memory;       /* bytes granted */
    int has_pidfds;        /* processes are watched without signals */
    int has_guard_regions; /* task stacks are guarded without memory maps */
    int has_sealed_memory; /* a worker cannot shrink memory shared with it */
} sl_machine;

SL_API void sl_machine_describe(sl_machine *out);

SL_END

#endif
