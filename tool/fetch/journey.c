/* A redirect is a request to somebody else, who has the same rights as those
 * that the list names: a slot, peace, distance, robots.txt.
 *
 * Who waits for a turn elsewhere has none meanwhile, neither a slot of the last
 * server nor one among all downloads; so nobody who holds one waits for
 * another, and servers that send to each other cannot stop each other. What the
 * item keeps is its place at the server that the list names (`begun`), which
 * bounds how many wait for where that one sends them.
 */
#include "fetch/journey.h"

#include <errno.h>

#include <starling/error.h>

#include "fetch/permission.h"
#include "fetch/robots.h"
#include "fetch/verdict.h"
#include "text/host.h"

static int ask_permission(journey *j, const char *url,
                          sl_http_response *response)
{
    int rc;

    /* curl would take "http:///a/b" for a server called "a". */
    if (j->at->name[0] == '\0')
        return sl_fail(-EINVAL, "the address names no server");
    rc = j->obeys_robots ? permission_get(j->fetcher, j->at, url, response) : 0;
    if (rc == -EACCES)
        return sl_fail(rc, "robots: the robots.txt of %s keeps programs away",
                       j->at->name);
    if (rc == -EBUSY)
        j->not_before = host_free_at(j->at);
    return rc;
}

/* What the server says to programs, about what came. */
static int read_tag(const journey *j, int rc, const sl_http_response *response)
{
    const char *word;

    if (!j->obeys_robots || !verdict_is_good(rc, response) ||
        robots_tag_allows(response->robots_tag, j->fetcher->options.agent,
                          &word))
        return rc;
    return sl_fail(-EACCES, "robots: %s says %s (X-Robots-Tag)", j->at->name,
                   word);
}

static void leave(journey *j)
{
    if (j->at == NULL)
        return;
    slot_give(j->fetcher, j->at);
    hosts_put(&j->fetcher->hosts, j->at);
    j->at = NULL;
}

typedef struct travel {
    journey *journey;
    sl_http_response *response;
} travel;

/* sl_http_get() is about to follow a redirect. The item's clock stands while it
 * waits for its turn there. */
static int move_on(void *arg, const char *url)
{
    journey *j = ((travel *)arg)->journey;
    char name[TEXT_HOST_SIZE];
    host *next =
        hosts_get(&j->fetcher->hosts, text_host(url, name) != NULL ? name : "");
    int rc;

    if (next == NULL)
        return -ENOMEM;
    limit_stop(&j->limit);
    leave(j);
    fetcher_tell_change(j->fetcher);
    rc = slot_take(j->fetcher, next);
    if (rc == -EAGAIN)
        j->not_before = host_free_at(next);
    if (rc == 0)
        j->at = next;
    else
        hosts_put(&j->fetcher->hosts, next);
    limit_go_on(&j->limit);
    return rc == 0 ? ask_permission(j, url, ((travel *)arg)->response) : rc;
}

int journey_go(journey *j, const char *url, sl_time length,
               const sl_http_options *options, sl_http_response *response)
{
    travel travel = { j, response };
    sl_http_options how = *options;
    int rc;

    how.on_redirect = move_on;
    how.redirect_arg = &travel;
    hosts_keep(j->first);
    j->at = j->first;
    j->not_before = 0;
    limit_open(&j->limit, length);
    rc = ask_permission(j, url, response);
    if (rc == 0)
        rc = read_tag(j, sl_http_get(j->fetcher->http, url, &how, response),
                      response);
    rc = limit_close(&j->limit, rc);
    leave(j);
    return rc;
}
