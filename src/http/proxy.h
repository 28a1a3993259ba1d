/* proxy.h: which proxy a URL is fetched through. */
#ifndef SL_HTTP_PROXY_H
#define SL_HTTP_PROXY_H

#include "http/url.h"

typedef struct sl__proxy {
    char *text; /* as libcurl is told; NULL: none */
    char *host; /* lower case, no brackets */
    int port;
} sl__proxy;

typedef struct sl__proxies {
    sl__proxy http, https;
    char *bypass; /* hosts that are reached directly; may be NULL */
} sl__proxies;

/* `setting`: a URL; "env" for http_proxy, https_proxy, all_proxy and no_proxy
 * from the environment; NULL for none. Returns 0, -ENOMEM, or -EINVAL after
 * sl_fail(). */
int sl__proxies_init(sl__proxies *proxies, const char *setting);
void sl__proxies_fini(sl__proxies *proxies);

/* The proxy for this URL, lent; NULL: none. */
const sl__proxy *sl__proxies_choose(const sl__proxies *proxies,
                                    const sl__url *url);

#endif
