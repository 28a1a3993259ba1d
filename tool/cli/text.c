/* Words from anywhere, made safe.
 *
 * A title comes from a server, a file name from whoever made the file, an
 * error text from a library: each may hold an escape sequence that rewrites
 * the line above, a newline that fakes a message, or the API key as part of a
 * URL. One pass over the text takes care of all of them, because a second pass
 * would see what the first one wrote: a secret that was cut by an escape, or an
 * escape that was cut by the end of the buffer.
 */
#include "cli/text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* A shorter secret is no secret, and masking it would garble every line. */
enum { SECRET_LENGTH_MIN = 4 };

typedef struct {
    char *at, *end; /* one byte is kept for the NUL */
} output;

static bool put(output *out, const char *text, size_t length)
{
    if ((size_t)(out->end - out->at) < length)
        return false;
    memcpy(out->at, text, length);
    out->at += length;
    return true;
}

/* Length of a secret that `in` begins with, else 0. */
static size_t secret_at(const char *in, const text_secrets *secrets)
{
    for (int i = 0; secrets != NULL && i < TEXT_SECRETS_MAX; i++) {
        const char *secret = secrets->values[i];
        size_t length = secret ? strlen(secret) : 0;

        if (length >= SECRET_LENGTH_MIN && strncmp(in, secret, length) == 0)
            return length;
    }
    return 0;
}

/* Put a mask for what is secret at the start of `in`. Returns how many bytes of
 * `in` that stands for; 0 if nothing secret begins here. */
static size_t mask(const char *in, const text_secrets *secrets, output *out)
{
    size_t length = secret_at(in, secrets);

    if (length > 0) {
        put(out, "***", 3);
    } else if (strncasecmp(in, "api_key=", 8) == 0) {
        length = 8 + strcspn(in + 8, "&#;,\"'<> \t\r\n");
        put(out, in, 8);
        put(out, "***", length > 8 ? 3 : 0);
    } else if (strncmp(in, "://", 3) == 0) {
        length = 3 + strcspn(in + 3, "/?#\"'<> \t\r\n");
        while (length > 3 && in[length - 1] != '@')
            length--;
        if (length == 3)
            return 0;
        put(out, "://***@", 7);
    }
    return length;
}

/* Decode one character. Returns its length, or 0 for bytes that are not one:
 * also the overlong, surrogate and too large ones, which have been used to
 * smuggle control characters past checks. */
static size_t decode(const unsigned char *in, uint32_t *character)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t length = in[0] < 0x80             ? 1
                    : (in[0] & 0xe0) == 0xc0 ? 2
                    : (in[0] & 0xf0) == 0xe0 ? 3
                    : (in[0] & 0xf8) == 0xf0 ? 4
                                             : 0;

    if (length == 0)
        return 0;
    *character = length == 1 ? in[0] : in[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((in[i] & 0xc0) != 0x80)
            return 0; /* the NUL at the end stops us here at the latest */
        *character = *character << 6 | (in[i] & 0x3f);
    }
    if (*character < least[length] || *character > 0x10ffff ||
        (*character >= 0xd800 && *character <= 0xdfff))
        return 0;
    return length;
}

/* Moves the cursor, hides, or turns the direction of what follows. */
static bool is_harmful(uint32_t character)
{
    return character < 0x20 || (character >= 0x7f && character < 0xa0) ||
           character == 0x61c || (character >= 0x200b && character <= 0x200f) ||
           (character >= 0x2028 && character <= 0x202e) ||
           (character >= 0x2060 && character <= 0x206f) || character == 0xfeff;
}

/* Put the next character or what stands for it. Returns the bytes of `in` that
 * this took, 0 if there was no room. */
static size_t copy_character(const char *in, bool utf8, output *out)
{
    uint32_t character;
    size_t length = decode((const unsigned char *)in, &character);
    char escape[16];
    int n;

    if (length > 0 && !is_harmful(character) && (utf8 || character < 0x80))
        return put(out, in, length) ? length : 0;
    if (length <= 1)
        n = snprintf(escape, sizeof escape, "\\x%02x", (unsigned char)in[0]);
    else
        n = snprintf(escape, sizeof escape, "\\u{%x}", (unsigned)character);
    return put(out, escape, (size_t)n) ? (length ? length : 1) : 0;
}

size_t text_clean(const char *in, const text_secrets *secrets, bool utf8,
                  char *out, size_t size)
{
    output output = { .at = out, .end = out + size - 1 };
    size_t taken;

    if (size == 0)
        return 0;
    while (*in != '\0') {
        taken = mask(in, secrets, &output);
        if (taken == 0)
            taken = copy_character(in, utf8, &output);
        if (taken == 0)
            break;
        in += taken;
    }
    *output.at = '\0';
    return (size_t)(output.at - out);
}
