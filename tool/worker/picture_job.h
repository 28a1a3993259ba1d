/* picture_job.h: the job "picture": decode, then what is asked for. */
#ifndef TOOL_WORKER_PICTURE_JOB_H
#define TOOL_WORKER_PICTURE_JOB_H

#include <starling/worker.h>

/* An sl_job: the request is a job_request, the body holds the file, the answer
 * is a job_answer, the result memory receives the stars and the pictures that
 * were made. Returns the answer's length; -EINVAL for a request that does not
 * hold together, -ENOSPC when the result memory is too small for it. */
int worker_picture(const sl_job_io *io);

#endif
