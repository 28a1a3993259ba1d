/* worker_path.h: where the worker programs are. */
#ifndef TOOL_RUN_WORKER_PATH_H
#define TOOL_RUN_WORKER_PATH_H

#include <stddef.h>

#define WORKER_PROGRAM_PLAIN "starling-worker"
#define WORKER_PROGRAM_RARE "starling-worker-rare" /* may be missing */

/* Find a worker program by where this program is: installed, or in the tree it
 * was built in. Never by the environment: what it names would be run. Returns
 * 0, or -ENOENT with sl_errmsg() saying where it was looked for. */
int worker_path(const char *name, char *out, size_t size);

#endif
