/* rows.h: a run that exists only in these rows, and what is written of it. */
#ifndef TESTS_TOOL_REPORT_ROWS_H
#define TESTS_TOOL_REPORT_ROWS_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/report.h"
#include "support/test.h"

typedef struct rows {
    const report_item *items;
    size_t item_count;
    const report_star *stars; /* of every item that is done */
    size_t star_count;
} rows;

static inline int rows_next(void *context, int64_t after, report_item *out)
{
    const rows *r = context;

    if ((size_t)after >= r->item_count)
        return 0;
    *out = r->items[after];
    out->id = after + 1;
    return 1;
}

static inline int rows_each_star(void *context, int64_t id,
                                 report_take_star *take, void *take_context)
{
    const rows *r = context;

    (void)id;
    for (size_t i = 0; i < r->star_count; i++) {
        int rc = take(take_context, &r->stars[i]);

        if (rc != 0)
            return rc;
    }
    return 0;
}

static inline report_run rows_run(rows *r)
{
    return (report_run){ .next_item = rows_next,
                         .each_star = rows_each_star,
                         .context = r };
}

/* What a writer has written so far; `room` bytes may come, then -ENOSPC. */
typedef struct written {
    char *text;
    size_t size, room;
    size_t allocated;
} written;

static inline int written_more(void *context, const void *data, size_t size)
{
    written *w = context;

    if (w->size + size > w->room)
        return -ENOSPC;
    if (w->size + size >= w->allocated) {
        w->allocated = 2 * (w->size + size) + 1;
        w->text = realloc(w->text, w->allocated);
        CHECK(w->text != NULL);
    }
    memcpy(w->text + w->size, data, size);
    w->size += size;
    w->text[w->size] = '\0';
    return 0;
}

/* What `writer` makes of the run; the caller frees it. */
static inline char *rows_written(int (*writer)(const report_run *run,
                                               const report_out *out),
                                 const report_run *run)
{
    written w = { .room = (size_t)1 << 30 };

    CHECK_EQ(writer(run, &(report_out){ written_more, &w }), 0);
    CHECK(w.text != NULL);
    return w.text;
}

#endif
