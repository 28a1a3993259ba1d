/* list.h: a list that is being read. Private to the room. */
#ifndef TOOL_SOURCE_LIST_H
#define TOOL_SOURCE_LIST_H

#include <stdint.h>

#include <jansson.h>

#include "source/lists.h"
#include "source/text_stream.h"

typedef struct list {
    const char *path;
    const lists_options *options;
    text_stream stream;
    inputs_take *take;
    void *context;
    char *why;
    int64_t taken; /* inputs so far */
} list;

/* What a column or a member is for. */
enum list_role {
    LIST_WHERE,
    LIST_TITLE,
    LIST_DATE,
    LIST_CHECKSUM,
    LIST_ROLES,
};

/* The name that was asked for; NULL: none was. */
const char *list_wanted(const list *list, enum list_role role);

/* The name that `role` has here: the first of those it may have for which
 * `has` returns true; NULL: none. */
const char *list_name_of(const list *list, enum list_role role,
                         bool (*has)(void *context, const char *name),
                         void *context);

/* Pass an input on. `where` is changed; other texts may be NULL or "". `extra`
 * is an object, lent; NULL or empty: there is none. */
typedef struct list_entry {
    long line;
    char *where;
    const char *title, *date, *checksum;
    json_t *extra;
} list_entry;
int list_take(list *list, const list_entry *entry);

extern const char list_zero_byte[]; /* words for one */

/* A line that makes no sense: refuse the list, or only the line, of what is a
 * list for sure. */
int list_take_nonsense(list *list, long line, const char *words);
int list_take_bad_line(list *list, long line, const char *words);

/* Without its end and the blanks around it. */
char *list_trim(char *text);

/* Call `use` with each line that is not blank, trimmed. */
typedef int list_use_line(list *list, long number, char *line);
int list_each_line(list *list, list_use_line *use);

int list_read_table(list *list, char separator);
int list_read_json(list *list);

#endif
