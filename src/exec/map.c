/* One job on every element of an array.
 *
 * Each job that ends makes room for the next one, from the callback that tells
 * of its end: the task that waits is woken once, and no job has a future.
 */
#include <errno.h>
#include <stdio.h>

#include <starling/error.h>

#include "base/given.h"
#include "exec/pool.h"

enum { IN_FLIGHT_PER_WORKER = 16 };

typedef struct mapping {
    sl_pool *pool;
    sl_job_request request; /* of the element that is submitted */
    const sl_map *map;
    int next; /* element to be submitted */
    int in_flight, in_flight_max;
    int rc; /* the first error */
    char text[JOB_TEXT];
    bool is_stopping, is_feeding;
    sl__list jobs; /* in flight */
    sl__waiter waiter;
} mapping;

static void feed(mapping *mapping);

static void stop(mapping *mapping)
{
    sl__list rest;
    sl__node *node;

    mapping->is_stopping = true;
    /* Through a second list, since to stop one may settle any of them. */
    sl__list_init(&rest);
    while ((node = sl__list_take(&mapping->jobs)) != NULL)
        sl__list_append(&rest, node);
    while ((node = sl__list_take(&rest)) != NULL) {
        sl__list_append(&mapping->jobs, node);
        (void)mapping->pool->kind->take_back(
            mapping->pool, sl__container_of(node, struct job, live));
    }
}

/* `job` is NULL for an element that was refused with `word`. */
static void note(mapping *mapping, int element, int rc, const job *job,
                 const char *word)
{
    const sl_map *map = mapping->map;

    if (map->rc != NULL)
        map->rc[element] = rc;
    if (rc >= 0 || map->rc != NULL || mapping->rc < 0)
        return;
    mapping->rc = rc;
    if (job != NULL)
        sl__job_explain(job, word, mapping->text, sizeof mapping->text);
    else
        snprintf(mapping->text, sizeof mapping->text, "%s", word);
    if (!mapping->is_stopping)
        stop(mapping);
}

static void settled(job *job, int rc, const char *word)
{
    mapping *mapping = job->to.arg;

    mapping->in_flight--;
    note(mapping, job->to.element, rc, job, word);
    feed(mapping);
}

static int submit(mapping *mapping, int i, const char **word)
{
    const sl_map *map = mapping->map;
    const job_listener to = { settled, mapping, i };
    int rc;

    mapping->request.in = (const char *)map->in + (size_t)i * map->in_size;
    mapping->request.out = (char *)map->out + (size_t)i * map->out_size;
    mapping->in_flight++;
    rc = sl__pool_enqueue(mapping->pool, &mapping->request, NULL, &to,
                          &mapping->jobs, NULL, word);
    if (rc < 0)
        mapping->in_flight--;
    return rc;
}

static void feed(mapping *mapping)
{
    if (mapping->is_feeding)
        return; /* a job that was settled at once */
    mapping->is_feeding = true;
    while (!mapping->is_stopping && mapping->next < mapping->map->count &&
           mapping->in_flight < mapping->in_flight_max) {
        const char *word = "";
        int i = mapping->next++, rc = submit(mapping, i, &word);

        if (rc < 0)
            note(mapping, i, rc, NULL, word);
    }
    mapping->is_feeding = false;
    if (mapping->in_flight == 0 &&
        (mapping->is_stopping || mapping->next == mapping->map->count))
        sl__complete(&mapping->waiter, 0);
}

static void on_cancel(sl__waiter *waiter)
{
    mapping *mapping = waiter->arg;

    if (mapping->rc == 0)
        mapping->rc = SL_ECANCELED;
    if (!mapping->is_stopping)
        stop(mapping);
    feed(mapping); /* completes the wait if nothing was in flight */
}

int sl_pool_map(sl_pool *pool, sl_job *job, const sl_map *map)
{
    sl_given(pool);
    sl_given(job);
    sl_given(map);

    mapping mapping = { .pool = pool,
                        .request = { .function = job,
                                     .in_size = map->in_size,
                                     .out_capacity = map->out_size },
                        .map = map,
                        .in_flight_max = map->max_in_flight };
    int rc = sl__wait_begin();

    if (rc < 0 || map->count <= 0)
        return rc;
    if (mapping.in_flight_max <= 0)
        mapping.in_flight_max = IN_FLIGHT_PER_WORKER * sl_pool_workers(pool);
    mapping.waiter = (sl__waiter){
        .cancel = on_cancel, .arg = &mapping, .what = "a map", .on = pool
    };
    sl__list_init(&mapping.jobs);
    feed(&mapping);
    rc = sl__park(&mapping.waiter);
    for (int i = mapping.next; map->rc != NULL && i < map->count; i++)
        map->rc[i] = SL_ECANCELED;
    if (mapping.rc < 0)
        return sl_fail(mapping.rc, "%s", mapping.text);
    return rc;
}
