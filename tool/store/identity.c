/* An item is its URL. The options need not be part of that: all items of a run
 * share them, and a run with others is refused.
 *
 * A digest is stored, not the URL: the URL may hold a key, which must not be
 * written down, and yet two URLs that differ only there are two items. The
 * digest is salted per run, so it cannot be looked up, and nobody who writes
 * a list of URLs can prepare two of them to collide.
 */
#include "store/identity.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <xxhash.h>

/* Without ":80" behind http and ":443" behind https. */
static size_t without_default_port(const char *scheme, const char *host,
                                   size_t n)
{
    const char *port = strncasecmp(scheme, "https:", 6) == 0  ? ":443"
                       : strncasecmp(scheme, "http:", 5) == 0 ? ":80"
                                                              : NULL;
    size_t m = port == NULL ? 0 : strlen(port);

    if (m > 0 && n > m && memcmp(host + n - m, port, m) == 0)
        return n - m;
    return n;
}

static char *put_lower(char *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        *out++ = (char)tolower((unsigned char)text[i]);
    return out;
}

/* Write the normal form of `url` to `out`, which has room for one byte more
 * than it. Returns the length. */
static size_t normalise(const char *url, char *out)
{
    const char *colon = strstr(url, "://");
    const char *user, *host, *path, *at;
    char *end = out;

    if (colon == NULL || strcspn(url, "/?#") < (size_t)(colon - url))
        return (size_t)(stpcpy(out, url) - out); /* a path */
    user = colon + 3;
    path = user + strcspn(user, "/?#");
    at = memrchr(user, '@', (size_t)(path - user));
    host = at == NULL ? user : at + 1;
    end = put_lower(end, url, (size_t)(user - url));
    end = mempcpy(end, user, (size_t)(host - user));
    end = put_lower(end, host,
                    without_default_port(url, host, (size_t)(path - host)));
    if (*path != '/')
        *end++ = '/';
    end = mempcpy(end, path, strcspn(path, "#"));
    return (size_t)(end - out);
}

int identity_of_url(const char *url, int64_t salt, char out[IDENTITY_SIZE])
{
    char *normal = malloc(strlen(url) + 2);
    XXH128_hash_t digest;

    if (normal == NULL)
        return -ENOMEM;
    digest = XXH3_128bits_withSeed(normal, normalise(url, normal),
                                   (XXH64_hash_t)salt);
    free(normal);
    snprintf(out, IDENTITY_SIZE, "%016llx%016llx",
             (unsigned long long)digest.high64,
             (unsigned long long)digest.low64);
    return 0;
}
