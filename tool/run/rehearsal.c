/* What a run would do: its books are filled as for a real one, in memory, and
 * then read out. So names, repetitions and what an earlier session has done are
 * as they will be, and nothing on disk is touched.
 */
#include "run/rehearsal.h"

#include "run/outcome.h"

static void tell_item(run *run, const store_item *item)
{
    if (item->state == STORE_PLANNED)
        console_line(run->console, "📥 Would work on %s: %s", item->stem,
                     item->url);
    else if (item->state == STORE_FETCHED)
        console_line(run->console, "🔭 Would work on %s, which is here already",
                     item->name);
    else
        outcome_print_item(run, item);
}

static int tell(store *store, void *arg)
{
    run *run = arg;
    store_item item = { 0 };
    store_counts counts;
    int rc;

    console_line(run->console, "%s", "");
    while ((rc = store_next_item(store, item.id, STORE_ANY, &item)) > 0)
        tell_item(run, &item);
    if (rc == 0)
        rc = store_count(store, &counts);
    if (rc < 0)
        return rc;
    console_line(
        run->console,
        "📊 %lld to do, %lld done already, %lld failed, %lld skipped; "
        "nothing was written to %s",
        (long long)(counts.in[STORE_PLANNED] + counts.in[STORE_FETCHED]),
        (long long)counts.in[STORE_DONE], (long long)counts.in[STORE_FAILED],
        (long long)counts.in[STORE_SKIPPED], run->out);
    return 0;
}

void rehearsal_tell(run *run)
{
    if (books_call(&run->books, tell, run) < 0 && run_fail_books(run) < 0)
        return; /* told */
}
