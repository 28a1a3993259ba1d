/* secret.h: which part of a text is nobody's business. */
#ifndef TOOL_TEXT_SECRET_H
#define TOOL_TEXT_SECRET_H

#include "text/text.h"

/* Something secret that begins `shown` bytes behind a place in a text and is
 * `hidden` bytes long; `hidden` 0: nothing does. */
typedef struct secret {
    size_t shown, hidden;
} secret;

/* Does something secret begin at `at`, a place in `text`? */
secret secret_at(const char *text, const char *at, const text_secrets *secrets);

#endif
