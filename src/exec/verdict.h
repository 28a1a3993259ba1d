/* verdict.h: how a worker ended, in a word. */
#ifndef SL_EXEC_VERDICT_H
#define SL_EXEC_VERDICT_H

/* "crashed:SIGSEGV", "killed:SIGKILL", "exited:3" for a wait status. Static. */
const char *sl__verdict(int status);

#endif
