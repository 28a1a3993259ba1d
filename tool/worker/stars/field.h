/* field.h: whether a picture shows a star field at all. */
#ifndef TOOL_WORKER_STARS_FIELD_H
#define TOOL_WORKER_STARS_FIELD_H

#include "worker/job.h"
#include "worker/stars/starlike.h"

/* Three stars on an empty sky are a star field. */
enum { FIELD_AGREEING_MIN = 3 };

/* `agreeing` is how many strong peaks share the picture's star size. */
enum job_field field_judge(const candidate *candidates, uint32_t count,
                           uint32_t agreeing);

#endif
