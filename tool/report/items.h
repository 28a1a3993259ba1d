/* items.h: what lists all items, an item at a time. Private to the report. */
#ifndef TOOL_REPORT_ITEMS_H
#define TOOL_REPORT_ITEMS_H

#include <stdbool.h>

#include "report/emit.h"

void items_csv_begin(emitter *e);
void items_csv_add(emitter *e, const report_item *item);

void summary_begin(emitter *e, const report_run *run);
/* Returns 0 or -ENOMEM. */
int summary_add(emitter *e, const report_run *run, const report_item *item,
                bool is_first);
void summary_end(emitter *e);

#endif
