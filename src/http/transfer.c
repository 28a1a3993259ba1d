/* One question to one server, and its answer.
 *
 * A task makes a transfer, leaves an errand to start it, and parks. From then
 * on everything happens in callbacks on the loop's native stack: libcurl's, and
 * one timer's for the limits. A task that is cancelled leaves an errand to stop
 * it and goes on waiting: only when libcurl has let go of the transfer, which
 * takes it no time, does the task return. So nothing that is lent to a transfer
 * needs to outlive the call, and no callback comes late.
 *
 * The answer is judged as it arrives: what cannot become a good body is ended
 * at its headers, before it costs memory or time.
 */
#include "http/transfer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <starling/error.h>

#include "sched/uv.h"

/* The end: libcurl lets go, the task goes on. */
static void finish(sl__transfer *t, int rc)
{
    if (t->easy != NULL) {
        CURL *easy = t->easy;

        t->easy = NULL;
        sl__driver_detach(t->driver, easy);
        sl__driver_give(t->driver, easy);
        sl_loop_release(t->driver->loop);
    }
    if (t->limit != NULL)
        sl_timer_cancel(t->limit);
    t->limit = NULL;
    if (sl__node_is_linked(&t->errand.node))
        sl__node_unlink(&t->errand.node);
    if (sl__node_is_linked(&t->nudge.node))
        sl__node_unlink(&t->nudge.node);
    sl__complete(&t->waiter, rc);
}

/* Give up from inside a libcurl callback: the callback then returns failure,
 * and libcurl reports the end. */
static void give_up(sl__transfer *t, int rc, const char *why)
{
    t->rc = rc;
    t->why = why;
}

/* On the clock of sl_now_awake(), like all times of a transfer. */
static sl_time due(const sl__transfer *t)
{
    const sl_http_options *o = t->question->options;

    if (t->stage < SL__STAGE_REQUEST)
        return t->connect_since + o->connect_limit;
    return t->last_seen +
           (t->head.status == 0 ? o->first_limit : o->stall_limit);
}

static void on_limit(void *arg);

/* One timer serves a transfer however many pieces arrive: it looks when the
 * limit would be over if nothing had come, and is set again if something has.
 */
static int watch_limit(sl__transfer *t)
{
    if (t->limit != NULL)
        sl_timer_cancel(t->limit);
    t->limit =
        sl_call_later(t->driver->loop, due(t) - sl_now_awake(), on_limit, t);
    if (t->limit == NULL)
        give_up(t, -ENOMEM, "out of memory");
    return t->rc;
}

static void on_limit(void *arg)
{
    sl__transfer *t = arg;

    t->limit = NULL;
    if (sl_now_awake() >= due(t))
        give_up(t, sl__transfer_error(t, CURLE_OPERATION_TIMEDOUT), NULL);
    else
        watch_limit(t);
    if (t->rc < 0)
        finish(t, t->rc);
}

/* libcurl: a socket for this address, please. The last word on addresses. */
curl_socket_t sl__on_open(void *arg, curlsocktype purpose,
                          struct curl_sockaddr *address)
{
    sl__transfer *t = arg;
    size_t size =
        address->addrlen < sizeof t->peer ? address->addrlen : sizeof t->peer;

    (void)purpose;
    memset(&t->peer, 0, sizeof t->peer);
    memcpy(&t->peer, &address->addr, size);
    if (sl__policy_refusal(t->question->policy, &t->peer.sa) != NULL) {
        t->stage = SL__STAGE_ADDRESS;
        give_up(t, -EPERM, "not allowed");
        return CURL_SOCKET_BAD;
    }
    if (t->connect_since == 0) {
        t->connect_since = sl_now_awake();
        if (watch_limit(t) < 0)
            return CURL_SOCKET_BAD;
    }
    t->socket = socket(address->family, address->socktype | SOCK_CLOEXEC,
                       address->protocol);
    if (t->socket < 0) {
        t->os_error = errno;
        return CURL_SOCKET_BAD;
    }
    sl__driver_forget(t->driver, t->socket);
    return t->socket;
}

/* libcurl: there is a connection, new or kept, and the question goes out. */
int sl__on_connected(void *arg, char *ip, char *local_ip, int port,
                     int local_port)
{
    sl__transfer *t = arg;

    (void)ip;
    (void)local_ip;
    (void)port;
    (void)local_port;
    t->stage = SL__STAGE_REQUEST;
    t->last_seen = sl_now_awake();
    return watch_limit(t) < 0 ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* libcurl: about to look up a name. It never is to: all it needs was given. */
int sl__on_lookup(void *resolver, void *reserved, void *arg)
{
    sl__transfer *t = arg;

    (void)resolver;
    (void)reserved;
    t->outdated = true;
    give_up(t, -EAGAIN, "its addresses are out of date");
    return 1;
}

static bool is_wanted(const sl__transfer *t)
{
    return t->head.status == 200 || (t->head.status == 206 && t->asks_for_part);
}

/* The rest was asked for and this is something else. */
static void begin_anew(sl__transfer *t)
{
    sl__body_fini(&t->body);
    t->received = t->had = 0;
    t->asks_for_part = false; /* what came can break off like any other */
}

/* To "there is no such part" (416) the whole must have become shorter. */
static bool is_no_rest(const sl__transfer *t)
{
    const sl__headers *head = &t->head;

    return head->status == 416 ||
           (head->status == 206 &&
            !sl__partial_is_continued(t->question->partial, head));
}

/* The headers are complete: can this become a good answer? */
static void judge(sl__transfer *t)
{
    const sl__headers *head = &t->head;

    t->stage = SL__STAGE_BODY;
    if (t->had > 0 && is_no_rest(t)) {
        give_up(t, -EBADMSG, "another part than was asked for");
        return;
    }
    if (t->had > 0 && head->status != 206)
        begin_anew(t);
    if (head->is_strange)
        give_up(t, -EPROTO, "a transfer encoding other than chunked");
    else if (head->status == 206 && !t->asks_for_part)
        give_up(t, -EPROTO, "a part (206) of what was asked for whole");
    else if (is_wanted(t) && head->encoding != NULL &&
             !t->question->options->keep_encoded)
        give_up(t, -EPROTO,
                "a compressed body (Content-Encoding) that was not asked for");
    else if (is_wanted(t) && head->has_length && !head->is_chunked &&
             head->length > t->question->options->max_body - t->had)
        give_up(t, -EFBIG, "too large");
    else if (is_wanted(t) && head->has_length)
        sl__body_expect(&t->body, t->had + head->length);
}

size_t sl__on_header(char *line, size_t one, size_t size, void *arg)
{
    sl__transfer *t = arg;
    const char *why = NULL;
    bool before = t->head.complete, is_first = t->head.status == 0;
    int rc = sl__headers_add(&t->head, line, one * size, &why);

    t->last_seen = sl_now_awake();
    if (rc < 0)
        give_up(t, rc, why);
    else if (t->head.complete && !before)
        judge(t);
    if (is_first && t->rc == 0 && t->head.status != 0)
        watch_limit(t); /* another one from here on */
    return t->rc < 0 ? 0 : one * size;
}

/* A piece of the body that the caller wants. */
static int take_piece(sl__transfer *t, const char *data, size_t size)
{
    const sl_http_options *o = t->question->options;

    if (size > o->max_body - t->received) {
        give_up(t, -EFBIG, "too large");
        return t->rc;
    }
    t->received += size;
    return o->on_body != NULL ? o->on_body(o->arg, data, size)
                              : sl__body_add(&t->body, data, size);
}

/* A piece of an error's page: its beginning may say what is wrong. */
static int take_some(sl__transfer *t, const char *data, size_t size)
{
    uint64_t left = SL__KEPT_OF_REFUSAL - t->received;

    if (size > left) {
        t->enough = true;
        size = (size_t)left;
    }
    t->received += size;
    return t->head.encoding != NULL ? 0 : sl__body_add(&t->body, data, size);
}

size_t sl__on_body(char *data, size_t one, size_t size, void *arg)
{
    sl__transfer *t = arg;
    int rc;

    t->last_seen = sl_now_awake();
    rc = is_wanted(t) ? take_piece(t, data, one * size)
                      : take_some(t, data, one * size);
    if (rc < 0 && t->rc == 0)
        give_up(t, rc, "the body could not be kept");
    return t->rc < 0 || t->enough ? 0 : one * size;
}

/* From HTTP/2 on every body has an end mark, and libcurl insists on it. */
static bool has_marked_end(sl__transfer *t)
{
    long version = 0;

    curl_easy_getinfo(t->easy, CURLINFO_HTTP_VERSION, &version);
    return version >= CURL_HTTP_VERSION_2_0;
}

/* libcurl is content with the answer. Are we? */
static int check_whole(sl__transfer *t)
{
    const sl__headers *head = &t->head;
    bool bodyless = head->status == 204 || head->status == 304;

    if (!head->complete)
        return sl__transfer_error(t, CURLE_GOT_NOTHING);
    if (head->has_length && !head->is_chunked && !bodyless &&
        t->received - t->had != head->length && is_wanted(t))
        return sl__transfer_error(t, CURLE_PARTIAL_FILE);
    if (t->had > 0 && t->received != t->question->partial->length) {
        t->why = "a rest of another length than was asked for";
        return -EBADMSG;
    }
    t->proven = t->had > 0 || head->has_length || head->is_chunked ||
                bodyless || has_marked_end(t);
    return 0;
}

static void nudge(sl__errand *errand)
{
    sl__transfer *t = sl__container_of(errand, sl__transfer, nudge);

    if (t->stage < SL__STAGE_REQUEST)
        sl__driver_nudge(t->easy);
}

/* libcurl 7.88 gives up an address that refuses, and tries the next one when it
 * is called again; but asks for no call. */
void sl__transfer_unwatched(void *private)
{
    sl__transfer *t = private;

    if (t->easy != NULL && t->stage < SL__STAGE_REQUEST)
        sl__driver_queue(t->driver, &t->nudge);
}

void sl__transfer_done(void *private, CURLcode code)
{
    sl__transfer *t = private;
    int rc;

    t->code = code;
    if (t->rc < 0)
        rc = t->rc;
    else if (t->enough)
        rc = 0;
    else if (code == CURLE_OK)
        rc = check_whole(t);
    else
        rc = sl__transfer_error(t, code);
    finish(t, rc);
}

static void start(sl__transfer *t)
{
    CURL *easy = sl__driver_take(t->driver);
    int rc;

    if (easy == NULL) {
        finish(t, -ENOMEM);
        return;
    }
    rc = sl__transfer_set_up(t, easy);
    if (rc == 0)
        rc = sl__driver_attach(t->driver, easy);
    if (rc < 0) {
        sl__driver_give(t->driver, easy);
        finish(t, rc);
        return;
    }
    t->easy = easy;
    /* An answer comes from outside: a virtual clock stands still until then. */
    sl_loop_hold(t->driver->loop);
}

static void run_errand(sl__errand *errand)
{
    sl__transfer *t = sl__container_of(errand, sl__transfer, errand);

    if (t->stopping)
        finish(t, SL_ECANCELED);
    else
        start(t);
}

/* May come from anywhere, also from within a libcurl callback. */
static void ask_to_stop(sl__waiter *waiter)
{
    sl__transfer *t = waiter->arg;

    t->stopping = true;
    sl__driver_queue(t->driver, &t->errand);
}

int sl__transfer_run(sl__transfer *t)
{
    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    t->waiter = (sl__waiter){
        .cancel = ask_to_stop, .arg = t, .what = "http", .on = t
    };
    sl__driver_queue(t->driver, &t->errand);
    return sl__park(&t->waiter);
}

sl__transfer *sl__transfer_new(sl__driver *driver, const sl__question *question)
{
    sl__transfer *t = calloc(1, sizeof *t);

    if (t == NULL)
        return NULL;
    t->driver = driver;
    t->question = question;
    t->errand.run = run_errand;
    t->nudge.run = nudge;
    t->socket = -1;
    t->body = question->partial != NULL ? sl__partial_take(question->partial)
                                        : SL__BODY_EMPTY;
    t->received = t->had = t->body.size;
    return t;
}

void sl__transfer_free(sl__transfer *t)
{
    curl_slist_free_all(t->headers);
    curl_slist_free_all(t->resolve);
    sl__headers_fini(&t->head);
    sl__body_fini(&t->body);
    free(t);
}
