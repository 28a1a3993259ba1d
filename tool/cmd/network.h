/* network.h: how a run asks servers. */
#ifndef TOOL_CMD_NETWORK_H
#define TOOL_CMD_NETWORK_H

#include "cmd/run.h"

/* Make the run's fetcher, as the options and the plan say. Returns 0, or an
 * error that has been told. */
int network_open(run *run);

#endif
