/* Two arrays, so that a search in the books gets the names as they are. Lines
 * are few next to items, and move only when one opens or closes. */
#include "run/order_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void order_free_agains(again *first)
{
    while (first != NULL) {
        again *next = first->next;

        free(first);
        first = next;
    }
}

void order_free_line(line *line)
{
    order_free_agains(line->again);
    free(line);
}

size_t order_place_of(const order *o, const char *name, bool *found)
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

line *order_open_line(order *o, const char *name, int64_t after)
{
    size_t size = strlen(name) + 1;
    bool found;
    size_t at = order_place_of(o, name, &found);
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

void order_close_line(order *o, line *line)
{
    bool found;
    size_t at = order_place_of(o, line->name, &found);

    o->count--;
    memmove(o->lines + at, o->lines + at + 1,
            (o->count - at) * sizeof *o->lines);
    memmove(o->names + at, o->names + at + 1,
            (o->count - at) * sizeof *o->names);
    order_free_line(line);
}

void order_queue_again(line *line, again *one)
{
    again **at = &line->again;

    while (*at != NULL && (*at)->course.not_before <= one->course.not_before)
        at = &(*at)->next;
    one->next = *at;
    *at = one;
    line->again_count++;
}
