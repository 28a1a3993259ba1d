/* A list may be endless, and a range of days takes a question a hundred; so a
 * task puts items into the books while others already work on them. Whoever
 * goes through the books and comes to their end waits for the event `more`
 * until the filling is over.
 *
 * Nothing is begun for a list that makes no sense from its start: then the
 * books are empty, and the run's folder goes with them.
 */
#include "run/fill.h"

#include <starling/error.h>

void fill_count(run *run, int64_t to_work)
{
    run->to_fetch += to_work;
    run->to_analyze += to_work;
    sl_event_set(&run->more);
    order_more(&run->order);
    run_show_totals(run);
}

static int count_items(store *store, void *arg)
{
    return store_count(store, arg);
}

static int count(run *run, store_counts *out)
{
    return books_call(&run->books, count_items, out) < 0 ? run_fail_books(run)
                                                         : 0;
}

static int look_for_items(store *store, void *arg)
{
    (void)arg;
    return store_has_items(store);
}

int run_has_items(run *run)
{
    int rc = books_call(&run->books, look_for_items, NULL);

    return rc < 0 ? run_fail_books(run) : rc;
}

static int fill_books(void *arg)
{
    run *run = arg;
    int rc = run->plan->fill(run, run->plan->context);

    run->filling = false;
    run->fill_result = rc;
    sl_event_set(&run->more);
    order_complete(&run->order);
    return 0; /* what went wrong is the run's and has been told */
}

static int count_hidden(store *store, void *arg)
{
    (void)arg;
    return store_has_hidden(store);
}

/* Items of an earlier session whose address was not stored get it from the
 * list; nobody may come to them before. And whoever looks at what an earlier
 * session left decides whether there is something to do. */
static int must_fill_first(run *run)
{
    int rc;

    if (run->options->dry_run || run->plan->reopen)
        return 1;
    rc = books_call(&run->books, count_hidden, NULL);
    return rc < 0 ? run_fail_books(run) : rc;
}

int fill_start(run *run, sl_group *group)
{
    store_counts counts = { 0 };
    int rc = count(run, &counts), first;

    if (rc < 0)
        return rc;
    run->filled = counts.planned > 0;
    fill_count(run, counts.in[STORE_PLANNED] + counts.in[STORE_FETCHED] +
                        (run->options->refresh ? counts.in[STORE_DONE] : 0));
    if (run->filled && !run->plan->refill)
        return 0;
    first = must_fill_first(run);
    if (first < 0)
        return first;
    run->filling = true;
    sl_task_set_name(sl_group_spawn(group, fill_books, run), "fill the books");
    while (rc == 0 && run->filling && !run->draining &&
           (first || run->to_fetch == 0)) {
        sl_event_clear(&run->more);
        rc = sl_event_wait(&run->more);
    }
    return rc;
}

int fill_finish(run *run)
{
    int rc = run_has_items(run);

    run->filled = rc > 0;
    run->empty = rc == 0;
    return rc < 0 ? rc : run->draining ? 0 : run->fill_result;
}
