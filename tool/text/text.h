/* text.h: words from outside, made fit for a terminal, a log or a table.
 *
 * A title comes from a server, a file name from whoever made the file, an
 * error from a library: each may hold an escape sequence that rewrites the line
 * above, a newline that fakes a message, or a key as part of a URL. What shows
 * words and what stores them both pass them through here, so the room lies
 * below the tool's other pieces and any of them may use it.
 *
 * All functions write a NUL-terminated string of at most `size` bytes (the NUL
 * included; size >= 8) and cut what does not fit, ending in "...". They touch
 * nothing but their arguments; any thread may call them.
 */
#ifndef TOOL_TEXT_TEXT_H
#define TOOL_TEXT_TEXT_H

#include <stddef.h>

enum { TEXT_SECRETS_MAX = 4 };

/* Strings that must never be shown. All zero: none. */
typedef struct text_secrets {
    const char *values[TEXT_SECRETS_MAX];
} text_secrets;

enum text_charset { TEXT_UTF8, TEXT_ASCII };

/* Write `in` to `out` without what must not be seen or obeyed.
 *
 * Hidden as "***": the secrets wherever they stand (`secrets` may be NULL), the
 * value of each parameter that is named like a secret (api_key=..., token=...,
 * X-Amz-Signature=...), the user and password of a URL. Made visible as \xNN or
 * \u{NNNN}: control characters, bytes that are not UTF-8, marks that hide or
 * turn the direction of writing; with TEXT_ASCII everything beyond ASCII.
 * Returns the length of what was written. */
size_t text_clean(const char *in, const text_secrets *secrets,
                  enum text_charset charset, char *out, size_t size);

/* The command line as a person could type it again: cleaned, quoted for a shell
 * where needed, the value of --api-key hidden. `argv[0]` is shown as
 * `program`. */
size_t text_command_line(const char *program, int argc, char *const argv[],
                         const text_secrets *secrets, char *out, size_t size);

#endif
