/* Which item begins next, so that no server holds up another.
 *
 * The books are gone through once from the front. An item whose server is busy
 * opens a line for that server: from there on the search passes its items over,
 * and the line remembers from which id on they wait. As soon as the server may
 * be asked again, the next of its line is looked up in the books by server and
 * id. So memory grows with the servers that are busy at the same time, never
 * with the items, and every row is passed over at most once.
 *
 * One task asks here for items, and while it waits for the books their thread
 * reads the lines: nobody else may change them. Others therefore leave word
 * that a turn has ended or that an item wants another attempt, which wakes it.
 */
#include "cmd/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <starling/error.h>
#include <starling/scope.h>

#include "text/host.h"

enum {
    LINES_MOST = 4096, /* servers that items are set aside of at a time */
    AGAIN_MOST = 64,   /* items of a server between two attempts */
};

/* Shorter waits are not worth a word. */
#define TOLD_FROM SL_S(2)

/* An item between two attempts. */
typedef struct again {
    struct again *next; /* later */
    int64_t id;
    fetch_course course;
    char host[];
} again;

typedef struct line {
    int64_t after;  /* its items up to this id have begun */
    bool has_rows;  /* there may be some beyond that the search has passed */
    bool is_told;   /* that everything waits for it */
    bool was_again; /* the last one to begin had failed before */
    int again_count;
    again *again; /* soonest first */
    char name[];
} line;

/* An item that was found, and what is needed to begin it. */
typedef struct waiting {
    void *item;
    int64_t id;
    bool needs_turn;
    char host[TEXT_HOST_SIZE];
} waiting;

void order_init(order *o, const order_options *options)
{
    *o = (order){ .options = *options };
}

static void free_agains(again *first)
{
    while (first != NULL) {
        again *next = first->next;

        free(first);
        first = next;
    }
}

static void free_line(line *line)
{
    free_agains(line->again);
    free(line);
}

void order_fini(order *o)
{
    for (size_t i = 0; i < o->count; i++)
        free_line(o->lines[i]);
    free_agains(o->inbox);
    if (o->held != NULL && o->held->item != NULL)
        o->options.drop(o->held->item);
    free(o->held);
    free(o->lines);
    free(o->names);
    *o = (order){ 0 };
}

/* Lines. */

/* Where the line is, or where it would have to be. */
static size_t place_of(const order *o, const char *name, bool *found)
{
    size_t low = 0, high = o->count;

    *found = false;
    while (low < high && !*found) {
        size_t middle = (low + high) / 2;
        int compared = strcmp(name, o->names[middle]);

        *found = compared == 0;
        if (*found || compared < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return *found ? high : low;
}

static int grow(order *o)
{
    size_t room = o->room > 0 ? 2 * o->room : 16;
    line **lines = realloc(o->lines, room * sizeof *lines);
    const char **names;

    if (lines == NULL)
        return -ENOMEM;
    o->lines = lines;
    names = realloc(o->names, room * sizeof *names);
    if (names == NULL)
        return -ENOMEM;
    o->names = names;
    o->room = room;
    return 0;
}

/* The line of a server: that there is, or a new one. NULL without memory. */
static line *open_line(order *o, const char *name, int64_t after)
{
    size_t size = strlen(name) + 1;
    bool found;
    size_t at = place_of(o, name, &found);
    line *made;

    if (found)
        return o->lines[at];
    if (o->count == o->room && grow(o) < 0)
        return NULL;
    made = calloc(1, sizeof *made + size);
    if (made == NULL)
        return NULL;
    memcpy(made->name, name, size);
    made->after = after;
    memmove(o->lines + at + 1, o->lines + at,
            (o->count - at) * sizeof *o->lines);
    memmove(o->names + at + 1, o->names + at,
            (o->count - at) * sizeof *o->names);
    o->lines[at] = made;
    o->names[at] = made->name;
    o->count++;
    return made;
}

static void close_line(order *o, line *line)
{
    bool found;
    size_t at = place_of(o, line->name, &found);

    o->count--;
    memmove(o->lines + at, o->lines + at + 1,
            (o->count - at) * sizeof *o->lines);
    memmove(o->names + at, o->names + at + 1,
            (o->count - at) * sizeof *o->names);
    free_line(line);
}

int order_again(order *o, const char *host, int64_t id,
                const fetch_course *course)
{
    size_t size = strlen(host) + 1;
    again *made = malloc(sizeof *made + size);

    if (made == NULL)
        return -ENOMEM;
    *made = (again){ .next = o->inbox, .id = id, .course = *course };
    memcpy(made->host, host, size);
    o->inbox = made;
    sl_event_set(&o->changed);
    return 0;
}

static void queue_again(line *line, again *one)
{
    again **at = &line->again;

    while (*at != NULL && (*at)->course.not_before <= one->course.not_before)
        at = &(*at)->next;
    one->next = *at;
    *at = one;
    line->again_count++;
}

/* Put what others have left into its lines. */
static int empty_inbox(order *o)
{
    while (o->inbox != NULL) {
        again *one = o->inbox;
        /* Of the server's items up to here none waits, or there is a line. */
        line *line = open_line(o, one->host, o->seen);

        if (line == NULL)
            return -ENOMEM;
        o->inbox = one->next;
        queue_again(line, one);
    }
    return 0;
}

/* Looking into the books. */

typedef struct search {
    order *order;
    line *line;         /* NULL: the first item beyond all that was seen */
    const again *again; /* the one with this id; NULL: the line's next */
    waiting *found;
} search;

static void note_passed(void *arg, size_t place)
{
    order *o = arg;

    o->lines[place]->has_rows = true;
}

static int find_row(const search *search, store *store, store_item *row)
{
    order *o = search->order;
    store_hosts passed = { o->names, o->count, note_passed, o };

    if (search->again != NULL)
        return store_next_item(store, search->again->id - 1, o->options.states,
                               row);
    if (search->line != NULL)
        return store_next_of_host(store, search->line->name,
                                  search->line->after, o->seen,
                                  o->options.states, row);
    return store_next_elsewhere(store, &o->seen, o->options.states, &passed,
                                row);
}

/* On the store's thread, while the loop's task that asked is waiting: only
 * that task changes `seen` and the lines' names and places. */
static int look(store *store, void *arg)
{
    search *search = arg;
    order *o = search->order;
    waiting *found = search->found;
    store_item row;
    int rc = find_row(search, store, &row);

    if (rc <= 0)
        return rc;
    found->id = row.id;
    found->needs_turn = row.host != NULL && row.state != STORE_FETCHED;
    strcpy(found->host, row.host != NULL ? row.host : "");
    found->item = o->options.make(o->options.arg, &row);
    if (found->item == NULL)
        return -ENOMEM;
    rc = store_keep_item(store, found->id);
    if (rc < 0)
        o->options.drop(found->item);
    return rc < 0 ? rc : 1;
}

static int look_into_books(order *o, line *line, const again *again,
                           waiting *found)
{
    search search = { o, line, again, found };

    return books_call(o->options.books, look, &search);
}

/* Beginning items. */

static int begin(order *o, const waiting *found, fetch_turn *turn,
                 const fetch_course *course, order_item *out)
{
    o->turns += turn != NULL;
    *out = (order_item){ .item = found->item, .turn = turn };
    if (course != NULL)
        out->course = *course;
    return 1;
}

static again *first_again(line *line, sl_time now)
{
    again *first = line->again;

    return first != NULL && first->course.not_before <= now ? first : NULL;
}

/* Whether one may begin that has not been tried. */
static bool may_begin(const line *line)
{
    return line->has_rows && line->again_count < AGAIN_MOST;
}

/* With a turn at the line's server: its next item. 0: there is none. */
static int take_from_line(order *o, line *line, fetch_turn *turn,
                          order_item *out)
{
    /* By turns, so that neither those nor the others are held up. */
    bool prefer_row = line->was_again && may_begin(line);
    again *again = prefer_row ? NULL : first_again(line, sl_now());
    fetch_course course = { 0 };
    waiting found;
    int rc;

    line->was_again = again != NULL;
    if (again != NULL) {
        line->again = again->next;
        line->again_count--;
        course = again->course;
    }
    rc = look_into_books(o, line, again, &found);
    if (again == NULL) {
        line->has_rows = rc > 0;
        line->after = rc > 0 ? found.id : line->after;
    }
    free(again);
    if (rc > 0)
        return begin(o, &found, turn, &course, out);
    fetcher_give_turn(o->options.fetcher, turn);
    return rc;
}

/* Try one line. *due becomes earlier if it has to wait for a time. */
static int try_line(order *o, line *line, sl_time *due, order_item *out)
{
    fetch_turn *turn;
    sl_time when;
    int rc;

    if (!may_begin(line) && first_again(line, sl_now()) == NULL) {
        when =
            line->again != NULL ? line->again->course.not_before : SL_FOREVER;
        rc = -EAGAIN;
    } else {
        rc = fetcher_take_turn(o->options.fetcher, line->name, &turn, &when);
    }
    if (rc == -EAGAIN && when < *due) {
        *due = when;
        o->last = line->name;
    }
    if (rc == 0)
        return take_from_line(o, line, turn, out);
    return rc == -EAGAIN ? 0 : rc;
}

/* Each line in turn, beginning behind the one that was served last. */
static int try_lines(order *o, sl_time *due, order_item *out)
{
    size_t tries = o->count, at = o->first;
    int rc = 0;

    while (tries-- > 0 && rc == 0) {
        line *line;

        at = at < o->count ? at : 0;
        line = o->lines[at];
        rc = try_line(o, line, due, out);
        if (rc == 0 && !line->has_rows && line->again == NULL)
            close_line(o, line);
        else
            at++;
    }
    o->first = at;
    return rc;
}

/* The item that was found begins, or its server gets a line. 0: neither, it
 * goes on waiting; *out is empty if it was set aside. */
static int try_held(order *o, sl_time *due, order_item *out)
{
    waiting *held = o->held;
    fetch_turn *turn = NULL;
    line *line;
    sl_time when;
    int rc = held->needs_turn ? fetcher_take_turn(o->options.fetcher,
                                                  held->host, &turn, &when)
                              : 0;

    if (rc == 0) {
        rc = begin(o, held, turn, NULL, out);
        held->item = NULL;
        return rc;
    }
    if (rc == -EAGAIN && when < *due)
        *due = when;
    if (rc == -EBUSY || (rc == -EAGAIN && o->count >= LINES_MOST))
        return 0;
    line = rc == -EAGAIN ? open_line(o, held->host, held->id - 1) : NULL;
    if (line == NULL)
        return -ENOMEM;
    if (when == *due)
        o->last = line->name;
    line->has_rows = true;
    line->after = held->id - 1; /* also of a line that another item opened */
    o->options.drop(held->item);
    held->item = NULL;
    return 0;
}

/* Go on through the books. 0: nothing more to be had now. */
static int try_beyond(order *o, sl_time *due, order_item *out)
{
    int rc;

    if (o->held == NULL && (o->held = calloc(1, sizeof *o->held)) == NULL)
        return -ENOMEM;
    for (;;) {
        if (o->held->item == NULL) {
            o->at_end = false;
            rc = look_into_books(o, NULL, NULL, o->held);
            o->at_end = rc == 0;
            if (rc <= 0)
                return rc;
        }
        rc = try_held(o, due, out);
        if (rc != 0 || o->held->item != NULL)
            return rc;
    }
}

/* Waiting. */

/* Nothing is under way or left that might change anything but time. */
static bool is_idle(const order *o)
{
    return o->at_end && o->complete && o->turns == 0 && o->inbox == NULL;
}

static bool is_over(const order *o)
{
    return is_idle(o) && o->count == 0;
}

static void tell(order *o, sl_time due)
{
    bool found;
    size_t at = place_of(o, o->last, &found);

    if (!found || o->lines[at]->is_told || due - sl_now() < TOLD_FROM)
        return;
    o->lines[at]->is_told = true;
    if (o->options.on_wait != NULL)
        o->options.on_wait(o->options.arg, o->last, due - sl_now());
}

/* Until something has changed or `due` has come. -EAGAIN: too long. */
static int wait_for_change(order *o, sl_time due)
{
    sl_scope limit;
    int rc;

    if (is_idle(o) && due != SL_FOREVER) {
        o->due = due;
        if (due - sl_now() > o->options.patience)
            return -EAGAIN;
        tell(o, due);
    }
    sl_deadline_open(&limit, due);
    rc = sl_event_wait(&o->changed);
    rc = sl_scope_close(&limit, rc);
    return rc == SL_ETIMEDOUT ? 0 : rc;
}

int order_next(order *o, order_item *out)
{
    int rc = 0;

    while (!o->stopped) {
        sl_time due = SL_FOREVER;

        sl_event_clear(&o->changed);
        rc = empty_inbox(o);
        if (rc == 0)
            rc = try_lines(o, &due, out);
        /* All downloads are taken: what needs none may begin. */
        if (rc == 0 || rc == -EBUSY)
            rc = try_beyond(o, &due, out);
        if (rc != 0)
            return rc;
        if (sl_event_is_set(&o->changed))
            continue; /* while we looked */
        if (is_over(o))
            return 0;
        rc = wait_for_change(o, due);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* What happens elsewhere. */

void order_turn_ended(order *o)
{
    o->turns--;
    sl_event_set(&o->changed);
}

void order_more(order *o)
{
    o->at_end = false;
    sl_event_set(&o->changed);
}

void order_complete(order *o)
{
    o->complete = true;
    sl_event_set(&o->changed);
}

void order_stop(order *o)
{
    o->stopped = true;
    sl_event_set(&o->changed);
}

void order_changed(void *arg)
{
    order *o = arg;

    sl_event_set(&o->changed);
}

const char *order_last(const order *o, sl_time *length)
{
    *length = o->due - sl_now();
    return o->last;
}
