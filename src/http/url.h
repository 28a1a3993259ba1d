/* url.h: URLs: taken apart, followed, and made fit to be shown. */
#ifndef SL_HTTP_URL_H
#define SL_HTTP_URL_H

#include <stdbool.h>
#include <stddef.h>

typedef struct sl__url {
    char *text;            /* what is asked for: no userinfo, no fragment */
    char *host;            /* lower case, no brackets, no dot at the end */
    char *user, *password; /* decoded, from the URL as given; NULL if none */
    int port;
    bool is_tls;
} sl__url;

/* Take apart an absolute http or https URL. Blanks and bytes above ASCII in
 * path and query are percent-encoded. Returns 0, -ENOMEM, or -EINVAL, and
 * then *why says what is wrong with it. Release with sl__url_fini(). */
int sl__url_parse(const char *text, sl__url *out, const char **why);

/* The same once more. 0 or -ENOMEM. */
int sl__url_copy(const sl__url *from, sl__url *out);

/* Where a redirect from `from` leads. Userinfo in `location` is dropped; that
 * of `from` stays as long as scheme, host and port do. Returns 0, -ENOMEM, or
 * -EPROTO with *why: no URL, another scheme, from https to http. */
int sl__url_follow(const sl__url *from, const char *location, sl__url *out,
                   const char **why);

/* Whether scheme, host and port agree. */
bool sl__url_same_origin(const sl__url *a, const sl__url *b);

void sl__url_fini(sl__url *url);

/* Copy `text` as one harmless line: bytes outside of printable ASCII become
 * '?'. Cut to fit; always ends with a zero. */
void sl__text_clean(const char *text, char *out, size_t size);

#endif
