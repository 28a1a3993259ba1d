/* launch.h: start a worker program's helper process. */
#ifndef SL_EXEC_LAUNCH_H
#define SL_EXEC_LAUNCH_H

#include <stdbool.h>
#include <sys/types.h>

typedef struct sl__spawned {
    pid_t pid;
    int pidfd;   /* readable when it has ended */
    int channel; /* our end, never blocking */
} sl__spawned;

/* Open a program to be started later, and again, whatever becomes of its file
 * meanwhile. Returns a descriptor or a negative errno. */
int sl__program_open(const char *path);

/* Start it. `path` is only its name. The caller closes both descriptors and
 * reaps the process. Returns 0 or a negative errno. */
int sl__spawn_helper(int program, const char *path, bool show_stderr,
                     sl__spawned *out);

#endif
