/* stars_job.h: the job "stars": decode, detect, mark, encode. */
#ifndef TOOL_WORKER_STARS_JOB_H
#define TOOL_WORKER_STARS_JOB_H

#include <starling/worker.h>

/* An sl_job: the request is a job_stars_request, the body holds the file, the
 * answer is a job_stars_answer, the result memory receives the stars and the
 * marked picture. Returns the answer's length; -EINVAL for a request that does
 * not hold together, -ENOSPC when the result memory is too small for it. */
int worker_stars(const sl_job_io *io);

#endif
