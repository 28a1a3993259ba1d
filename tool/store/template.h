/* template.h: --name: what users want their pictures to be called. */
#ifndef TOOL_STORE_TEMPLATE_H
#define TOOL_STORE_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/names.h"

enum { TEMPLATE_WHY_MAX = 160 };

/* What may stand in braces; NULL is left out. */
typedef struct template_fields {
    int64_t index; /* {index}, {index:6} with so many digits */
    const char *stem, *host, *date, *title, *hash;
} template_fields;

/* Returns 0, or -EINVAL with the reason in words. */
int template_check(const char *template, char why[TEMPLATE_WHY_MAX]);

/* Does it want the hash of the contents, which is known late? */
bool template_has_hash(const char *template);

/* A stem for the fields, clean as names.h says. */
void template_expand(const char *template, const template_fields *fields,
                     char stem[NAMES_MAX + 1]);

/* The host of a URL, without port; "" for a path. */
void template_host(const char *url, char host[NAMES_MAX + 1]);

#endif
