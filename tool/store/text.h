/* text.h: words from outside, made fit for a terminal, a log or a table.
 *
 * All functions write a NUL-terminated string of at most `size` bytes (the NUL
 * included; size >= 8) and cut what does not fit, ending in "...". They touch
 * nothing but their arguments; any thread may call them.
 */
#ifndef TOOL_STORE_TEXT_H
#define TOOL_STORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

enum text_charset { TEXT_UTF8, TEXT_ASCII };

/* Whatever could steer a terminal or reorder a line (control bytes, broken
 * UTF-8, invisible direction marks, line separators) becomes visible as \x1b or
 * \u{202e}; with TEXT_ASCII everything beyond ASCII does. Returns the length.
 */
size_t text_escape(const char *raw, enum text_charset charset, char *out,
                   size_t size);

/* Hide what must not be shown or stored: the value of every parameter that is
 * named like a secret (api_key=..., token=..., X-Amz-Signature=...), the user
 * and password of a URL, and `secret` itself wherever it stands (NULL or short
 * strings: no such search). Takes a URL or a line that holds some. Returns
 * whether anything was hidden. */
bool text_mask(const char *raw, const char *secret, char *out, size_t size);

/* The command line as a person could type it again, secrets masked: quoted for
 * a shell where needed, the value of --api-key hidden. */
void text_command_line(int argc, char *const argv[], const char *secret,
                       char *out, size_t size);

#endif
