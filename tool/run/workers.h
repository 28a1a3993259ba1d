/* workers.h: the workers of a run, and which of them reads a picture. */
#ifndef TOOL_RUN_WORKERS_H
#define TOOL_RUN_WORKERS_H

#include "run/run.h"

/* Start the workers that the options ask for. Returns 0 or an error with
 * words; -ENOENT: the program is not installed. */
SL_WAITS int workers_open(run *run, const char *program, sl_pool **out);

/* Those that read a picture of this enum job_format: the run's, or the ones for
 * rare formats. Who is not there yet is started. Returns 0 or what
 * workers_open() returns. */
SL_WAITS int workers_for(run *run, uint32_t format, sl_pool **out);

/* Have a job done, of what may have killed one worker by a second one. As
 * sl_pool_run(). */
SL_WAITS int workers_run(sl_pool *pool, const sl_job_request *request);

/* End them all; a second call is harmless. */
void workers_close(run *run);

#endif
