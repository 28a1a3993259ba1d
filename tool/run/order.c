/* Which item begins next, so that no server holds up another.
 *
 * The books are gone through once from the front. An item whose server is busy
 * opens a line for that server: from there on the search passes its items over,
 * and the line remembers from which id on they wait. As soon as the server may
 * be asked again, the next of its line is looked up in the books by server and
 * id. So memory grows with the servers that are busy at the same time, never
 * with the items, and every row is passed over at most once.
 *
 * The search takes as many items along as one look into the books is worth, and
 * goes on only when all of them have begun or are in a line; whoever opens a
 * line takes what is held of that server's items along. So no item that is held
 * can be found by a line as well.
 *
 * One task asks here for items, and while it waits for the books their thread
 * reads the lines: nobody else may change them. Others therefore leave word
 * that a turn has ended or that an item wants another attempt, which wakes it.
 */
#include "run/order_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <starling/error.h>
#include <starling/scope.h>

#include "text/host.h"

enum {
    LINES_MOST = 4096, /* servers that items are set aside of at a time */
    AGAIN_MOST = 64,   /* items of a server between two attempts */
    HELD_MOST = 32,    /* items that were found and have not begun */
};

/* Shorter waits are not worth a word. */
#define TOLD_FROM SL_S(2)

/* An item that was found, and what is needed to begin it. */
typedef struct waiting {
    void *item; /* NULL: it has begun, or is in a line */
    int64_t id;
    bool needs_turn;
    char host[TEXT_HOST_SIZE];
} waiting;

/* In the order of planning. */
struct held {
    int first, count;
    int wanted; /* twice as many as were held and all began */
    waiting items[HELD_MOST];
};

void order_init(order *o, const order_options *options)
{
    *o = (order){ .options = *options };
}

static void drop_item(const order *o, waiting *waiting)
{
    o->options.drop(waiting->item);
    waiting->item = NULL;
}

/* Those of a server; NULL: of all. */
static void drop_held(order *o, const char *host)
{
    struct held *held = o->held;

    for (int i = held != NULL ? held->first : 0; held && i < held->count; i++) {
        waiting *one = &held->items[i];

        if (one->item != NULL &&
            (host == NULL || (one->needs_turn && strcmp(one->host, host) == 0)))
            drop_item(o, one);
    }
}

void order_fini(order *o)
{
    for (size_t i = 0; i < o->count; i++)
        order_free_line(o->lines[i]);
    order_free_agains(o->inbox);
    drop_held(o, NULL);
    free(o->held);
    free(o->lines);
    free(o->names);
    *o = (order){ 0 };
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

/* Put what others have left into its lines. */
static int empty_inbox(order *o)
{
    while (o->inbox != NULL) {
        again *one = o->inbox;
        /* Of the server's items up to here none waits, or there is a line. */
        line *line = order_open_line(o, one->host, o->seen);

        if (line == NULL)
            return -ENOMEM;
        o->inbox = one->next;
        order_queue_again(line, one);
    }
    return 0;
}

/* Looking into the books. */

typedef struct search {
    order *order;
    line *line;         /* NULL: beyond all that was seen */
    const again *again; /* the one with this id; NULL: the line's next */
    waiting *found;
    int room;
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

static int make_waiting(const order *o, const store_item *row, waiting *out)
{
    out->id = row->id;
    out->needs_turn = row->host != NULL && row->state != STORE_FETCHED;
    strcpy(out->host, row->host != NULL ? row->host : "");
    out->item = o->options.make(o->options.arg, row);
    return out->item != NULL ? 0 : -ENOMEM;
}

/* On the store's thread, while the loop's task that asked is waiting: only
 * that task changes `seen` and the lines' names and places. Returns how many
 * were found. */
static int look(store *store, void *arg)
{
    const search *search = arg;
    order *o = search->order;
    int count = 0, rc = 1;

    while (count < search->room && rc > 0) {
        store_item row;

        rc = find_row(search, store, &row);
        if (rc > 0 && make_waiting(o, &row, &search->found[count]) < 0)
            rc = -ENOMEM;
        count += rc > 0;
    }
    if (rc >= 0 && count > 0)
        rc = store_keep_item(store, search->found[count - 1].id);
    if (rc >= 0)
        return count;
    while (count > 0)
        drop_item(o, &search->found[--count]);
    return rc;
}

static int look_into_books(order *o, line *line, const again *again,
                           waiting *found, int room)
{
    search search = { o, line, again, found, room };

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
    rc = look_into_books(o, line, again, &found, 1);
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
            order_close_line(o, line);
        else
            at++;
    }
    o->first = at;
    return rc;
}

/* The server is busy: its items wait in a line, from this one on. */
static int set_aside(order *o, const waiting *held, bool is_next)
{
    line *line = order_open_line(o, held->host, held->id - 1);

    if (line == NULL)
        return -ENOMEM;
    if (is_next)
        o->last = line->name;
    line->has_rows = true;
    line->after = held->id - 1; /* also of a line that another item opened */
    drop_held(o, line->name);
    o->held->wanted = 1;
    return 0;
}

/* The item begins, or its server gets a line. 0: neither, it goes on waiting;
 * its item is NULL if it was set aside. */
static int try_held(order *o, waiting *held, sl_time *due, order_item *out)
{
    fetch_turn *turn = NULL;
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
    return rc == -EAGAIN ? set_aside(o, held, when == *due) : -ENOMEM;
}

/* Go on through the books. 0: there is nothing more for now. */
static int hold_more(order *o)
{
    struct held *held = o->held;
    int rc;

    o->at_end = false;
    held->first = held->count = 0;
    rc = look_into_books(o, NULL, NULL, held->items, held->wanted);
    o->at_end = rc == 0;
    held->count = rc > 0 ? rc : 0;
    held->wanted = 2 * held->wanted < HELD_MOST ? 2 * held->wanted : HELD_MOST;
    return rc;
}

/* The first that is held, if need be after a look into the books; *rc <= 0:
 * there is none. */
static waiting *next_held(order *o, int *rc)
{
    struct held *held = o->held;

    while (held->first < held->count && held->items[held->first].item == NULL)
        held->first++;
    *rc = held->first < held->count ? 1 : hold_more(o);
    return &held->items[held->first];
}

/* Beyond what the lines have. 0: nothing more to be had now. */
static int try_beyond(order *o, sl_time *due, order_item *out)
{
    waiting *next;
    int rc;

    do {
        next = next_held(o, &rc);
        if (rc > 0)
            rc = try_held(o, next, due, out);
        else
            return rc;
    } while (rc == 0 && next->item == NULL);
    return rc;
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
    size_t at = order_place_of(o, o->last, &found);

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

static int begin_holding(order *o)
{
    if (o->held != NULL)
        return 0;
    o->held = calloc(1, sizeof *o->held);
    if (o->held == NULL)
        return -ENOMEM;
    o->held->wanted = 1;
    return 0;
}

int order_next(order *o, order_item *out)
{
    int rc = begin_holding(o);

    if (rc < 0)
        return rc;
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
