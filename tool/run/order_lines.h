/* order_lines.h: servers whose items wait, in order of their names. For order.c
 * and order_lines.c only. */
#ifndef TOOL_RUN_ORDER_LINES_H
#define TOOL_RUN_ORDER_LINES_H

#include "run/order.h"

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

void order_free_agains(again *first);
void order_free_line(line *line);

/* Where the line is, or where it would have to be. */
size_t order_place_of(const order *order, const char *name, bool *found);

/* The line of a server: that there is, or a new one. NULL without memory. */
line *order_open_line(order *order, const char *name, int64_t after);
void order_close_line(order *order, line *line);

/* Have an item wait in the line for its next attempt. Takes it. */
void order_queue_again(line *line, again *one);

#endif
