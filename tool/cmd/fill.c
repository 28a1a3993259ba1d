/* A list may be endless, and a range of days takes a question a hundred; so a
 * task puts items into the books while others already work on them. Whoever
 * goes through the books and comes to their end waits for the event `more`
 * until the filling is over.
 *
 * Nothing is begun for a list that makes no sense from its start: then the
 * books are empty, and the run's folder goes with them.
 */
#include "cmd/fill.h"

#include <starling/error.h>

void fill_count(run *run, int64_t to_work)
{
    run->to_fetch += to_work;
    run->to_analyze += to_work;
    sl_event_set(&run->more);
    order_more(&run->order);
    run_show_totals(run);
}

typedef struct planning {
    const store_new_item *item;
    const char *class_name, *reason; /* NULL: it is to be worked on */
} planning;

/* 1 for an item that is to be worked on and was not there before. */
static int plan_item(store *store, void *arg)
{
    planning *planning = arg;
    enum store_state state;
    int64_t id;
    int rc = store_plan(store, planning->item, &id, &state);

    if (rc != 0)
        return rc < 0 ? rc : 0;
    if (planning->reason == NULL)
        return 1;
    return planning->class_name == NULL
               ? store_mark_skipped(store, id, planning->reason)
               : store_mark_failed(store, id, planning->class_name,
                                   planning->reason, 0);
}

static int plan_any(run *run, const store_new_item *item,
                    const char *class_name, const char *reason)
{
    planning planning = { item, class_name, reason };
    int rc = books_change(&run->books, plan_item, &planning);

    if (rc < 0)
        return run_fail_books(run);
    fill_count(run, rc);
    return 0;
}

int run_plan_item(run *run, const store_new_item *item)
{
    return plan_any(run, item, NULL, NULL);
}

int run_plan_skipped(run *run, const store_new_item *item, const char *reason)
{
    return plan_any(run, item, NULL, reason);
}

int run_plan_failed(run *run, const store_new_item *item,
                    const char *class_name, const char *reason)
{
    return plan_any(run, item, class_name, reason);
}

static int count_items(store *store, void *arg)
{
    return store_count(store, arg);
}

int run_count(run *run, store_counts *out)
{
    return books_call(&run->books, count_items, out) < 0 ? run_fail_books(run)
                                                         : 0;
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
 * list; nobody may come to them before. */
static int must_fill_first(run *run)
{
    int rc;

    if (run->options->dry_run)
        return 1;
    rc = books_call(&run->books, count_hidden, NULL);
    return rc < 0 ? run_fail_books(run) : rc;
}

int fill_start(run *run, sl_group *group)
{
    store_counts counts = { 0 };
    int rc = run_count(run, &counts), first;

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
    store_counts counts = { 0 };
    int rc = run_count(run, &counts);

    run->filled = counts.planned > 0;
    run->empty = rc == 0 && !run->filled;
    return rc < 0 || run->draining ? rc : run->fill_result;
}
