/* machine.h: what this machine grants to a run, found out by trying. */
#ifndef TOOL_CMD_MACHINE_H
#define TOOL_CMD_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include <starling/api.h>
#include <starling/cores.h>

#include "worker/job.h"

typedef struct machine {
    char system[160];  /* the kernel and its release */
    sl_machine grants; /* what the library uses */
    int cores;         /* that there are, granted or not */
    uint64_t memory;
    uint64_t files_soft, files_hard; /* descriptors; UINT64_MAX: no limit */
    bool has_user_namespaces, has_shared_folder; /* neither is needed */
    job_sandbox_answer sandbox;                  /* of a worker just started */
    uint32_t formats; /* that are read: 1 << enum job_format */
} machine;

/* Look at everything but the sandbox. Starts a process for a moment. */
void machine_look(machine *out);

/* Start a worker of each program, ask it for its sandbox and what it reads.
 * Returns 0 or an error with words. */
SL_WAITS int machine_look_at_workers(machine *machine);

#endif
