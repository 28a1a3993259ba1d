/* list.h: intrusive doubly linked lists. A node is embedded in what it lists;
 * a zeroed node is in no list. */
#ifndef SL_BASE_LIST_H
#define SL_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

typedef struct sl__node {
    struct sl__node *next, *prev; /* NULL, both, outside of a list */
} sl__node;

typedef struct sl__list {
    sl__node head; /* a ring through the head */
} sl__list;

#define sl__container_of(node, type, member)                                   \
    ((type *)(void *)((char *)(node)-offsetof(type, member)))

static inline void sl__list_init(sl__list *list)
{
    list->head.next = list->head.prev = &list->head;
}

static inline bool sl__list_is_empty(const sl__list *list)
{
    return list->head.next == &list->head;
}

static inline bool sl__node_is_linked(const sl__node *node)
{
    return node->next != NULL;
}

static inline void sl__list_append(sl__list *list, sl__node *node)
{
    node->next = &list->head;
    node->prev = list->head.prev;
    node->prev->next = node;
    list->head.prev = node;
}

static inline void sl__list_prepend(sl__list *list, sl__node *node)
{
    node->prev = &list->head;
    node->next = list->head.next;
    node->next->prev = node;
    list->head.next = node;
}

static inline void sl__node_unlink(sl__node *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    node->next = node->prev = NULL;
}

/* The oldest node, unlinked; NULL if there is none. */
static inline sl__node *sl__list_take(sl__list *list)
{
    sl__node *node = list->head.next;

    if (node == &list->head)
        return NULL;
    sl__node_unlink(node);
    return node;
}

#endif
