/* Get a body, however often one has to ask.
 *
 * An item's time limit counts the time in which we work for it: transfers, and
 * the pauses between attempts that we chose. It does not count the wait for a
 * turn, which is the run's doing, nor the peace that a server asked for.
 *
 * Pauses grow and are random over their whole length, because what failed
 * together would otherwise come back together.
 */
#include "fetch/fetch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <starling/error.h>

#include "fetch/fetcher.h"
#include "fetch/verdict.h"

#define FIRST_PAUSE SL_MS(500)
#define LONGEST_PAUSE SL_S(30)

typedef struct {
    fetcher *fetcher;
    const char *url;
    host *host;
    sl_http_options http;
    sl_http_response response; /* of the latest attempt */
    fetch_result *result;
    sl_time left; /* of the item's time limit */
    bool out_of_time;
} item;

static int write_outcome(item *item, int rc, const char *class_name,
                         const char *reason)
{
    fetch_result *result = item->result;

    snprintf(result->class_name, sizeof result->class_name, "%s", class_name);
    snprintf(result->reason, sizeof result->reason, "%s", reason);
    return rc;
}

static int fail_out_of_time(item *item)
{
    char reason[64];

    snprintf(reason, sizeof reason, "not done within %g s",
             (double)item->fetcher->options.timeout / 1e9);
    return write_outcome(item, SL_ETIMEDOUT, "timeout", reason);
}

static int fail_too_busy(item *item)
{
    char reason[96];
    sl_time wait = item->host->not_before - sl_now();

    snprintf(reason, sizeof reason,
             "the server asks to come back in %lld s: try again then",
             (long long)((wait + SL_S(1) - 1) / SL_S(1)));
    return write_outcome(item, -EAGAIN, "rate-limited", reason);
}

/* One transfer, within what is left of the item's time. */
static int attempt(item *item)
{
    sl_time start = sl_now();
    sl_scope limit;
    int rc;

    sl_http_response_fini(&item->response);
    item->result->attempts++;
    sl_timeout_open(&limit, item->left);
    rc = sl_http_get(item->fetcher->http, item->url, &item->http,
                     &item->response);
    rc = sl_scope_close(&limit, rc);
    item->out_of_time = sl_scope_caught(&limit);
    item->left -= sl_now() - start;
    return rc;
}

/* The server that answered wants peace; where a redirect led us to it, the one
 * that sent us there had better not send us again before. */
static void postpone(item *item)
{
    host *answered = hosts_get(&item->fetcher->hosts, item->response.url);

    turn_postpone(item->host, item->response.retry_after);
    if (answered == NULL)
        return; /* no memory: at least the host we know of has its peace */
    turn_postpone(answered, item->response.retry_after);
    hosts_put(answered);
}

/* Pause before the next attempt. -EAGAIN: there is no time for it. */
static int back_off(item *item)
{
    int doublings = item->result->attempts - 1;
    sl_time most = doublings < 6 ? FIRST_PAUSE << doublings : LONGEST_PAUSE;
    sl_time length;
    pause pause;

    if (most > LONGEST_PAUSE)
        most = LONGEST_PAUSE;
    length = jitter(item->fetcher, most);
    if (length >= item->left)
        return -EAGAIN;
    item->left -= length;
    pause_open(&pause, item->fetcher);
    return pause_close(&pause, sl_sleep(length));
}

/* An attempt has failed for `rc`. 0: make another one. */
static int after_failure(item *item, int rc)
{
    const sl_http_response *response = &item->response;
    int failure, paused;

    if (rc == SL_ECANCELED)
        return rc;
    if (item->out_of_time)
        return fail_out_of_time(item);
    failure = verdict_write(rc, response, item->result);
    if (verdict_asks_for_time(rc, response))
        postpone(item);
    if (!verdict_may_retry(rc, response) ||
        item->result->attempts > item->fetcher->options.retries)
        return failure;
    if (verdict_asks_for_time(rc, response))
        return 0; /* the next turn comes when the server wants it */
    paused = back_off(item);
    return paused == -EAGAIN ? failure : paused;
}

static int take_turn(item *item)
{
    int rc = turn_take(item->fetcher, item->host);

    return rc == -EAGAIN ? fail_too_busy(item) : rc;
}

static int run(item *item)
{
    int rc;

    do {
        rc = take_turn(item);
        if (rc < 0)
            return rc;
        rc = attempt(item);
        turn_give(item->fetcher, item->host);
        if (verdict_is_good(rc, &item->response))
            return write_outcome(item, 0, "", "");
        rc = after_failure(item, rc);
    } while (rc == 0);
    return rc;
}

static void hand_over(item *item)
{
    fetch_result *result = item->result;

    result->body = item->response.body;
    result->size = result->body.size;
    result->proven = item->response.proven;
    result->status = item->response.status;
    item->response.body = (sl_shm){ .fd = -1 };
    sl_http_response_fini(&item->response);
}

int fetch_get(fetcher *fetcher, const char *url, const fetch_options *options,
              fetch_result *result)
{
    item item = {
        .fetcher = fetcher,
        .url = url,
        .http.max_body = fetcher->options.max_bytes,
        .response = { .body.fd = -1 },
        .result = result,
        .left = fetcher->options.timeout,
    };
    int rc;

    *result = (fetch_result){ .body.fd = -1 };
    if (options != NULL && options->max_bytes > 0)
        item.http.max_body = options->max_bytes;
    item.host = hosts_get(&fetcher->hosts, url);
    if (item.host == NULL)
        return write_outcome(&item, -ENOMEM, "network", "out of memory");
    rc = run(&item);
    hosts_put(item.host);
    hand_over(&item);
    return rc;
}

void fetch_result_fini(fetch_result *result)
{
    sl_shm_close(&result->body);
    *result = (fetch_result){ .body.fd = -1 };
}
