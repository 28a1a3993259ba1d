/* A model of queues: a plain array, and three lines. */
#include <stdlib.h>
#include <starling/queue.h>

#include "sync/stress.h"

enum { PUT, GET, JOIN }; /* what a worker waits for: its `wanted` */

static sl_queue *queue;
static int kind, capacity;
static int content[WORKERS * STEPS], count; /* in the order of coming */
static int next_value, undone;
static bool shut;
static line lines[3];

/* Few ranks, so that many are equal. */
static int rank(int value)
{
    return value % 4;
}

static int by_rank(const void *a, const void *b)
{
    return rank(*(const int *)a) - rank(*(const int *)b);
}

static void begin(uint64_t seed)
{
    kind = (int)(seed % 3);
    capacity = (int)(seed / 3 % 4);
    queue = sl_queue_new_with(&(sl_queue_options){ .kind = kind,
                                                   .size = sizeof(int),
                                                   .capacity = (size_t)capacity,
                                                   .compare = by_rank });
    if (queue == NULL)
        abort();
    count = undone = next_value = 0;
    shut = false;
    for (int i = 0; i < 3; i++)
        lines[i].n = 0;
}

static worker *first(int what)
{
    return line_first(&lines[what]);
}

static void end_wait(worker *w, enum state state)
{
    line_leave(&lines[w->wanted], w);
    w->state = state;
}

static void insert(int value)
{
    content[count++] = value;
    undone++;
}

static int take(void)
{
    int at = kind == SL_LIFO ? count - 1 : 0, value;

    for (int i = 1; i < count && kind == SL_PRIORITY; i++)
        if (rank(content[i]) < rank(content[at]))
            at = i;
    value = content[at];
    for (count--; at < count; at++)
        content[at] = content[at + 1];
    return value;
}

static void model_put(worker *w)
{
    worker *getter = first(GET);

    w->value = next_value++;
    if (shut) {
        end_wait(w, REFUSED);
    } else if (getter != NULL) {
        getter->value = w->value;
        undone++;
        end_wait(getter, GRANTED);
        end_wait(w, GRANTED);
    } else if (capacity == 0 || count < capacity) {
        insert(w->value);
        end_wait(w, GRANTED);
    }
}

static void model_get(worker *w)
{
    worker *putter = first(PUT);

    if (count > 0) {
        w->value = take();
        end_wait(w, GRANTED);
        if (putter != NULL) {
            insert(putter->value);
            end_wait(putter, GRANTED);
        }
    } else if (shut) {
        end_wait(w, REFUSED);
    }
}

static void model_done(int n)
{
    undone -= n;
    while (undone == 0 && first(JOIN) != NULL)
        end_wait(first(JOIN), GRANTED);
}

static void enter(worker *w, int what)
{
    w->wanted = what;
    w->state = WAITING;
    line_join(&lines[what], w);
}

static void step_get(worker *w)
{
    int got = -1, rc;

    enter(w, GET);
    model_get(w);
    rc = w->state != WAITING && pick(w, 2) ? sl_queue_try_get(queue, &got)
                                           : sl_queue_get(queue, &got);
    if (!settle(w, rc))
        return;
    EXPECT(got, w->value);
    dawdle(w);
    model_done(1);
    sl_queue_task_done(queue);
}

static void step_put(worker *w)
{
    int rc;

    enter(w, PUT);
    model_put(w);
    rc = w->state != WAITING && pick(w, 2) ? sl_queue_try_put(queue, &w->value)
                                           : sl_queue_put(queue, &w->value);
    settle(w, rc);
}

static void step_join(worker *w)
{
    enter(w, JOIN);
    model_done(0);
    settle(w, sl_queue_join(queue));
}

static void shutdown(bool immediate)
{
    shut = true;
    for (int what = PUT; what <= GET; what++)
        while (first(what) != NULL)
            end_wait(first(what), REFUSED);
    if (immediate) {
        int dropped = count;

        count = 0;
        model_done(dropped);
    }
    sl_queue_shutdown(queue, immediate);
}

static void step(worker *w)
{
    uint32_t what = pick(w, 200);

    if (what == 0)
        shutdown(pick(w, 2));
    else if (what < 20)
        step_join(w);
    else if (what < 110)
        step_put(w);
    else
        step_get(w);
    EXPECT((long long)sl_queue_count(queue), count);
}

static void cancel(worker *w)
{
    if (w->state == WAITING)
        end_wait(w, LEFT);
}

static void end(void)
{
    int got;

    while (count > 0) {
        int expected = take();

        EXPECT(sl_queue_try_get(queue, &got), 0);
        EXPECT(got, expected);
    }
    sl_queue_free(queue);
}

const scenario queue_scenario = { "queue", begin, step, cancel, end };
