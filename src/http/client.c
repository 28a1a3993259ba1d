/* An HTTP client comes and goes.
 *
 * What a client has open lives in the loop: libuv's handles, and connections
 * whose closing runs TLS code. So a client is not freed where the caller says
 * so, which may be a task, but on the loop's native stack a moment later, or
 * when the loop closes, whichever is first.
 */
#include "http/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <starling/debug.h>
#include <starling/error.h>

#include "base/assert.h"
#include "base/given.h"
#include "sched/uv.h"

enum { CONNECTIONS = 256, PER_HOST = 64 };

/* What the loop is to do at its end. It cannot be taken back, so it outlives
 * the client: a few bytes a client until the loop closes. */
struct client_exit {
    sl__loop_exit entry;
    sl_loop *loop;
    sl_http_client *client; /* NULL once closed */
};

static void free_client(sl_http_client *client)
{
    sl__hosts_fini(&client->hosts);
    sl__policy_fini(&client->policy);
    sl__proxies_fini(&client->proxies);
    sl__identity_fini(&client->identity);
    sl__release(client);
}

static void on_driver_closed(sl__driver *driver)
{
    free_client(sl__container_of(driver, sl_http_client, driver));
}

static void close_client(sl_http_client *client)
{
    client->exit->client = NULL;
    sl__driver_close(&client->driver, on_driver_closed);
}

static void run_closing(sl__errand *errand)
{
    close_client(sl__container_of(errand, sl_http_client, closing));
}

static void on_loop_exit(void *arg)
{
    struct client_exit *exit = arg;

    if (exit->client != NULL) {
        sl__hosts_fini(&exit->client->hosts);
        close_client(exit->client);
    }
    free(exit);
}

static int fill_policy(sl_http_client *client,
                       const sl_http_client_options *options)
{
    const char *wrong = "";
    int rc = sl__policy_init(&client->policy, options->allow_private,
                             options->allow_addresses, &wrong);

    if (rc == -EINVAL)
        return sl_fail(rc, "allowed addresses: \"%.*s\" is no network",
                       (int)strcspn(wrong, ", \t\r\n"), wrong);
    return rc;
}

static int fill(sl_http_client *client, const sl_http_client_options *options)
{
    int rc = fill_policy(client, options);

    client->proxied.allow_all = true;
    if (rc == 0)
        rc = sl__proxies_init(&client->proxies, options->proxy);
    if (rc == 0)
        rc = sl__identity_init(&client->identity, options);
    return rc;
}

static void open_client(sl_http_client *client, sl_loop *loop,
                        const sl_http_client_options *options)
{
    int connections = options->max_connections;
    int per_host = options->max_per_host;

    if (connections <= 0)
        connections = CONNECTIONS;
    client->slots = (sl_semaphore)SL_SEMAPHORE_INIT(connections);
    client->closing.run = run_closing;
    sl__hosts_init(&client->hosts, per_host > 0 ? per_host : PER_HOST);
    sl__driver_init(&client->driver, loop, connections);
    *client->exit = (struct client_exit){
        .entry = { .fn = on_loop_exit, .arg = client->exit },
        .loop = loop,
        .client = client,
    };
    sl__loop_at_exit(loop, &client->exit->entry);
}

int sl_http_client_new(const sl_http_client_options *options,
                       sl_http_client **out)
{
    sl_given(out);

    static const sl_http_client_options defaults;
    sl_loop *loop = sl_loop_current();
    sl_http_client *client;
    int rc;

    if (loop == NULL)
        return sl_fail(-EINVAL, "an HTTP client needs a loop that runs");
    if (sl_loop_is_debugged(loop))
        sl__released_watch(); /* this library's own */
    if (options == NULL)
        options = &defaults;
    client = calloc(1, sizeof *client);
    if (client == NULL)
        return -ENOMEM;
    sl__hosts_init(&client->hosts, 1);
    client->exit = malloc(sizeof *client->exit);
    rc = client->exit != NULL ? fill(client, options) : -ENOMEM;
    if (rc < 0) {
        free(client->exit);
        free_client(client);
        return rc;
    }
    open_client(client, loop, options);
    *out = client;
    return 0;
}

void sl_http_client_free(sl_http_client *client)
{
    if (client == NULL)
        return;
    sl_given(client);
    sl_assert(client->requests == 0 &&
              "an HTTP client is freed when no task is inside of it");
    sl__retire(client);
    sl__driver_queue(&client->driver, &client->closing);
}
