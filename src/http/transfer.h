/* transfer.h: one question to one server, and its answer. */
#ifndef SL_HTTP_TRANSFER_H
#define SL_HTTP_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>

#include <starling/http.h>

#include "http/address.h"
#include "http/body.h"
#include "http/driver.h"
#include "http/headers.h"
#include "http/identity.h"
#include "http/partial.h"
#include "http/url.h"
#include "sched/park.h"

enum { SL__KEPT_OF_REFUSAL = 64 * 1024 }; /* of a body that is not a 200's */

/* Lent to the transfer until it has ended. */
typedef struct sl__question {
    const sl__url *url;
    const sl__policy *policy; /* of what is connected to */
    const char *connect_host; /* whose addresses these are: the URL's host, or
                                 the proxy's; NULL: numeric, none needed */
    int connect_port;
    sl__addresses addresses; /* checked */
    const char *proxy;       /* NULL: none */
    const sl__identity *identity;
    const sl_http_options *options; /* limits filled in */
    sl__partial *partial; /* the beginning is there; NULL: it is not */
    bool is_own_origin;   /* the caller's headers may go there, all of them */
} sl__question;

typedef enum sl__stage {
    SL__STAGE_CONNECT,
    SL__STAGE_TLS,
    SL__STAGE_REQUEST,
    SL__STAGE_BODY,
    SL__STAGE_ADDRESS
} sl__stage;

typedef struct sl__transfer {
    const sl__question *question;
    sl__driver *driver;
    sl__errand errand; /* to start it, or to stop it */
    sl__errand nudge;  /* to go on with connecting */
    sl__waiter waiter;
    CURL *easy; /* attached; NULL before and after */
    struct curl_slist *headers, *resolve;
    int socket; /* last opened; libcurl's to close, so only to be looked at */
    sl_timer *limit;       /* the next look at the limits */
    sl_time connect_since; /* 0: has not begun */
    sl_time last_seen;     /* a byte, or the question was sent */
    bool stopping;         /* the task wants to leave */
    bool enough;           /* the rest of the body is of no use */
    bool asks_for_part;    /* with a Range of the caller's */

    /* The answer. */
    sl__stage stage;
    int rc;          /* decided here, below zero; 0: libcurl decides */
    const char *why; /* in words, for `rc` */
    CURLcode code;
    int os_error;     /* errno of a connection that failed */
    bool outdated;    /* libcurl has forgotten the addresses: ask again */
    bool proven;      /* the body is known to be whole */
    sl__address peer; /* last connected to, or tried */
    sl__headers head;
    sl__body body;
    uint64_t received; /* bytes of the body */
    uint64_t had;      /* of them before this transfer */
    char detail[CURL_ERROR_SIZE];
} sl__transfer;

/* NULL without memory. Free it with sl__transfer_free(), after its end. */
sl__transfer *sl__transfer_new(sl__driver *driver,
                               const sl__question *question);
void sl__transfer_free(sl__transfer *transfer);

/* Ask, and wait for the end of the answer. Returns 0, SL_ECANCELED, or an
 * error; sl__transfer_fail() puts it into words. */
int sl__transfer_run(sl__transfer *transfer);

/* sl_fail() with what went wrong in this transfer. Returns rc. */
int sl__transfer_fail(const sl__transfer *transfer, int rc);

/* What is known of the error that libcurl reports. */
int sl__transfer_error(sl__transfer *transfer, CURLcode code);

/* setup.c: tell a blank easy handle what to do. 0 or -ENOMEM. */
int sl__transfer_set_up(sl__transfer *transfer, CURL *easy);

/* Callbacks for setup.c; libcurl's signatures. */
size_t sl__on_header(char *line, size_t one, size_t size, void *arg);
size_t sl__on_body(char *data, size_t one, size_t size, void *arg);
curl_socket_t sl__on_open(void *arg, curlsocktype purpose,
                          struct curl_sockaddr *address);
int sl__on_connected(void *arg, char *ip, char *local_ip, int port,
                     int local_port);
int sl__on_lookup(void *resolver, void *reserved, void *arg);

#endif
