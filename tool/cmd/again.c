/* A retry is about what had failed: it says what has come of that, and of half
 * a million failures no more than one takes in.
 *
 * The run's folder holds the options that results depend on. How to reach
 * servers is said anew, as the folder may be somebody else's: what he allowed
 * himself must not open this network to his list. Yet without that leave each
 * item would fail once more, of being refused, and what was wrong with it
 * before would be forgotten. So nothing is begun then.
 */
#include "cmd/again.h"

#include <string.h>

#include "cli/option_table.h"
#include "run/failures.h"
#include "run/outcome.h"
#include "text/builder.h"

enum { LEFT = STORE_IN(STORE_PLANNED) | STORE_IN(STORE_FETCHED) };

/* Whether the command line, as it was kept, has the option. */
static bool was_given(const char *line, const char *name)
{
    size_t n = strlen(name);

    for (const char *at = line; (at = strstr(at, " --")) != NULL;) {
        at += 3;
        if (strncmp(at, name, n) == 0 && strchr(" =", at[n]) != NULL)
            return true; /* strchr() finds the end as well */
    }
    return false;
}

static bool lacks_leave(const struct options *options, const char *line)
{
    return !options->allow_private && options->allow_address == NULL &&
           (was_given(line, "allow-private") ||
            was_given(line, "allow-address"));
}

/* Is there something to do, and is it at servers? */
static int asks_servers(store *store, const char *class_name)
{
    bool matches = class_name == NULL, has_host = false;
    store_item item = { 0 };
    int rc = 1;

    while (!(matches && has_host) &&
           (rc = store_next_item(store, item.id, LEFT | STORE_IN(STORE_FAILED),
                                 &item)) > 0) {
        bool fits = item.state != STORE_FAILED || class_name == NULL ||
                    strcmp(item.class_name, class_name) == 0;

        matches |= fits && item.state == STORE_FAILED;
        has_host |= fits && item.host != NULL;
    }
    return rc < 0 ? rc : matches && has_host;
}

/* Whether it decides what can be had, and how hard servers are pressed. */
static bool concerns_servers(const struct option_entry *entry,
                             const char *group)
{
    if (!(entry->use & FOR_RETRY) ||
        strcmp(entry->name, "require-sandbox") == 0)
        return false;
    return strcmp(group, "Limits") == 0 || strcmp(group, "Network") == 0 ||
           strcmp(entry->name, "delay") == 0 ||
           strcmp(entry->name, "per-host") == 0;
}

/* Of those, which were given then and are not now. */
static size_t name_missing(const struct options *options, const char *line,
                           char *out, size_t size)
{
    builder b = builder_in(out, size);
    const char *group = "";

    for (int i = 0; i < option_table_size; i++) {
        const struct option_entry *entry = &option_table[i];

        group = entry->group != NULL ? entry->group : group;
        if (!concerns_servers(entry, group) ||
            options_origin(options, entry->name) != ORIGIN_DEFAULT ||
            !was_given(line, entry->name))
            continue;
        builder_add(&b, " --", 3);
        builder_add(&b, entry->name, strlen(entry->name));
    }
    return builder_finish(&b);
}

int again_may(again *again, run *run, store *store, const store_run *row)
{
    const char *class_name = run->options->class_name;
    const char *line = row->command_line != NULL ? row->command_line : "";
    bool refused = lacks_leave(run->options, line);
    char names[512];
    size_t n = name_missing(run->options, line, names, sizeof names);
    int asks = asks_servers(store, class_name); /* `row` is gone now */

    if (asks <= 0)
        return asks < 0 ? asks : 1;
    if (refused) {
        again->refusal =
            "was begun with leave to connect to private addresses, which it "
            "does not keep: give --allow-private or --allow-address again, or "
            "--allow-address none to go on without; nothing was changed";
        return 0;
    }
    if (n > 0)
        console_message(run->console,
                        "%s was begun with%s, which it does not keep: give "
                        "again what matters",
                        run->out, names);
    return 1;
}

int again_note(again *again, store *store)
{
    store_item item = { 0 };
    int rc = store_count(store, &again->before), i = 0;

    again->count =
        again->before.in[STORE_PLANNED] + again->before.in[STORE_FETCHED];
    while (rc >= 0 && i < AGAIN_FEW &&
           (rc = store_next_item(store, item.id, LEFT, &item)) > 0)
        again->ids[i++] = item.id;
    return rc < 0 ? rc : 0;
}

static int tell_few(run *run, store *store, const again *again)
{
    store_item item;
    int rc = 1;

    for (int i = 0; i < again->count && rc > 0; i++) {
        rc = store_next_item(store, again->ids[i] - 1, STORE_ANY, &item);
        if (rc > 0)
            outcome_print_item(run, &item);
    }
    return rc < 0 ? rc : 0;
}

static void tell_how_many(run *run, const again *again,
                          const report_run *report)
{
    const int64_t *before = again->before.in;
    int64_t done = report->done - before[STORE_DONE];
    int64_t failed = report->failed - before[STORE_FAILED];
    int64_t skipped = report->skipped - before[STORE_SKIPPED];

    console_line(run->console,
                 "🔁 Of %lld that were tried, %lld are done, %lld failed, %lld "
                 "are skipped and %lld left",
                 (long long)again->count, (long long)done, (long long)failed,
                 (long long)skipped,
                 (long long)(again->count - done - failed - skipped));
}

int again_tell(run *run, store *store, const report_run *report, void *context)
{
    const again *again = context;

    if (again->count <= AGAIN_FEW)
        return tell_few(run, store, again);
    tell_how_many(run, again, report);
    return failures_print(run, store, report, NULL);
}
