/* Secrets, known ones and those that are recognised by where they stand.
 *
 * A URL may hold a key in `api_key=`, in a signed link, before the @. The key
 * can also come back in a redirect or in an error message of the service, which
 * is why the literal secrets are searched for as well.
 */
#include "text/secret.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum {
    SECRET_MIN = 4,    /* a shorter one would blot out ordinary words */
    PARAMETER_MAX = 48 /* longest name that can be one of secret_names */
};

/* Compared without case, '-' and '_': api_key, Api-Key and APIKEY are one. */
static const char *const secret_names[] = {
    "apikey",
    "key",
    "token",
    "accesstoken",
    "authtoken",
    "refreshtoken",
    "idtoken",
    "sessiontoken",
    "secret",
    "clientsecret",
    "password",
    "passwd",
    "pwd",
    "pass",
    "auth",
    "authorization",
    "sig",
    "signature",
    "xamzsignature",
    "xamzcredential",
    "xamzsecurity",
    "awsaccesskey",
    "awsaccesskeyid",
    "xamzsecuritytoken",
    "subscriptionkey",
};

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_name_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.' ||
           c == '%';
}

/* `name`, n bytes before an '=': is it how a secret is called? Percent
 * escapes are undone first: api%5Fkey works as well at the server. */
static bool is_secret_name(const char *name, size_t n)
{
    char plain[PARAMETER_MAX];
    size_t length = 0;

    for (size_t i = 0; i < n; i++) {
        char c = name[i];

        if (c == '%' && i + 2 < n && hex_digit(name[i + 1]) >= 0 &&
            hex_digit(name[i + 2]) >= 0) {
            c = (char)(hex_digit(name[i + 1]) * 16 + hex_digit(name[i + 2]));
            i += 2;
        }
        if (c == '-' || c == '_' || c == '.')
            continue;
        if (length == sizeof plain - 1)
            return false;
        plain[length++] = (char)tolower((unsigned char)c);
    }
    plain[length] = '\0';
    for (size_t i = 0; i < sizeof secret_names / sizeof *secret_names; i++)
        if (strcmp(plain, secret_names[i]) == 0)
            return true;
    return false;
}

/* The word that ends where an '=' stands. */
static bool follows_secret_name(const char *text, const char *equals)
{
    const char *name = equals;

    while (name > text && is_name_byte(name[-1]))
        name--;
    return is_secret_name(name, (size_t)(equals - name));
}

/* Bytes of "user:password" when s points behind a "://" and an @ closes it. */
static size_t userinfo_length(const char *s)
{
    size_t authority = strcspn(s, "/?# \t\r\n\"'<>");

    for (size_t i = authority; i > 0; i--)
        if (s[i - 1] == '@')
            return i - 1;
    return 0;
}

static size_t literal_length(const char *at, const text_secrets *secrets)
{
    for (int i = 0; secrets != NULL && i < TEXT_SECRETS_MAX; i++) {
        const char *value = secrets->values[i];
        size_t length = value != NULL ? strlen(value) : 0;

        if (length >= SECRET_MIN && strncmp(at, value, length) == 0)
            return length;
    }
    return 0;
}

secret secret_at(const char *text, const char *at, const text_secrets *secrets)
{
    secret found = { .hidden = literal_length(at, secrets) };

    if (found.hidden > 0)
        return found;
    if (strncmp(at, "://", 3) == 0)
        found = (secret){ 3, userinfo_length(at + 3) };
    else if (*at == '=' && follows_secret_name(text, at))
        found = (secret){ 1, strcspn(at + 1, "&#; \t\r\n\"'<>") };
    return found;
}
