/* Coroutine objects: a function, its argument, and whether it was used.
 *
 * The object is counted: by whoever made it, and by the task that runs it, so
 * that neither has to outlive the other. All objects of a loop are in one list,
 * because the mistake that they invite is to forget one, and a forgotten object
 * has nobody else to tell where it came from.
 */
#include <starling/coro.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <starling/error.h>

#include "base/given.h"
#include "sched/loop.h"
#include "sync/future.h"

struct sl_coro {
    sl__node node; /* in its loop's list */
    unsigned refs;
    bool used;
    bool is_watched; /* made in debug mode */
    sl_fn *fn;
    void *arg;
    const char *file;
    int line;
    max_align_t args[];
};

/* All objects made in one loop. */
typedef struct coro_list {
    sl__loop_exit exit;
    sl__list coros;
} coro_list;

static void give_up(sl_coro *coro)
{
    if (--coro->refs > 0)
        return;
    if (sl__node_is_linked(&coro->node))
        sl__node_unlink(&coro->node);
    if (!coro->used && coro->is_watched)
        fprintf(stderr,
                "starling: %s:%d: this coroutine object was never awaited\n",
                coro->file, coro->line);
    sl__release(coro);
}

/* All tasks have ended, so the references left are those of the makers. */
static void free_forgotten(void *arg)
{
    coro_list *list = arg;
    sl__node *node;

    while ((node = sl__list_take(&list->coros)) != NULL)
        give_up(sl__container_of(node, sl_coro, node));
    free(list);
}

static coro_list *list_of(sl_loop *loop)
{
    coro_list *list;

    for (sl__loop_exit *at = loop->at_exit; at != NULL; at = at->next)
        if (at->fn == free_forgotten)
            return at->arg;
    list = calloc(1, sizeof *list);
    if (list == NULL)
        return NULL;
    list->exit = (sl__loop_exit){ .fn = free_forgotten, .arg = list };
    sl__list_init(&list->coros);
    sl__loop_at_exit(loop, &list->exit);
    return list;
}

sl_coro *sl_coro_new_at(sl_fn *fn, const void *args, size_t size,
                        const char *file, int line)
{
    sl_given(fn);

    sl_loop *loop = sl_loop_current();
    coro_list *list = loop != NULL ? list_of(loop) : NULL;
    sl_coro *coro;

    if ((loop != NULL && list == NULL) || size > SIZE_MAX - sizeof *coro)
        return NULL;
    coro = calloc(1, sizeof *coro + size);
    if (coro == NULL)
        return NULL;
    coro->refs = 1;
    coro->fn = fn;
    coro->is_watched = loop != NULL && loop->debug != NULL;
    coro->file = file;
    coro->line = line;
    coro->arg = size > 0 ? coro->args : (void *)(uintptr_t)args;
    if (size > 0)
        memcpy(coro->args, args, size);
    if (list != NULL)
        sl__list_append(&list->coros, &coro->node);
    return coro;
}

void sl_coro_free(sl_coro *coro)
{
    if (coro == NULL)
        return;
    sl_given(coro);
    give_up(coro);
}

int sl_coro_wait(sl_coro *coro)
{
    sl_given(coro);

    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    if (coro->used)
        return SL_EREUSED;
    coro->used = true;
    coro->refs++;
    rc = coro->fn(coro->arg);
    give_up(coro);
    return rc;
}

static int run(void *arg)
{
    sl_coro *coro = arg;
    int rc = coro->fn(coro->arg);

    give_up(coro);
    return rc;
}

static int refuse(void *unused)
{
    (void)unused;
    return sl_fail(SL_EREUSED, "a coroutine object was used a second time");
}

static void drop(void *coro)
{
    give_up(coro);
}

sl_task *sl_coro_spawn(sl_group *group, sl_coro *coro)
{
    sl_given(group);
    sl_given(coro);
    if (coro->used)
        return sl_group_spawn(group, refuse, NULL);
    coro->used = true;
    coro->refs++;
    return sl_group_spawn_owned(group, run, coro, drop);
}

sl_future *sl_coro_future(sl_group *group, sl_coro *coro)
{
    sl_given(group);
    sl_given(coro);

    sl_future *future = sl_future_new();

    if (future != NULL)
        sl__future_follow(future, sl_coro_spawn(group, coro));
    return future;
}
