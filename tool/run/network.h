/* network.h: how a run asks servers. */
#ifndef TOOL_RUN_NETWORK_H
#define TOOL_RUN_NETWORK_H

#include "run/run.h"

/* How to reach servers and what to say to each, as the options say: addresses,
 * proxy, certificates; limits and headers. Lent from the options. */
sl_http_client_options network_client(const struct options *options);
sl_http_options network_request(const struct options *options);

/* Warn of --insecure. */
void network_warn(console *console, const struct options *options);

/* Make the run's fetcher, as the options and the plan say. Returns 0, or an
 * error that has been told. */
int network_open(run *run);

#endif
