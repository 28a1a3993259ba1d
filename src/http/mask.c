/* Text that is fit to be shown: one line, and no secret in it.
 *
 * Keys travel in URLs, and URLs end up in messages, logs and reports, so a URL
 * is shown only through here. A parameter is taken for a secret by its name.
 * Masking one too many costs a reader little; one too few costs a key.
 */
#include <starling/http.h>

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/given.h"
#include "http/url.h"

enum { NAME_MAX_SHOWN = 64 };

static const char *const secret_parts[] = { "key",  "token",     "secret",
                                            "pass", "signature", "credential",
                                            "pwd" };
static const char *const secret_names[] = { "sig",  "auth",    "authorization",
                                            "code", "session", "sid" };

typedef struct {
    char *at, *end; /* the last byte is kept for the zero */
} writer;

static void put(writer *w, const char *text, size_t size)
{
    for (size_t i = 0; i < size && w->at < w->end; i++) {
        unsigned char byte = (unsigned char)text[i];

        *w->at++ = byte >= 0x20 && byte < 0x7f ? (char)byte : '?';
    }
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
        return (c | 0x20) - 'a' + 10;
    return -1;
}

/* The name as the server will read it: "api%5Fkey" is api_key. */
static void decode_name(const char *name, size_t size, char *out)
{
    size_t n = 0;

    for (size_t i = 0; i < size && n + 1 < NAME_MAX_SHOWN; i++) {
        if (name[i] == '%' && i + 2 < size && hex_digit(name[i + 1]) >= 0 &&
            hex_digit(name[i + 2]) >= 0) {
            out[n++] =
                (char)(hex_digit(name[i + 1]) * 16 + hex_digit(name[i + 2]));
            i += 2;
        } else {
            out[n++] = name[i];
        }
    }
    out[n] = '\0';
}

static bool is_secret(const char *name, size_t size)
{
    char decoded[NAME_MAX_SHOWN];

    if (size >= NAME_MAX_SHOWN)
        return true; /* longer than any honest name */
    decode_name(name, size, decoded);
    for (size_t i = 0; i < sizeof secret_parts / sizeof secret_parts[0]; i++)
        if (strcasestr(decoded, secret_parts[i]) != NULL)
            return true;
    for (size_t i = 0; i < sizeof secret_names / sizeof secret_names[0]; i++)
        if (strcasecmp(decoded, secret_names[i]) == 0)
            return true;
    return false;
}

/* Everything behind the path: parameters, up to the end of the text. */
static void put_parameters(writer *w, const char *at)
{
    while (*at != '\0') {
        size_t size, name;

        put(w, at++, 1); /* the ?, & or # before it */
        size = strcspn(at, "&;#?");
        name = strcspn(at, "=");
        if (name < size && is_secret(at, name)) {
            put(w, at, name + 1);
            put(w, "***", 3);
        } else {
            put(w, at, size);
        }
        at += size;
    }
}

void sl_http_mask_url(const char *url, char *out, size_t size)
{
    sl_given(url);
    sl_given(out);

    writer w = { out, out + size - 1 };
    const char *authority = strstr(url, "//");
    const char *at = url, *userinfo = NULL;

    if (authority != NULL) {
        size_t length = strcspn(authority + 2, "/?#\\");

        userinfo = memrchr(authority + 2, '@', length);
    }
    if (userinfo != NULL) {
        put(&w, url, (size_t)(authority + 2 - url));
        at = userinfo + 1;
    }
    put(&w, at, strcspn(at, "?#"));
    put_parameters(&w, at + strcspn(at, "?#"));
    *w.at = '\0';
}

void sl__text_clean(const char *text, char *out, size_t size)
{
    writer w = { out, out + size - 1 };

    put(&w, text, strlen(text));
    *w.at = '\0';
}
