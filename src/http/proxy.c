/* Which proxy a URL is fetched through.
 *
 * A proxy connects on our behalf, so behind one nobody checks addresses; that
 * is why none is used unless the caller asks for it by name or for the
 * environment's. Only kinds of proxy that look names up themselves are taken:
 * with the others libcurl would look up the server's name on its own.
 */
#include "http/proxy.h"

#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <starling/error.h>

enum { DEFAULT_PORT = 1080 };

static bool is_supported(const char *scheme)
{
    return strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0 ||
           strcmp(scheme, "socks5h") == 0 || strcmp(scheme, "socks4a") == 0;
}

static void settle_host(sl__proxy *proxy)
{
    char *host = proxy->host;
    size_t size = strlen(host);

    for (size_t i = 0; i < size; i++)
        host[i] = (char)tolower((unsigned char)host[i]);
    if (host[0] == '[') {
        memmove(host, host + 1, size);
        host[size - 2] = '\0';
    }
}

static int take_parts(CURLU *parts, sl__proxy *out)
{
    char *scheme = NULL, *host = NULL, *port = NULL, *text = NULL;
    int rc = -EINVAL;

    if (curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
        is_supported(scheme) &&
        curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_URL, &text, 0) == CURLUE_OK) {
        if (curl_url_get(parts, CURLUPART_PORT, &port, 0) != CURLUE_OK)
            port = NULL;
        out->text = strdup(text);
        out->host = strdup(host);
        out->port = port != NULL ? atoi(port) : DEFAULT_PORT;
        rc = out->text != NULL && out->host != NULL ? 0 : -ENOMEM;
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_free(text);
    if (rc == 0)
        settle_host(out);
    return rc;
}

static int parse(const char *text, sl__proxy *out)
{
    CURLU *parts = curl_url();
    CURLUcode code;
    int rc;

    if (parts == NULL)
        return -ENOMEM;
    code = curl_url_set(parts, CURLUPART_URL, text,
                        CURLU_NON_SUPPORT_SCHEME |
                            (strstr(text, "://") ? 0 : CURLU_GUESS_SCHEME));
    rc = code == CURLUE_OK ? take_parts(parts, out) : -EINVAL;
    curl_url_cleanup(parts);
    if (rc == -EINVAL)
        return sl_fail(rc, "the proxy must be an http, https, socks5h or "
                           "socks4a URL");
    return rc;
}

static const char *first_set(const char *a, const char *b)
{
    const char *value = getenv(a);

    if ((value == NULL || *value == '\0') && b != NULL)
        value = getenv(b);
    return value != NULL && *value != '\0' ? value : NULL;
}

static int read_environment(sl__proxies *proxies)
{
    const char *all = first_set("all_proxy", "ALL_PROXY");
    /* Not HTTP_PROXY: a web server sets that from a request's header. */
    const char *http = first_set("http_proxy", NULL);
    const char *https = first_set("https_proxy", "HTTPS_PROXY");
    const char *bypass = first_set("no_proxy", "NO_PROXY");
    int rc = 0;

    if (http != NULL || all != NULL)
        rc = parse(http ? http : all, &proxies->http);
    if (rc == 0 && (https != NULL || all != NULL))
        rc = parse(https ? https : all, &proxies->https);
    if (rc == 0 && bypass != NULL && (proxies->bypass = strdup(bypass)) == NULL)
        rc = -ENOMEM;
    return rc;
}

int sl__proxies_init(sl__proxies *proxies, const char *setting)
{
    int rc;

    *proxies = (sl__proxies){ 0 };
    if (setting == NULL)
        return 0;
    if (strcmp(setting, "env") == 0)
        return read_environment(proxies);
    rc = parse(setting, &proxies->http);
    return rc == 0 ? parse(setting, &proxies->https) : rc;
}

/* "example.com" and ".example.com" both mean it and all below it. */
static bool is_covered(const char *host, const char *entry, size_t size)
{
    size_t whole = strlen(host);

    if (size == 1 && entry[0] == '*')
        return true;
    if (size > 0 && entry[0] == '.') {
        entry++;
        size--;
    }
    if (size == 0 || size > whole ||
        strncasecmp(host + whole - size, entry, size) != 0)
        return false;
    return size == whole || host[whole - size - 1] == '.';
}

static bool is_bypassed(const char *list, const char *host)
{
    while (list != NULL && *(list += strspn(list, ", \t")) != '\0') {
        size_t size = strcspn(list, ", \t");

        if (is_covered(host, list, size))
            return true;
        list += size;
    }
    return false;
}

const sl__proxy *sl__proxies_choose(const sl__proxies *proxies,
                                    const sl__url *url)
{
    const sl__proxy *proxy = url->is_tls ? &proxies->https : &proxies->http;

    if (proxy->text == NULL || is_bypassed(proxies->bypass, url->host))
        return NULL;
    return proxy;
}

void sl__proxies_fini(sl__proxies *proxies)
{
    free(proxies->http.text);
    free(proxies->http.host);
    free(proxies->https.text);
    free(proxies->https.host);
    free(proxies->bypass);
    *proxies = (sl__proxies){ 0 };
}
