/* How a run asks servers: what the options say, handed to the fetcher. */
#include "run/network.h"

#include <errno.h>
#include <string.h>

#include <starling/error.h>

#include "run/peace.h"

enum { PER_HOST = 6 };

static void order_may_go_on(void *arg)
{
    order_changed(&((run *)arg)->order);
}

static const char *allowed(const struct options *options)
{
    const char *addresses = options->allow_address;

    return addresses != NULL && strcmp(addresses, "none") == 0 ? NULL
                                                               : addresses;
}

sl_http_client_options network_client(const struct options *options)
{
    return (sl_http_client_options){ .user_agent = options->user_agent,
                                     .proxy = options->proxy,
                                     .ca_file = options->ca_file,
                                     .client_cert = options->client_cert,
                                     .client_key = options->client_key,
                                     .netrc = options->netrc,
                                     .insecure = options->insecure,
                                     .http2 = options->http2,
                                     .allow_private = options->allow_private,
                                     .allow_addresses = allowed(options) };
}

sl_http_options network_request(const struct options *options)
{
    return (sl_http_options){ .connect_limit = options->connect_timeout,
                              .first_limit = options->first_byte_timeout,
                              .stall_limit = options->stall_timeout,
                              .headers = options->headers.lines };
}

void network_warn(console *console, const struct options *options)
{
    if (options->insecure)
        console_message(console,
                        "WARNING: certificates are not checked (--insecure): "
                        "anybody on the way can read and change what is "
                        "fetched");
}

int network_open(run *run)
{
    const struct options *options = run->options;
    fetcher_options how = {
        .http = network_client(options),
        .request = network_request(options),
        .downloads = (int)options->downloads,
        .per_host = (int)(options->per_host     ? options->per_host
                          : run->plan->per_host ? run->plan->per_host
                                                : PER_HOST),
        .retries = (int)options->retries,
        .max_bytes = (uint64_t)options->max_bytes,
        .timeout = options->timeout,
        .agent = options->user_agent,
        .delay = options->delay,
        .on_change = order_may_go_on,
        .on_peace = peace_note,
        .arg = run,
    };
    int rc;

    if (run->plan->allow_loopback)
        how.http.allow_addresses = "127.0.0.0/8,::1/128";
    rc = fetcher_new(&how, &run->fetcher);
    run->obeys_robots = run->plan->obeys_robots && !options->ignore_robots;
    if (rc == 0)
        network_warn(run->console, options);
    if (rc == 0 && peace_recall(run) < 0)
        return run_fail_books(run);
    if (rc < 0)
        run_fail(run, rc == -EINVAL ? STATUS_USAGE : STATUS_INTERNAL, "%s",
                 sl_explain(rc));
    return rc;
}
