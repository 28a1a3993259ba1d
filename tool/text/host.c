/* The server that a URL names.
 *
 * The books sort items by it and the governor counts transfers by it, so both
 * must call a server the same. It is a key, not an address: nobody connects to
 * what is written here.
 */
#include "text/host.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

static size_t without_usual_port(const char *url, const char *host, size_t size)
{
    const char *port = strncasecmp(url, "https:", 6) == 0  ? ":443"
                       : strncasecmp(url, "http:", 5) == 0 ? ":80"
                                                           : "";
    size_t n = strlen(port);

    return n > 0 && size > n && memcmp(host + size - n, port, n) == 0 ? size - n
                                                                      : size;
}

const char *text_host(const char *url, char out[TEXT_HOST_SIZE])
{
    const char *colon = strstr(url, "://"), *host, *at;
    size_t size;

    if (colon == NULL || strcspn(url, "/?#") < (size_t)(colon - url))
        return NULL;
    host = colon + 3;
    size = strcspn(host, "/?#");
    at = memrchr(host, '@', size);
    if (at != NULL) {
        size -= (size_t)(at + 1 - host);
        host = at + 1;
    }
    size = without_usual_port(url, host, size);
    if (size >= TEXT_HOST_SIZE)
        size = TEXT_HOST_SIZE - 1;
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)host[i];

        out[i] = (char)(c > ' ' && c < 127 ? tolower(c) : '?');
    }
    out[size] = '\0';
    return out;
}
