/* work.h: a picture under way through the operations that were asked for. */
#ifndef TOOL_WORKER_WORK_H
#define TOOL_WORKER_WORK_H

#include <starling/worker.h>

#include "worker/job.h"
#include "worker/pixels/picture.h"
#include "worker/pixels/workspace.h"

typedef struct work {
    const job_request *request;
    workspace *ws;
    picture picture;
    uint8_t *result; /* the job's result memory */
    size_t result_size, used;
    job_answer *answer;
} work;

/* An operation adds to the answer. Returns 0, -ENOSPC when the result memory is
 * too small, -ENOMEM, or what work_refuse() returned. */
typedef int operation(work *work);

operation work_stars, work_thumbs, work_edges;

/* Where the next output goes, and how much room there is. */
uint8_t *work_room(const work *work, size_t *room);

/* Let that be a place for numbers of so many bytes. */
void work_align(work *work, size_t bytes);

/* Add what was written there: kind, index, format and size are filled in, the
 * offset is set here. */
void work_keep(work *work, const job_output *output);

/* The format of what is made: the one asked for, else the picture's own, else
 * PNG, which loses nothing. */
uint32_t work_format(const work *work);

/* The picture is no good after all, for what was asked. Always -ECANCELED. */
int work_refuse(work *work, uint32_t verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
