/* worker.h: what the helper and the workers it forks share. */
#ifndef SL_EXEC_WORKER_H
#define SL_EXEC_WORKER_H

#include <starling/worker.h>

/* The note that was left last, or "". */
const char *sl__worker_note_text(void);

/* Serve jobs on SL_WORKER_CHANNEL and in the region behind the descriptor,
 * which it takes, until the channel ends. Returns an exit status. */
int sl__worker_serve(const sl_worker_options *options, int region_fd);

#endif
