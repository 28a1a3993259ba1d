/* own_program.h: when the workers of a pool are this very program. */
#ifndef SL_EXEC_OWN_PROGRAM_H
#define SL_EXEC_OWN_PROGRAM_H

#include <stdbool.h>

/* Whether a pool has started this process to be its helper. */
bool sl__is_helper(int argc, char **argv);

/* Set once sl_main() has seen that this is no helper: one that is started will
 * be recognised. */
extern bool sl__own_program_is_known;

#endif
