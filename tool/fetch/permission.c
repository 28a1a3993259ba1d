/* Whether a server lets programs fetch something: its robots.txt, asked for
 * once and remembered with what else is known of the server.
 *
 * One item asks, others of the server wait for the answer. No file (4xx) allows
 * everything. A server that cannot say at the moment (5xx, 429) is left alone
 * for as long as it asks for, or a growing while, and then asked again; nothing
 * is held against items that wait for it. Only when it has failed to say so
 * often that an item would be given up does it allow nothing, until it is asked
 * once more a minute later. Where there is not even a connection the item fails
 * for that reason, as it would have without us.
 */
#include "fetch/permission.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <starling/error.h>

#include "fetch/robots.h"
#include "fetch/verdict.h"

#define KNOWN_FOR SL_S(24 * 3600)
#define UNKNOWN_FOR SL_S(60)
#define FAILED_FOR SL_S(5)

enum { REDIRECTS = 5, URL_SIZE = 2048, BODY_MAX = 16 << 20, FULL = -ENOBUFS };

struct permission {
    sl_time until;   /* when it has to be asked again */
    bool is_asking;  /* somebody is at it */
    sl_event answer; /* has come */
    int rc;          /* 0: `rules` tell, and NULL allows everything */
    int failures;    /* in a row: it could not say */
    robots *rules;
    const char *stage; /* of a failure on the way */
    char reason[256];
};

typedef struct collection {
    char *data;
    size_t size;
} collection;

/* As much as is read of it; the rest is no failure. */
static int collect(void *arg, const void *data, size_t size)
{
    collection *c = arg;
    size_t room = ROBOTS_SIZE_MAX - c->size;

    memcpy(c->data + c->size, data, size < room ? size : room);
    c->size += size < room ? size : room;
    return size > room ? FULL : 0;
}

/* "https://host" of a URL, and the file's name behind it. */
static int make_url(const char *url, char out[URL_SIZE])
{
    const char *host = strstr(url, "://");
    size_t size;

    if (host == NULL)
        return -EINVAL;
    size = (size_t)(host + 3 - url) + strcspn(host + 3, "/?#");
    if (size + sizeof "/robots.txt" > URL_SIZE)
        return -EINVAL;
    memcpy(out, url, size);
    strcpy(out + size, "/robots.txt");
    return 0;
}

static void settle(struct permission *p, int rc, sl_time length)
{
    p->rc = rc;
    p->until = sl_now() + length;
}

/* Not now; and perhaps it will be able to soon. */
static void note_no_word(fetcher *f, host *host, struct permission *p, int rc,
                         const sl_http_response *response)
{
    bool may_retry =
        verdict_may_retry(rc, response) && p->failures < f->options.retries;
    sl_time asked =
        rc == 0 && verdict_is_overload(response) ? response->retry_after : -1;
    sl_time pause;

    if (rc == 0)
        snprintf(p->reason, sizeof p->reason, "it answered %d",
                 response->status);
    else
        snprintf(p->reason, sizeof p->reason, "%s", sl_errmsg());
    p->failures++;
    pause = asked > 0 ? asked : growing_pause(f, p->failures);
    if (may_retry || asked > 0)
        turn_postpone(f, host, pause);
    settle(p, may_retry ? -EBUSY : -EREMOTEIO, may_retry ? pause : UNKNOWN_FOR);
}

/* There was an answer, or the beginning of one. */
static int read_answer(fetcher *f, host *host, struct permission *p, int rc,
                       const sl_http_response *response, const collection *text)
{
    int status = response->status;
    bool is_there = (rc == 0 || rc == FULL) && status == 200;
    bool is_missing =
        (rc == 0 && status < 500 && status != 429) || rc == -ELOOP;

    robots_free(p->rules);
    p->rules = NULL;
    if (!is_there && !is_missing) {
        note_no_word(f, host, p, rc, response);
        return 0;
    }
    p->failures = 0;
    if (is_there)
        p->rules = robots_parse(text->data, text->size, f->options.agent);
    if (is_there && p->rules == NULL)
        return -ENOMEM;
    settle(p, 0, KNOWN_FOR);
    return 0;
}

static void note_failure(struct permission *p, int rc,
                         const sl_http_response *response)
{
    p->stage = response->stage;
    snprintf(p->reason, sizeof p->reason, "%s", sl_errmsg());
    settle(p, rc, FAILED_FOR);
}

static int ask(fetcher *f, host *host, struct permission *p, const char *url,
               collection *text)
{
    sl_http_options how = f->options.request;
    sl_http_response response;
    char name[URL_SIZE];
    int rc = make_url(url, name);

    if (rc < 0)
        return sl_fail(rc, "the address is too long");
    how.max_body = BODY_MAX;
    how.max_redirects = REDIRECTS;
    how.on_body = collect;
    how.arg = text;
    rc = sl_http_get(f->http, name, &how, &response);
    if (rc == -EINVAL) /* the item's own address will say it better */
        settle(p, 0, FAILED_FOR);
    else if (rc < 0 && rc != FULL && rc != -ELOOP && rc != SL_ECANCELED &&
             response.status == 0)
        note_failure(p, rc, &response);
    else if (rc != SL_ECANCELED)
        rc = read_answer(f, host, p, rc, &response, text);
    sl_http_response_fini(&response);
    return rc == SL_ECANCELED || rc == -ENOMEM ? rc : 0;
}

static int ask_alone(fetcher *f, host *host, struct permission *p,
                     const char *url)
{
    collection text = { .data = malloc(ROBOTS_SIZE_MAX) };
    int rc = -ENOMEM;

    sl_event_clear(&p->answer);
    p->is_asking = true;
    if (text.data != NULL)
        rc = ask(f, host, p, url, &text);
    p->is_asking = false;
    sl_event_set(&p->answer); /* also if there is none: the next one asks */
    free(text.data);
    return rc;
}

static struct permission *find(host *host, const char *url)
{
    struct permission **at =
        &host->permissions[strncasecmp(url, "https:", 6) == 0];

    if (*at == NULL)
        *at = calloc(1, sizeof **at);
    return *at;
}

int permission_get(fetcher *f, host *host, const char *url,
                   sl_http_response *response)
{
    struct permission *p = find(host, url);
    bool was_asked = false; /* not now: then not once more at once */
    int rc = p != NULL ? 0 : -ENOMEM;

    while (rc == 0 && p->until <= sl_now() && !(was_asked && p->rc == -EBUSY)) {
        rc = p->is_asking ? sl_event_wait(&p->answer)
                          : ask_alone(f, host, p, url);
        was_asked = true;
    }
    if (rc < 0)
        return rc;
    if (p->rc == 0)
        return p->rules == NULL || robots_allows(p->rules, url) ? 0 : -EACCES;
    if (p->rc == -EREMOTEIO || p->rc == -EBUSY)
        return sl_fail(p->rc,
                       "robots: %s cannot say now what programs may fetch "
                       "(robots.txt: %s)",
                       host->name, p->reason);
    response->stage = p->stage;
    return sl_fail(p->rc, "%s", p->reason);
}

void permission_free(struct permission *p)
{
    if (p == NULL)
        return;
    robots_free(p->rules);
    free(p);
}

size_t permission_size(const struct permission *p)
{
    return p != NULL ? sizeof *p + robots_size(p->rules) : 0;
}
