/* Get a body, however often one has to ask.
 *
 * An item's time limit counts the time in which we work for it: transfers, and
 * the pauses between attempts that we chose. It does not count the wait for a
 * turn, which is the run's doing, nor the peace that a server asked for.
 */
#include "fetch/fetch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <starling/error.h>

#include "fetch/fetcher.h"
#include "fetch/journey.h"
#include "fetch/verdict.h"
#include "text/host.h"

enum {
    HEADERS_MOST = 24,
    VERSION_SIZE = 1024,
    RESUMES = 8, /* of a file whose connection breaks, each with progress */
};

typedef struct item {
    fetcher *fetcher;
    const char *url;
    host *host;
    fetch_course *course;
    sl_http_options http;
    sl_http_response response; /* of the latest attempt */
    fetch_result *result;
    journey journey;
    bool asks_for_change;
    const char *lines[HEADERS_MOST + 1]; /* of the request */
    char if_none_match[VERSION_SIZE], if_modified_since[VERSION_SIZE];
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
    sl_time asked = item->course->not_before > item->host->not_before
                        ? item->course->not_before
                        : item->host->not_before;
    sl_time wait = asked - sl_now();

    snprintf(reason, sizeof reason,
             "the server asks to come back in %lld s: try again then",
             (long long)((wait + SL_S(1) - 1) / SL_S(1)));
    return write_outcome(item, -EAGAIN, "rate-limited", reason);
}

static sl_time time_left(const item *item)
{
    return item->fetcher->options.timeout - item->course->spent;
}

/* One transfer, within what is left of the item's time. */
static int attempt(item *item)
{
    journey *journey = &item->journey;
    int rc;

    item->course->attempts++;
    rc = journey_go(journey, item->url, time_left(item), &item->http,
                    &item->response);
    item->course->spent += journey->limit.spent;
    return rc;
}

/* The server that answered wants peace; where a redirect led us to it, the one
 * that sent us there had better not send us again before. */
static void postpone(item *item, sl_time length)
{
    hosts *hosts = &item->fetcher->hosts;
    char name[TEXT_HOST_SIZE];
    host *answered;

    turn_postpone(item->fetcher, item->host, length);
    if (item->response.url == NULL ||
        text_host(item->response.url, name) == NULL)
        return;
    answered = hosts_get(hosts, name);
    if (answered == NULL)
        return; /* no memory: at least the host we know of has its peace */
    turn_postpone(item->fetcher, answered, length);
    hosts_put(hosts, answered);
}

/* The server has too much to do and does not say for how long. What is too much
 * for it is too much for all of its items. */
static void ease_off(item *item)
{
    item->host->overloads++;
    postpone(item, growing_pause(item->fetcher, item->host->overloads));
}

/* The next attempt comes after a pause of ours. False: no time for it. A server
 * that asked for less gets more: it is in trouble. */
static bool back_off(item *item)
{
    sl_time length = growing_pause(item->fetcher, item->course->attempts);

    item->course->not_before = sl_now() + length;
    if (item->host->not_before >= item->course->not_before)
        return true; /* the wait is the server's, not the item's */
    if (length >= time_left(item))
        return false;
    item->course->spent += length;
    return true;
}

enum { AGAIN = 1 };

/* It was sent to a server that wants to be left alone for long, or that cannot
 * say now what it lets programs have. This was no attempt: it has not been
 * asked. */
static int come_back(item *item)
{
    item->course->attempts--;
    item->course->not_before = item->journey.not_before;
    return AGAIN;
}

/* An attempt has failed for `rc`. AGAIN: make another one. */
static int after_failure(item *item, int rc)
{
    const sl_http_response *response = &item->response;
    int failure;

    if (rc == SL_ECANCELED)
        return rc;
    if (item->journey.limit.is_over)
        return fail_out_of_time(item);
    if (item->journey.not_before > 0)
        return come_back(item);
    failure = verdict_write(rc, response, item->result);
    if (verdict_asks_for_time(rc, response))
        postpone(item, response->retry_after);
    else if (rc == 0 && verdict_is_overload(response))
        ease_off(item);
    if (!verdict_may_retry(rc, response) ||
        item->course->attempts > item->fetcher->options.retries ||
        !host_take_retry(item->host))
        return failure;
    return back_off(item) ? AGAIN : failure;
}

/* What was wanted, or the word that it has not changed. */
static bool is_good(const item *item, int rc)
{
    return verdict_is_good(rc, &item->response) ||
           (rc == 0 && item->asks_for_change && item->response.status == 304);
}

/* With a turn, which ends here. */
static int try_once(item *item)
{
    int rc = attempt(item);

    turn_end(item->fetcher, item->host);
    if (!is_good(item, rc))
        return after_failure(item, rc);
    host_earn_retries(item->host);
    item->host->overloads = 0;
    return write_outcome(item, 0, "", "");
}

/* What the server asked for is waited for with the turn; the rest here. */
static int wait_for_attempt(item *item)
{
    sl_time when = item->course->not_before;
    pause pause;

    if (when <= sl_now() || when <= item->host->not_before)
        return 0;
    if (when - sl_now() > PEACE_MAX)
        return -EAGAIN;
    pause_open(&pause, item->fetcher);
    return pause_close(&pause, sl_sleep_until(when));
}

static int take_turn(item *item)
{
    int rc = wait_for_attempt(item);

    if (rc == 0)
        rc = turn_take(item->fetcher, item->host);
    return rc == -EAGAIN ? fail_too_busy(item) : rc;
}

static void hand_over(item *item)
{
    fetch_result *result = item->result;

    result->body = item->response.body;
    result->size = result->body.size;
    result->proven = item->response.proven;
    result->status = item->response.status;
    result->attempts = item->course->attempts;
    result->etag = item->response.etag;
    result->last_modified = item->response.last_modified;
    result->encoding = item->response.encoding;
    item->response.etag = item->response.last_modified = NULL;
    item->response.encoding = NULL;
    item->response.body = (sl_shm){ .fd = -1 };
    sl_http_response_fini(&item->response);
}

/* "Name: value", unless there is no value or no room for it. */
static bool write_line(const char *name, const char *value,
                       char line[VERSION_SIZE])
{
    return value != NULL && strlen(name) + strlen(value) < VERSION_SIZE &&
           snprintf(line, VERSION_SIZE, "%s%s", name, value) > 0;
}

/* The fetcher's headers, and those that ask for another version only. */
static void write_headers(item *item, const fetch_options *options)
{
    const char *const *from = item->fetcher->options.request.headers;
    int count = 0;

    while (from != NULL && from[count] != NULL && count < HEADERS_MOST - 2) {
        item->lines[count] = from[count];
        count++;
    }
    if (write_line("If-None-Match: ", options->etag, item->if_none_match))
        item->lines[count++] = item->if_none_match;
    if (write_line("If-Modified-Since: ", options->last_modified,
                   item->if_modified_since))
        item->lines[count++] = item->if_modified_since;
    item->http.headers = item->lines;
}

static void begin_item(item *item, fetcher *fetcher, host *host,
                       const char *url, const fetch_options *options,
                       fetch_course *course, fetch_result *result)
{
    static const fetch_options usual;

    *item = (struct item){
        .fetcher = fetcher,
        .url = url,
        .host = host,
        .course = course,
        .http = fetcher->options.request,
        .response = { .body.fd = -1 },
        .result = result,
    };
    *result = (fetch_result){ .body.fd = -1 };
    if (options == NULL)
        options = &usual;
    item->http.max_body = options->max_bytes > 0 ? options->max_bytes
                                                 : fetcher->options.max_bytes;
    item->http.max_resumes = RESUMES;
    item->http.keep_encoded = options->keep_encoded;
    item->journey = (journey){ .fetcher = fetcher,
                               .first = host,
                               .obeys_robots = options->obeys_robots };
    item->asks_for_change =
        options->etag != NULL || options->last_modified != NULL;
    write_headers(item, options);
}

int fetch_try(fetcher *fetcher, fetch_turn *turn, const char *url,
              const fetch_options *options, fetch_course *course,
              fetch_result *result)
{
    item item;
    int rc;

    begin_item(&item, fetcher, turn, url, options, course, result);
    rc = try_once(&item);
    hosts_put(&fetcher->hosts, turn);
    hand_over(&item);
    return rc;
}

int fetch_get(fetcher *fetcher, const char *url, const fetch_options *options,
              fetch_result *result)
{
    fetch_course course = { 0 };
    item item;
    char name[TEXT_HOST_SIZE];
    int rc;

    begin_item(
        &item, fetcher,
        hosts_get(&fetcher->hosts, text_host(url, name) != NULL ? name : ""),
        url, options, &course, result);
    if (item.host == NULL)
        return write_outcome(&item, -ENOMEM, "network", "out of memory");
    do {
        sl_http_response_fini(&item.response);
        rc = take_turn(&item);
        if (rc < 0)
            break;
        rc = try_once(&item);
    } while (rc == AGAIN);
    hosts_put(&fetcher->hosts, item.host);
    hand_over(&item);
    return rc;
}

void fetch_result_fini(fetch_result *result)
{
    sl_shm_close(&result->body);
    free(result->etag);
    free(result->last_modified);
    free(result->encoding);
    *result = (fetch_result){ .body.fd = -1 };
}
