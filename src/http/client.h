/* client.h: an HTTP client from the inside. */
#ifndef SL_HTTP_CLIENT_H
#define SL_HTTP_CLIENT_H

#include <starling/http.h>
#include <starling/semaphore.h>

#include "http/address.h"
#include "http/driver.h"
#include "http/hosts.h"
#include "http/proxy.h"
#include "http/transfer.h"

struct sl_http_client {
    sl__driver driver;
    sl__hosts hosts;
    sl__policy policy;  /* of servers */
    sl__policy proxied; /* of proxies: the caller has chosen them */
    sl__proxies proxies;
    sl_semaphore slots; /* transfers that may still begin */
    sl__errand closing;
    struct client_exit *exit;
    int requests; /* tasks inside of sl_http_get() */
    sl__identity identity;
};

#endif
