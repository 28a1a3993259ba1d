/* A run of a hundred thousand pictures may have ten thousand failures. Nobody
 * reads that many lines; but the few kinds that there are, with examples, and
 * then all of the kind that can be mended.
 */
#include "run/failures.h"

#include <string.h>

#include "run/diagnosis.h"
#include "run/outcome.h"

enum {
    FAILURES_MANY = 20, /* more are told by their class */
    EXAMPLES = 3,       /* of a class then */
    CLASSES_MOST = 64,  /* of those that there are, all but forged ones */
    CLASSES_TOLD = 12,  /* in one line */
};

typedef struct kinds {
    store_class classes[CLASSES_MOST];
    int64_t shown[CLASSES_MOST];
    int count;
} kinds;

static bool is_of(const store_item *item, const char *class_name)
{
    return item->class_name != NULL &&
           strcmp(item->class_name, class_name) == 0;
}

/* Whether the item's line is one of the few; counts it. */
static bool is_example(kinds *kinds, const store_item *item)
{
    for (int i = 0; i < kinds->count; i++)
        if (is_of(item, kinds->classes[i].name))
            return ++kinds->shown[i] <= EXAMPLES;
    return true; /* of a class beyond those that were counted */
}

static void tell_of_others(run *run, const kinds *kinds)
{
    for (int i = 0; i < kinds->count; i++)
        if (kinds->shown[i] > EXAMPLES)
            console_line(run->console,
                         "➕ %lld more are %s: starling status %s --class %s "
                         "names them",
                         (long long)(kinds->shown[i] - EXAMPLES),
                         kinds->classes[i].name, run->out,
                         kinds->classes[i].name);
}

static int print_some(run *run, store *store, kinds *kinds)
{
    store_item item = { 0 };
    int rc;

    while ((rc = store_next_item(store, item.id, STORE_IN(STORE_FAILED),
                                 &item)) > 0)
        if (is_example(kinds, &item))
            outcome_print_item(run, &item);
    tell_of_others(run, kinds);
    return rc;
}

/* Returns how many there are. */
static int64_t print_all(run *run, store *store, const char *class_name)
{
    store_item item = { 0 };
    int64_t count = 0;
    int rc;

    while ((rc = store_next_item(store, item.id, STORE_IN(STORE_FAILED),
                                 &item)) > 0) {
        if (class_name != NULL && !is_of(&item, class_name))
            continue;
        outcome_print_item(run, &item);
        count++;
    }
    return rc < 0 ? rc : count;
}

int failures_print(run *run, store *store, const report_run *report,
                   const char *class_name)
{
    kinds kinds = { 0 };
    int64_t count;

    if (class_name == NULL && report->failed > FAILURES_MANY) {
        kinds.count = store_count_classes(store, kinds.classes, CLASSES_MOST);
        return kinds.count < 0 ? kinds.count : print_some(run, store, &kinds);
    }
    count = print_all(run, store, class_name);
    if (count == 0 && class_name != NULL)
        return failures_tell_none(run, store, class_name);
    return count < 0 ? (int)count : 0;
}

/* NULL: any. */
static bool has_class(const store_class classes[], int count, const char *name)
{
    int i = 0;

    while (i < count && name != NULL && strcmp(classes[i].name, name) != 0)
        i++;
    return i < count;
}

int failures_tell_none(run *run, store *store, const char *class_name)
{
    store_class classes[CLASSES_TOLD];
    char text[CLASSES_TOLD * sizeof classes[0].name];
    int count = store_count_classes(store, classes, CLASSES_TOLD);

    if (count < 0)
        return count;
    diagnosis_list(classes, count, text, sizeof text);
    if (has_class(classes, count, class_name))
        console_message(run->console,
                        "nothing in %s can be tried again; there are %s",
                        run->out, text);
    else
        console_message(run->console, "nothing failed in %s%s%s%s%s", run->out,
                        class_name != NULL ? " for the reason " : "",
                        class_name != NULL ? class_name : "",
                        count > 0 ? "; there are " : "", text);
    return 0;
}
