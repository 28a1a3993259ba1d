/* A GET from the caller's point of view: hop by hop to the answer.
 *
 * Every hop is a request of its own: the host is looked up, its addresses are
 * judged, a slot is waited for, one transfer runs. Redirects are followed here
 * and nowhere else, so that none leads past a check. Slots are taken before
 * anything is given to libcurl: what it has, it works on at once.
 */
#include <starling/http.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <starling/error.h>
#include <starling/lookup.h>
#include <starling/scope.h>
#include <starling/task.h>

#include "base/given.h"
#include "http/client.h"
#include "http/transfer.h"

enum { REDIRECTS = 10, SHOWN_MAX = 160 };

/* A line that broke needs a moment. */
#define RESUME_PAUSE SL_MS(500)

typedef struct {
    sl_http_client *client;
    sl_http_response *response;
    sl_http_options options; /* with the defaults filled in */
    sl__url first;           /* as asked by the caller */
    sl__url url;             /* of this hop */
    sl__question question;
    sl__partial partial; /* of this hop's body */
    int resumes;
} request;

/* A name that waits behind others, which may have no server that answers, has
 * not been asked for; so its time has not begun. */
static int resolve(const request *r, sl__host *host)
{
    int rc;

    do {
        sl_scope limit;

        sl_timeout_open(&limit, r->options.connect_limit);
        rc = sl_scope_close(&limit, sl__host_resolve(host));
    } while (rc == SL_ETIMEDOUT && sl_lookup_is_queued(host->name));
    return rc;
}

static int look_up(request *r, sl__host *host)
{
    int rc;

    r->response->stage = "dns";
    rc = resolve(r, host);
    if (rc == -ENOENT)
        return sl_fail(rc, "no such host: %s", host->name);
    if (rc == -EAGAIN)
        return sl_fail(rc, "the name server has no answer about %s",
                       host->name);
    if (rc == SL_ETIMEDOUT)
        return sl_fail(rc, "no answer about the name %s within %g s",
                       host->name, (double)r->options.connect_limit / 1e9);
    if (rc < 0 && rc != SL_ECANCELED)
        return sl_fail(rc, "looking up %s: %s", host->name, sl_strerror(rc));
    return rc;
}

/* Keep what may be connected to; if that is nothing, say why. */
static int judge_addresses(request *r, const sl__host *host,
                           const sl__policy *policy)
{
    sl__addresses *kept = &r->question.addresses;
    const char *refusal = "unknown";
    char text[SL__ADDRESS_TEXT_MAX];

    r->response->stage = "address";
    kept->count = 0;
    for (int i = 0; i < host->found.count; i++) {
        const sl__address *address = &host->found.list[i];
        const char *kind = sl__policy_refusal(policy, &address->sa);

        if (kind == NULL)
            kept->list[kept->count++] = *address;
        else
            refusal = kind;
    }
    if (kept->count > 0)
        return 0;
    sl__address_text(&host->found.list[0].sa, text);
    if (host->is_numeric)
        return sl_fail(-EPERM, "%s is %s %s address: not allowed", text,
                       sl__address_article(refusal), refusal);
    return sl_fail(-EPERM, "%s leads to %s, %s %s address: not allowed",
                   host->name, text, sl__address_article(refusal), refusal);
}

static const char *stage_name(sl__stage stage)
{
    switch (stage) {
    case SL__STAGE_CONNECT:
        return "connect";
    case SL__STAGE_TLS:
        return "tls";
    case SL__STAGE_REQUEST:
        return "request";
    case SL__STAGE_BODY:
        return "body";
    case SL__STAGE_ADDRESS:
        return "address";
    }
    return "request";
}

static void move_text(char **to, char **from)
{
    free(*to);
    *to = *from;
    *from = NULL;
}

/* The caller gets what there is, also of an answer that failed half-way. */
static int hand_over(request *r, sl__transfer *t, int rc)
{
    sl_http_response *to = r->response;
    sl__headers *head = &t->head;
    int kept;

    to->stage = stage_name(t->stage);
    to->status = t->had > 0 && head->status == 206 ? 200 : head->status;
    to->body_size = t->received;
    to->proven = rc == 0 && t->proven;
    to->retry_after = sl__retry_after(head->retry_after, head->date);
    move_text(&to->content_type, &head->content_type);
    move_text(&to->etag, &head->etag);
    move_text(&to->last_modified, &head->last_modified);
    move_text(&to->robots_tag, &head->robots_tag);
    move_text(&to->encoding, &head->encoding);
    sl_shm_close(&to->body);
    if (rc < 0)
        return sl__transfer_fail(t, rc);
    kept = sl__body_finish(&t->body, &to->body);
    if (kept < 0)
        return sl_fail(kept, "the body could not be kept: %s",
                       sl_strerror(kept));
    return 0;
}

static bool is_redirect(int status)
{
    return (status >= 301 && status <= 303) || status == 307 || status == 308;
}

/* What transfer() says when the rest is to be asked for. */
enum { RESUME = 1 };

/* The connection ended inside of a body that we keep, and may be asked again.
 */
static bool has_broken(const request *r, const sl__transfer *t, int rc)
{
    return r->resumes < r->options.max_resumes && t->stage == SL__STAGE_BODY &&
           (!t->asks_for_part || t->had > 0) && r->options.on_body == NULL &&
           (rc == SL_EINCOMPLETE || rc == -ECONNRESET || rc == SL_ETIMEDOUT);
}

static int transfer(request *r, sl__host *peer, const sl__policy *policy,
                    char **location)
{
    sl__transfer *t;
    bool outdated;
    int rc = judge_addresses(r, peer, policy);

    if (rc < 0)
        return rc;
    t = sl__transfer_new(&r->client->driver, &r->question);
    if (t == NULL)
        return -ENOMEM;
    rc = sl__transfer_run(t);
    outdated = t->outdated;
    if (outdated && t->had > 0) { /* nothing came: what there was stays */
        r->partial.body = t->body;
        t->body = SL__BODY_EMPTY;
    }
    if (has_broken(r, t, rc) &&
        sl__partial_keep(&r->partial, &t->head, &t->body))
        rc = RESUME;
    else if (rc != SL_ECANCELED)
        rc = hand_over(r, t, rc);
    if (rc == 0 && is_redirect(r->response->status))
        move_text(location, &t->head.location);
    sl__transfer_free(t);
    return outdated ? -ESTALE : rc;
}

/* With a slot of the host: find the way to the server, ask it. */
static int ask_peer(request *r, sl__host *peer, const sl__policy *policy,
                    char **location)
{
    int rc;

    /* A second time if libcurl came to need the addresses again, for a kept
     * connection that was dead, after it had forgotten them. */
    for (int i = 0; i < 2; i++) {
        rc = look_up(r, peer);
        if (rc < 0)
            return rc;
        r->response->stage = "request";
        rc = sl_semaphore_acquire(&r->client->slots);
        if (rc < 0)
            return rc;
        rc = transfer(r, peer, policy, location);
        sl_semaphore_release(&r->client->slots);
        if (rc != -ESTALE)
            return rc;
    }
    return -EAGAIN;
}

/* ... and for the rest of its answer, should the connection break. */
static int ask_to_the_end(request *r, sl__host *peer, const sl__policy *policy,
                          char **location)
{
    int rc;

    while ((rc = ask_peer(r, peer, policy, location)) == RESUME) {
        r->resumes++;
        r->question.partial = &r->partial;
        rc = sl_sleep(RESUME_PAUSE);
        if (rc < 0)
            break;
    }
    sl__partial_forget(&r->partial);
    return rc;
}

static void put_question(request *r, const sl__proxy *proxy,
                         const sl__host *peer)
{
    sl_http_client *client = r->client;

    r->question = (sl__question){
        .url = &r->url,
        .policy = proxy != NULL ? &client->proxied : &client->policy,
        .connect_host = peer->is_numeric ? NULL : peer->name,
        .connect_port = proxy != NULL ? proxy->port : r->url.port,
        .proxy = proxy != NULL ? proxy->text : NULL,
        .identity = &client->identity,
        .options = &r->options,
        .is_own_origin = sl__url_same_origin(&r->first, &r->url),
    };
}

/* Through a proxy nobody checks where a name leads; what is known can be. */
static int judge_target(request *r, const sl__host *target)
{
    return target->is_known ? judge_addresses(r, target, &r->client->policy)
                            : 0;
}

static int hop(request *r, char **location)
{
    const sl__proxy *proxy = sl__proxies_choose(&r->client->proxies, &r->url);
    sl__hosts *hosts = &r->client->hosts;
    sl__host *target = sl__hosts_get(hosts, r->url.host);
    sl__host *peer = sl__hosts_get(hosts, proxy ? proxy->host : r->url.host);
    int rc = target != NULL && peer != NULL ? 0 : -ENOMEM;

    if (rc == 0)
        rc = judge_target(r, target);
    if (rc == 0)
        rc = sl_semaphore_acquire(&target->slots);
    if (rc == 0) {
        put_question(r, proxy, peer);
        rc = ask_to_the_end(r, peer, r->question.policy, location);
        sl_semaphore_release(&target->slots);
    }
    if (peer != NULL)
        sl__host_put(peer);
    if (target != NULL)
        sl__host_put(target);
    return rc;
}

static int parse_first(request *r, const char *url)
{
    char shown[SHOWN_MAX];
    const char *why = "";
    int rc = sl__url_parse(url, &r->first, &why);

    r->response->stage = "request";
    if (rc == 0)
        rc = sl__url_copy(&r->first, &r->url);
    if (rc == 0)
        return 0;
    sl_http_mask_url(url, shown, sizeof shown);
    return sl_fail(rc, "\"%s\" is not a URL that can be fetched: %s", shown,
                   why);
}

static int redirect(request *r, const char *location)
{
    char shown[SHOWN_MAX];
    const char *why = "";
    sl__url next;
    int rc;

    r->response->stage = "redirect";
    if (r->response->redirects >= r->options.max_redirects)
        return sl_fail(-ELOOP, "more than %d redirects",
                       r->options.max_redirects);
    rc = sl__url_follow(&r->url, location, &next, &why);
    if (rc < 0) {
        sl_http_mask_url(location, shown, sizeof shown);
        return sl_fail(rc, "redirected to \"%s\": %s", shown, why);
    }
    sl__url_fini(&r->url);
    r->url = next;
    r->response->redirects++;
    r->response->status = 0;
    sl_shm_close(&r->response->body);
    return r->options.on_redirect != NULL
               ? r->options.on_redirect(r->options.redirect_arg, r->url.text)
               : 0;
}

static int follow_to_the_end(request *r)
{
    bool follows = r->options.max_redirects >= 0;
    int rc;

    do {
        char *location = NULL;

        rc = hop(r, &location);
        if (rc < 0 || location == NULL || !follows) {
            free(location);
            return rc;
        }
        rc = redirect(r, location);
        free(location);
    } while (rc == 0);
    return rc;
}

static void fill_options(sl_http_options *to, const sl_http_options *from)
{
    if (from != NULL)
        *to = *from;
    if (to->max_body == 0)
        to->max_body = 256 << 20;
    if (to->connect_limit <= 0)
        to->connect_limit = SL_S(15);
    if (to->first_limit <= 0)
        to->first_limit = SL_S(30);
    if (to->stall_limit <= 0)
        to->stall_limit = SL_S(30);
    if (to->max_redirects == 0)
        to->max_redirects = REDIRECTS;
}

int sl_http_get(sl_http_client *client, const char *url,
                const sl_http_options *options, sl_http_response *response)
{
    sl_given(client);
    sl_given(url);
    sl_given(response);

    request r = { .client = client,
                  .response = response,
                  .partial = SL__PARTIAL_NONE };
    int rc;

    *response = (sl_http_response){ .body.fd = -1, .retry_after = -1 };
    fill_options(&r.options, options);
    client->requests++;
    rc = parse_first(&r, url);
    if (rc == 0)
        rc = follow_to_the_end(&r);
    client->requests--;
    if (rc == -ENOMEM)
        sl_fail(rc, "out of memory");
    move_text(&response->url, &r.url.text);
    sl__url_fini(&r.first);
    sl__url_fini(&r.url);
    return rc;
}

void sl_http_response_fini(sl_http_response *response)
{
    sl_given(response);
    sl_shm_close(&response->body);
    free(response->url);
    free(response->content_type);
    free(response->etag);
    free(response->last_modified);
    free(response->robots_tag);
    free(response->encoding);
    *response = (sl_http_response){ .body.fd = -1, .retry_after = -1 };
}
