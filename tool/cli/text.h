/* text.h: words from anywhere, made safe for a terminal and a log. */
#ifndef TOOL_CLI_TEXT_H
#define TOOL_CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>

enum { TEXT_SECRETS_MAX = 4 };

/* Strings that must never be shown. All zero: none. */
typedef struct text_secrets {
    const char *values[TEXT_SECRETS_MAX];
} text_secrets;

/* Write `in` to `out`, always ended with a NUL and cut at a whole character
 * where `size` bytes do not suffice. Secrets, the value of api_key= and the
 * user and password of a URL become "***"; `secrets` may be NULL. Control
 * characters, bytes that are not UTF-8 and marks that turn the direction of
 * writing become \xNN or \u{NNNN}; so does everything outside ASCII where
 * `utf8` is false. Returns the length of what was written. */
size_t text_clean(const char *in, const text_secrets *secrets, bool utf8,
                  char *out, size_t size);

#endif
