/* URLs: taken apart, and followed.
 *
 * One parser for everything: libcurl's, which is also what connects in the
 * end, because two parsers that disagree about where the host ends are how
 * address checks get passed by. What leaves here has been written anew from its
 * parts. Redirects are resolved here and not by libcurl, since each one needs
 * the caller's word on its scheme and address before anything is sent.
 */
#include "http/url.h"

#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Real pages redirect to addresses with blanks and raw UTF-8 in them. */
enum { LENIENT = CURLU_URLENCODE | CURLU_ALLOW_SPACE };

static int refuse(int rc, const char **why, const char *words)
{
    *why = words;
    return rc;
}

static int url_error(CURLUcode code, const char **why)
{
    if (code == CURLUE_OUT_OF_MEMORY)
        return refuse(-ENOMEM, why, "out of memory");
    if (code == CURLUE_BAD_SCHEME || code == CURLUE_NO_SCHEME)
        return refuse(-EINVAL, why, "it must start with http:// or https://");
    return refuse(-EINVAL, why, curl_url_strerror(code));
}

/* A part as a string of our own allocator; NULL where there is none. */
static int get_part(CURLU *parts, CURLUPart part, unsigned flags, char **out)
{
    char *text;
    CURLUcode code = curl_url_get(parts, part, &text, flags);

    *out = NULL;
    if (code == CURLUE_NO_USER || code == CURLUE_NO_PASSWORD ||
        code == CURLUE_NO_ZONEID)
        return 0;
    if (code == CURLUE_OUT_OF_MEMORY)
        return -ENOMEM;
    if (code != CURLUE_OK)
        return -EINVAL;
    *out = strdup(text);
    curl_free(text);
    return *out != NULL ? 0 : -ENOMEM;
}

static int check_scheme(CURLU *parts, sl__url *out, const char **why)
{
    char *scheme = NULL;
    int rc = get_part(parts, CURLUPART_SCHEME, 0, &scheme);

    if (rc < 0)
        return refuse(rc, why, "it has no scheme");
    out->is_tls = strcmp(scheme, "https") == 0;
    if (!out->is_tls && strcmp(scheme, "http") != 0)
        rc = refuse(-EINVAL, why, "only http and https are supported");
    free(scheme);
    return rc;
}

/* The host as it is looked up and compared; it goes back into `parts`, so that
 * what libcurl connects to is spelled the same. */
static int settle_host(CURLU *parts, sl__url *out, const char **why)
{
    char *zone = NULL, *host;
    size_t size;
    int rc = get_part(parts, CURLUPART_ZONEID, 0, &zone);

    if (rc < 0 || zone != NULL) {
        free(zone);
        return refuse(-EINVAL, why, "addresses with a zone are not supported");
    }
    rc = get_part(parts, CURLUPART_HOST, CURLU_PUNYCODE, &out->host);
    if (rc < 0)
        return refuse(rc, why,
                      "the host name cannot be encoded; "
                      "write it in its xn-- form");
    host = out->host;
    size = strlen(host);
    for (size_t i = 0; i < size; i++)
        host[i] = (char)tolower((unsigned char)host[i]);
    if (size > 0 && host[size - 1] == '.')
        host[--size] = '\0';
    if (size == 0 || size > 253)
        return refuse(-EINVAL, why, "the host name is empty or too long");
    if (curl_url_set(parts, CURLUPART_HOST, host, 0) != CURLUE_OK)
        return refuse(-EINVAL, why, "the host name is not valid");
    if (host[0] == '[') {
        memmove(host, host + 1, size);
        host[size - 2] = '\0';
    }
    return 0;
}

static int settle_port(CURLU *parts, sl__url *out, const char **why)
{
    char *port = NULL;
    int rc = get_part(parts, CURLUPART_PORT, CURLU_DEFAULT_PORT, &port);

    if (rc < 0)
        return refuse(rc, why, "the port is not valid");
    out->port = atoi(port); /* digits, at most 65535: the parser saw to it */
    free(port);
    return out->port > 0 ? 0 : refuse(-EINVAL, why, "the port is not valid");
}

static int take_userinfo(CURLU *parts, sl__url *out)
{
    int rc = get_part(parts, CURLUPART_USER, CURLU_URLDECODE, &out->user);

    if (rc == 0)
        rc = get_part(parts, CURLUPART_PASSWORD, CURLU_URLDECODE,
                      &out->password);
    curl_url_set(parts, CURLUPART_USER, NULL, 0);
    curl_url_set(parts, CURLUPART_PASSWORD, NULL, 0);
    curl_url_set(parts, CURLUPART_OPTIONS, NULL, 0);
    return rc;
}

/* Fill *out from what the parser has accepted. */
static int settle(CURLU *parts, sl__url *out, const char **why)
{
    int rc = check_scheme(parts, out, why);

    if (rc == 0)
        rc = settle_host(parts, out, why);
    if (rc == 0)
        rc = settle_port(parts, out, why);
    if (rc < 0)
        return rc;
    if (take_userinfo(parts, out) < 0)
        return refuse(-EINVAL, why, "the user name or password is not valid");
    curl_url_set(parts, CURLUPART_FRAGMENT, NULL, 0);
    rc = get_part(parts, CURLUPART_URL, 0, &out->text);
    return rc < 0 ? refuse(rc, why, "it cannot be written") : 0;
}

int sl__url_parse(const char *text, sl__url *out, const char **why)
{
    CURLU *parts = curl_url();
    sl__url url = { 0 };
    CURLUcode code;
    int rc;

    if (parts == NULL)
        return refuse(-ENOMEM, why, "out of memory");
    code = curl_url_set(parts, CURLUPART_URL, text,
                        LENIENT | CURLU_NON_SUPPORT_SCHEME);
    rc = code == CURLUE_OK ? settle(parts, &url, why) : url_error(code, why);
    curl_url_cleanup(parts);
    if (rc < 0)
        sl__url_fini(&url);
    else
        *out = url;
    return rc;
}

static int copy_userinfo(const sl__url *from, sl__url *to)
{
    if (from->user != NULL && (to->user = strdup(from->user)) == NULL)
        return -ENOMEM;
    if (from->password != NULL &&
        (to->password = strdup(from->password)) == NULL)
        return -ENOMEM;
    return 0;
}

int sl__url_copy(const sl__url *from, sl__url *out)
{
    sl__url url = { .port = from->port, .is_tls = from->is_tls };

    url.text = strdup(from->text);
    url.host = strdup(from->host);
    if (url.text == NULL || url.host == NULL || copy_userinfo(from, &url) < 0) {
        sl__url_fini(&url);
        return -ENOMEM;
    }
    *out = url;
    return 0;
}

static void drop_userinfo(sl__url *url)
{
    free(url->user);
    free(url->password);
    url->user = url->password = NULL;
}

static int settle_redirect(CURLU *parts, const sl__url *from, sl__url *url,
                           const char **why)
{
    int rc = settle(parts, url, why);

    if (rc < 0)
        return rc == -EINVAL ? -EPROTO : rc;
    drop_userinfo(url);
    if (from->is_tls && !url->is_tls)
        return refuse(-EPROTO, why, "it leads from https to http");
    if (sl__url_same_origin(from, url) && copy_userinfo(from, url) < 0)
        return refuse(-ENOMEM, why, "out of memory");
    return 0;
}

/* Of "mailto:me" libcurl says that slashes are lacking. */
static const char *words_for(CURLUcode code, const char *location)
{
    size_t scheme = strcspn(location, ":/?#");

    if (code == CURLUE_BAD_SLASHES && location[scheme] == ':' &&
        strncasecmp(location, "http:", 5) != 0 &&
        strncasecmp(location, "https:", 6) != 0)
        return "only http and https are supported";
    return curl_url_strerror(code);
}

int sl__url_follow(const sl__url *from, const char *location, sl__url *out,
                   const char **why)
{
    CURLU *parts = curl_url();
    sl__url url = { 0 };
    CURLUcode code;
    int rc;

    if (parts == NULL)
        return refuse(-ENOMEM, why, "out of memory");
    code = curl_url_set(parts, CURLUPART_URL, from->text, 0);
    if (code == CURLUE_OK)
        code = curl_url_set(parts, CURLUPART_URL, location,
                            LENIENT | CURLU_NON_SUPPORT_SCHEME);
    if (code == CURLUE_OK)
        rc = settle_redirect(parts, from, &url, why);
    else if (code == CURLUE_OUT_OF_MEMORY)
        rc = refuse(-ENOMEM, why, "out of memory");
    else
        rc = refuse(-EPROTO, why, words_for(code, location));
    curl_url_cleanup(parts);
    if (rc < 0)
        sl__url_fini(&url);
    else
        *out = url;
    return rc;
}

bool sl__url_same_origin(const sl__url *a, const sl__url *b)
{
    return a->is_tls == b->is_tls && a->port == b->port &&
           strcmp(a->host, b->host) == 0;
}

void sl__url_fini(sl__url *url)
{
    drop_userinfo(url);
    free(url->text);
    free(url->host);
    *url = (sl__url){ 0 };
}
