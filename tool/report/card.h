/* card.h: the page under construction, and a finished item on it. Private to
 * the report. */
#ifndef TOOL_REPORT_CARD_H
#define TOOL_REPORT_CARD_H

#include <stdbool.h>
#include <stddef.h>

#include "report/emit.h"
#include "report/report.h"

typedef struct page {
    emitter e;
    const report_run *run;
    size_t embedded; /* bytes of previews so far */
} page;

void card_show(page *p, const report_item *item);

/* Whether stars were searched for in this run. */
bool card_about_stars(const report_run *run);

#endif
