/* starling serve: pictures for whoever wants to try a downloader, this one or
 * another, against a server that is slow, busy or broken as ordered. */
#include "cmd/commands.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include <starling/error.h>
#include <starling/signal.h>

#include "origin/origin.h"

static void tell(run *run, const origin *origin)
{
    const char *url = origin_url(origin), *folder = run->options->inputs[0];

    console_line(run->console, "📡 Serving %s on %s/", folder, url);
    console_line(run->console,
                 "🔭 Try: starling apod --base-url %s --allow-private", url);
    console_line(run->console,
                 "🧪 Faults on request: %s/NAME?status=503"
                 "&retry_after=2&times=1",
                 url);
    if (run->options->listen != NULL)
        console_message(run->console,
                        "others can reach this server on %s: whoever can see "
                        "that address can see %s",
                        run->options->listen, folder);
}

/* Ctrl-C is how a server ends, and no failure. */
static int tell_and_wait(run *run, const origin *origin)
{
    static const int ends[] = { SIGINT, SIGTERM };
    sl_signal *signals;
    int rc = sl_signal_open(ends, 2, &signals);

    if (rc < 0)
        return rc;
    tell(run, origin);
    rc = sl_signal_next(signals);
    sl_signal_close(signals);
    return rc < 0 ? rc : 0;
}

static int serve(run *run, origin *origin)
{
    sl_group group;
    int rc, closed;

    sl_group_open(&group);
    sl_task_set_name(sl_group_spawn(&group, origin_serve, origin), "serve");
    rc = tell_and_wait(run, origin);
    sl_group_cancel(&group);
    closed = sl_group_close(&group);
    return rc < 0 ? rc : closed;
}

static const char *why(int rc)
{
    return rc == -EADDRINUSE      ? "the port is taken"
           : rc == -EADDRNOTAVAIL ? "this machine has no such address"
           : rc == -EINVAL        ? "that is no numeric address"
                                  : sl_strerror(rc);
}

int command_serve(run *run)
{
    const struct options *options = run->options;
    origin_options how = { .address = options->listen,
                           .any_address = options->listen != NULL,
                           .port = (int)options->port,
                           .folder = options->inputs[0],
                           .bandwidth = (uint64_t)options->bandwidth };
    origin *origin;
    int rc;

    /* The default is one of `compare`. */
    if (options_origin(options, "latency") != ORIGIN_DEFAULT)
        how.latency = options->latency;
    rc = origin_open(&how, &origin);
    if (rc == -ENOENT || rc == -ENOTDIR || rc == -EACCES)
        run_fail(run, STATUS_USAGE, "cannot serve %s: %s", how.folder,
                 sl_strerror(rc));
    else if (rc < 0)
        run_fail(run, rc == -ENOMEM ? STATUS_INTERNAL : STATUS_USAGE,
                 "cannot listen on %s, port %d: %s",
                 how.address ? how.address : "127.0.0.1", how.port, why(rc));
    if (rc < 0)
        return run->status;
    rc = serve(run, origin);
    origin_close(origin);
    if (rc < 0 && rc != SL_ECANCELED)
        run_fail(run, STATUS_INTERNAL, "%s", sl_strerror(rc));
    return run->status;
}
