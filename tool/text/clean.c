/* One pass that hides and escapes. A second pass would see what the first one
 * wrote: a secret that was cut by an escape, or an escape that was cut by the
 * end of the buffer.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "text/builder.h"
#include "text/secret.h"
#include "text/text.h"

/* Length of the well-formed UTF-8 sequence at s and its code point; 0 for bytes
 * that are none: also the overlong, surrogate and too large ones, which have
 * been used to smuggle control characters past checks. */
static size_t decode(const unsigned char *s, uint32_t *point)
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

/* Moves the cursor, hides, or turns the direction of what follows. Joiners
 * stay: letters and emoji need them. */
static bool is_harmful(uint32_t point)
{
    return point < 0x20 || (point >= 0x7F && point <= 0x9F) ||
           point == 0x061C || point == 0x200B || point == 0x200E ||
           point == 0x200F || (point >= 0x2028 && point <= 0x202E) ||
           (point >= 0x2060 && point <= 0x206F) || point == 0xFEFF;
}

/* Add the next character or what stands for it; returns its bytes. */
static size_t add_character(builder *b, const char *in,
                            enum text_charset charset)
{
    uint32_t point = 0;
    size_t n = decode((const unsigned char *)in, &point);
    char escape[16];

    if (n > 0 && !is_harmful(point) && (n == 1 || charset == TEXT_UTF8)) {
        builder_add(b, in, n);
        return n;
    }
    if (n <= 1)
        snprintf(escape, sizeof escape, "\\x%02x", (unsigned char)*in);
    else
        snprintf(escape, sizeof escape, "\\u{%x}", (unsigned)point);
    builder_add(b, escape, strlen(escape));
    return n > 0 ? n : 1;
}

/* What a secret begins with: its name's '=', "://", its own first byte. */
typedef struct starts {
    char bytes[2 + TEXT_SECRETS_MAX];
    int count;
} starts;

static starts starts_of(const text_secrets *secrets)
{
    starts made = { "=:", 2 };

    for (int i = 0; secrets != NULL && i < TEXT_SECRETS_MAX; i++)
        if (secrets->values[i] != NULL)
            made.bytes[made.count++] = secrets->values[i][0];
    return made;
}

/* How many bytes are plain ASCII in which no secret can begin: nearly all of
 * them, and a look at each would take twenty times as long. */
static size_t plain_length(const char *at, const starts *starts)
{
    size_t n = 0;

    for (; at[n] >= 0x20 && at[n] < 0x7F; n++)
        if (memchr(starts->bytes, at[n], (size_t)starts->count) != NULL)
            break;
    return n;
}

size_t text_clean(const char *in, const text_secrets *secrets,
                  enum text_charset charset, char *out, size_t size)
{
    builder b = builder_in(out, size);
    const starts starts = starts_of(secrets);
    const char *at = in;

    while (*at != '\0' && !b.cut) {
        size_t plain = plain_length(at, &starts);
        secret found;

        if (plain > 0 && plain < b.size - b.length) {
            builder_add(&b, at, plain);
            at += plain;
            continue;
        }
        found = secret_at(in, at, secrets);
        if (found.hidden == 0) {
            at += add_character(&b, at, charset);
            continue;
        }
        builder_add(&b, at, found.shown);
        builder_add(&b, "***", 3);
        at += found.shown + found.hidden;
    }
    return builder_finish(&b);
}
