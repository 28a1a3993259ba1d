/* keep.h: files put under their final names, beside the loop. */
#ifndef TOOL_RUN_KEEP_H
#define TOOL_RUN_KEEP_H

#include "run/run.h"

typedef struct keep {
    enum store_folder folder;
    const char *name;
    const void *data;
    uint64_t size;
    const files_stamp *known; /* the stamp, if it is known; or NULL */
    files_stamp stamp;        /* filled in */
} keep;

/* Write them, in one visit to the threads for files. A request to stop does not
 * reach the wait; a failure is the run's and has been told. */
SL_WAITS int keep_files(run *run, keep *files, size_t count);

/* How the run's options want files written. */
files_how keep_how(const run *run);

#endif
