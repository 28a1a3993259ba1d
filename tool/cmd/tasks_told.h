/* tasks_told.h: SIGUSR1: what does everything wait for? */
#ifndef TOOL_CMD_TASKS_TOLD_H
#define TOOL_CMD_TASKS_TOLD_H

/* A task's body: with each SIGUSR1, print the tree of tasks on stderr, and how
 * far the run is. `run` is lent. Ends when cancelled. */
int tasks_told_on_signal(void *run);

#endif
