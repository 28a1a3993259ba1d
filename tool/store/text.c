/* Text that came from a server, a file name or a command line.
 *
 * Two dangers are taken out here, and both in one place so that no message can
 * forget them. A title may hold escape sequences that rewrite the terminal, or
 * direction marks that make a line read as another one. And a URL may hold a
 * key: in `api_key=`, in a signed link, before the @. The key can also come
 * back in a redirect or in an error message of the service, which is why the
 * literal secret is searched for as well.
 */
#include "store/text.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    SECRET_MIN = 6,    /* a shorter literal would blot out ordinary words */
    PARAMETER_MAX = 48 /* longest name that can be one of secret_names */
};

#define HIDDEN "***"

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

/* A string under construction that never overflows. */
typedef struct {
    char *out;
    size_t length, size;
    bool cut;
} builder;

static void add(builder *b, const char *bytes, size_t n)
{
    if (b->cut || n >= b->size - b->length) {
        b->cut = true;
        return;
    }
    memcpy(b->out + b->length, bytes, n);
    b->length += n;
}

/* Bytes that continue a UTF-8 sequence are dropped with its start, so that the
 * mark of a cut does not follow half a letter. */
static size_t finish(builder *b)
{
    if (b->cut) {
        size_t keep = b->size - 4;

        if (b->length > keep)
            b->length = keep;
        while (b->length > 0 && (b->out[b->length] & 0xC0) == 0x80)
            b->length--;
        memcpy(b->out + b->length, "...", 3);
        b->length += 3;
    }
    b->out[b->length] = '\0';
    return b->length;
}

static builder build_in(char *out, size_t size)
{
    memset(out, 0, size);
    return (builder){ .out = out, .size = size };
}

/* Length of the well-formed UTF-8 sequence at s and its code point; 0 for a
 * byte that starts none (overlong forms, surrogates and > U+10FFFF too). */
static size_t decode_utf8(const unsigned char *s, uint32_t *point)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t n = s[0] < 0x80             ? 1
               : (s[0] & 0xE0) == 0xC0 ? 2
               : (s[0] & 0xF0) == 0xE0 ? 3
               : (s[0] & 0xF8) == 0xF0 ? 4
                                       : 0;
    uint32_t value;

    if (n <= 1) {
        *point = s[0];
        return n;
    }
    value = s[0] & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 0; /* also stops at the NUL */
        value = value << 6 | (s[i] & 0x3Fu);
    }
    if (value < least[n] || value > 0x10FFFF ||
        (value >= 0xD800 && value <= 0xDFFF))
        return 0;
    *point = value;
    return n;
}

/* Changes how the rest of a line is laid out without being seen: controls, line
 * separators, marks of direction. Joiners stay, letters and emoji need them. */
static bool is_invisible_control(uint32_t point)
{
    return point < 0x20 || (point >= 0x7F && point <= 0x9F) ||
           point == 0x061C || point == 0x200E || point == 0x200F ||
           (point >= 0x2028 && point <= 0x202E) ||
           (point >= 0x2066 && point <= 0x2069);
}

size_t text_escape(const char *raw, enum text_charset charset, char *out,
                   size_t size)
{
    const unsigned char *s = (const unsigned char *)raw;
    builder b = build_in(out, size);

    while (*s != '\0' && !b.cut) {
        uint32_t point;
        size_t n = decode_utf8(s, &point);
        char shown[16];

        if (n == 0 || (n == 1 && is_invisible_control(point))) {
            snprintf(shown, sizeof shown, "\\x%02x", *s);
            add(&b, shown, strlen(shown));
            n = 1;
        } else if (is_invisible_control(point) ||
                   (n > 1 && charset == TEXT_ASCII)) {
            snprintf(shown, sizeof shown, "\\u{%x}", (unsigned)point);
            add(&b, shown, strlen(shown));
        } else {
            add(&b, (const char *)s, n);
        }
        s += n;
    }
    return finish(&b);
}

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

/* Bytes of "user:password" when s points behind a "://" and an @ closes it. */
static size_t userinfo_length(const char *s)
{
    size_t authority = strcspn(s, "/?# \t\r\n\"'<>");

    for (size_t i = authority; i > 0; i--)
        if (s[i - 1] == '@')
            return i - 1;
    return 0;
}

static size_t secret_length(const char *secret)
{
    size_t n = secret == NULL ? 0 : strlen(secret);

    return n >= SECRET_MIN ? n : 0;
}

bool text_mask(const char *raw, const char *secret, char *out, size_t size)
{
    builder b = build_in(out, size);
    size_t literal = secret_length(secret), skip;
    const char *name = raw; /* start of the word that `s` is in */
    bool hidden = false;

    for (const char *s = raw; *s != '\0'; s += skip) {
        size_t shown = 1; /* bytes shown before those that are hidden */

        skip = 1;
        if (literal > 0 && strncmp(s, secret, literal) == 0) {
            shown = 0;
            skip = literal;
        } else if (strncmp(s, "://", 3) == 0) {
            shown = 3;
            skip = 3 + userinfo_length(s + 3);
        } else if (*s == '=' && is_secret_name(name, (size_t)(s - name))) {
            skip = 1 + strcspn(s + 1, "&#; \t\r\n\"'<>");
        }
        add(&b, s, shown);
        if (skip > shown) {
            add(&b, HIDDEN, sizeof HIDDEN - 1);
            hidden = true;
        }
        if (!is_name_byte(*s))
            name = s + skip;
    }
    finish(&b);
    return hidden;
}

static bool needs_quotes(const char *word)
{
    if (*word == '\0')
        return true;
    for (const char *s = word; *s != '\0'; s++)
        if (!isalnum((unsigned char)*s) && strchr("-_./:=,@%+", *s) == NULL)
            return true;
    return false;
}

static void add_word(builder *b, const char *word)
{
    bool quoted = needs_quotes(word);

    if (b->length > 0)
        add(b, " ", 1);
    if (quoted)
        add(b, "'", 1);
    for (const char *s = word; *s != '\0'; s++) {
        if (quoted && *s == '\'')
            add(b, "'\\''", 4);
        else
            add(b, s, 1);
    }
    if (quoted)
        add(b, "'", 1);
}

void text_command_line(int argc, char *const argv[], const char *secret,
                       char *out, size_t size)
{
    builder b = build_in(out, size);
    char word[2048];

    for (int i = 0; i < argc; i++) {
        bool is_key = i > 0 && strcasecmp(argv[i - 1], "--api-key") == 0;

        /* --api-key=K needs no case of its own: text_mask knows the name. */
        text_mask(is_key ? HIDDEN : argv[i], secret, word, sizeof word);
        add_word(&b, word);
    }
    finish(&b);
}
