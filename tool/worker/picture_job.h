/* picture_job.h: the job "picture": decode, then what is asked for. */
#ifndef TOOL_WORKER_PICTURE_JOB_H
#define TOOL_WORKER_PICTURE_JOB_H

#include <starling/worker.h>

/* An sl_job: the request is a job_request, the answer is a job_answer, and the
 * file and what is made of it are where job.h says. Returns the answer's
 * length; -EINVAL for a request that does not hold together, -ENOSPC when there
 * is not enough room for what is made. */
int worker_picture(const sl_job_io *io);

#endif
