/* show.h: a comparison for people and for programs. */
#ifndef TOOL_COMPARE_SHOW_H
#define TOOL_COMPARE_SHOW_H

#include <stdio.h>

#include "compare/contest.h"

/* Call line() with each line of the table, and at its end the sentence. */
void show_table(const contest *contest,
                void (*line)(void *context, const char *text), void *context);

/* One JSON object as text; free() it. NULL without memory. */
char *show_json(const contest *contest);

/* A page that needs nothing else; `style` is the style sheet of the tool's
 * pages. Errors stay in the file's error indicator. */
void show_page(const contest *contest, const char *style, FILE *page);

#endif
