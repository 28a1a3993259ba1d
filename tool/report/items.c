/* items.csv and summary.json list the same items in the same order, and to read
 * one from the books takes as long as to write it: they are written together.
 */
#include "report/items.h"

static int write_items(const report_run *run, emitter *csv, emitter *json)
{
    report_item item = { 0 };
    bool is_first = true;
    int rc;

    while ((rc = run->next_item(run->context, item.id, &item)) > 0) {
        items_csv_add(csv, &item);
        rc = summary_add(json, run, &item, is_first);
        is_first = false;
        if (rc < 0)
            break;
    }
    return rc;
}

int report_items(const report_run *run, const report_out *csv_out,
                 const report_out *json_out)
{
    emitter csv, json;
    int rc;

    emit_start(&csv, csv_out);
    emit_start(&json, json_out);
    items_csv_begin(&csv);
    summary_begin(&json, run);
    rc = write_items(run, &csv, &json);
    summary_end(&json);
    if (rc >= 0)
        rc = emit_end(&csv);
    return rc < 0 ? rc : emit_end(&json);
}
