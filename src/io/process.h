/* process.h: from the options to a running child. */
#ifndef SL_IO_PROCESS_H
#define SL_IO_PROCESS_H

#include <spawn.h>

#include <starling/process.h>

typedef struct sl__launched {
    pid_t pid;
    int pidfd;   /* -1: this kernel has none */
    int ours[3]; /* our ends of the pipes, by number; -1 */
} sl__launched;

/* Start the program. Blocks until it is loaded. */
int sl__process_launch(const sl_process_options *options, sl__launched *out);

/* A child begins with default signals, none of them blocked; in a process group
 * of its own where that is asked for. */
int sl__spawn_attributes_set(posix_spawnattr_t *attributes, bool new_group);

#endif
