/* A model of channels with select: what each keeps, and who offers what. */
#include <stdlib.h>
#include <starling/channel.h>

#include "sync/stress.h"

enum { CHANNELS = 2, CASES = 3 };

typedef struct offer {
    worker *from;
    int index; /* of the case */
} offer;

typedef struct model {
    int content[4], count, capacity;
    bool closed;
    offer offers[2][WORKERS * CASES]; /* SL_CASE_SEND, SL_CASE_RECV */
    int n[2];
} model;

static sl_channel *channels[CHANNELS];
static model models[CHANNELS];
static int next_value;

/* The cases of each worker's present step. */
static struct {
    int n, op[CASES], channel[CASES], data[CASES];
} steps[WORKERS];

static void begin(uint64_t seed)
{
    next_value = 0;
    for (int i = 0; i < CHANNELS; i++) {
        models[i] = (model){ .capacity = (int)(seed / (i ? 3 : 1) % 3) };
        channels[i] = sl_channel_new(sizeof(int), (size_t)models[i].capacity);
        if (channels[i] == NULL)
            abort();
    }
}

/* Returns how many offers of the worker are left at other channels. */
static int withdraw(worker *w, const model *only)
{
    int left = 0;

    for (int i = 0; i < CHANNELS * 2; i++) {
        model *m = &models[i / 2];
        int op = i % 2, kept = 0;

        for (int k = 0; k < m->n[op]; k++) {
            bool mine = m->offers[op][k].from == w;

            if (mine && (only == NULL || only == m))
                continue;
            left += mine;
            m->offers[op][kept++] = m->offers[op][k];
        }
        m->n[op] = kept;
    }
    return left;
}

/* The oldest offer is taken up: its worker's wait is over. */
static int accept(model *m, int op, int value)
{
    offer first = m->offers[op][0];

    withdraw(first.from, NULL);
    first.from->state = GRANTED;
    first.from->wanted = first.index;
    first.from->value = value;
    return steps[first.from->id].data[first.index];
}

static int outlook(const model *m, int op)
{
    if (op == SL_CASE_SEND)
        return m->closed ? SL_ECLOSED
                         : (m->n[SL_CASE_RECV] > 0 || m->count < m->capacity);
    if (m->count > 0 || m->n[SL_CASE_SEND] > 0)
        return true;
    return m->closed ? SL_ECLOSED : false;
}

static void model_send(model *m, int value)
{
    if (m->n[SL_CASE_RECV] > 0)
        accept(m, SL_CASE_RECV, value);
    else
        m->content[m->count++] = value;
}

static int model_recv(model *m)
{
    int value;

    if (m->count == 0)
        return accept(m, SL_CASE_SEND, 0);
    value = m->content[0];
    for (int i = 1; i < m->count; i++)
        m->content[i - 1] = m->content[i];
    m->count--;
    if (m->n[SL_CASE_SEND] > 0)
        m->content[m->count++] = accept(m, SL_CASE_SEND, 0);
    return value;
}

static void choose_cases(worker *w)
{
    steps[w->id].n = 1 + (int)pick(w, CASES);
    for (int i = 0; i < steps[w->id].n; i++) {
        steps[w->id].op[i] = (int)pick(w, 2);
        steps[w->id].channel[i] = (int)pick(w, CHANNELS);
        steps[w->id].data[i] =
            steps[w->id].op[i] == SL_CASE_SEND ? next_value++ : -1;
    }
}

static int do_really(worker *w, int received[CASES])
{
    sl_channel_case cases[CASES];
    int n = steps[w->id].n;

    for (int i = 0; i < n; i++) {
        received[i] = steps[w->id].data[i];
        cases[i] = (sl_channel_case){ steps[w->id].op[i],
                                      channels[steps[w->id].channel[i]],
                                      &received[i] };
    }
    if (n > 1 || pick(w, 2) == 0)
        return sl_channel_select(n, cases);
    return cases[0].op == SL_CASE_SEND
               ? sl_channel_send(cases[0].channel, cases[0].data)
               : sl_channel_recv(cases[0].channel, cases[0].data);
}

/* One of several that can happen at once: any may, and the model follows. */
static void follow(worker *w)
{
    int received[CASES], rc = do_really(w, received);
    model *m;

    w->state = OUTSIDE;
    EXPECT(rc >= 0 && rc < steps[w->id].n, true);
    m = &models[steps[w->id].channel[rc]];
    EXPECT(outlook(m, steps[w->id].op[rc]), true);
    if (steps[w->id].op[rc] == SL_CASE_SEND)
        model_send(m, steps[w->id].data[rc]);
    else
        EXPECT(received[rc], model_recv(m));
}

/* None can happen now: offer all that are not out. */
static void wait(worker *w, int open)
{
    int received[CASES], rc;

    w->state = open > 0 ? WAITING : REFUSED;
    for (int i = 0; i < steps[w->id].n; i++) {
        model *m = &models[steps[w->id].channel[i]];
        int op = steps[w->id].op[i];

        if (outlook(m, op) != SL_ECLOSED)
            m->offers[op][m->n[op]++] = (offer){ w, i };
    }
    rc = do_really(w, received);
    if (!settle(w, rc))
        return;
    EXPECT(rc, w->wanted);
    if (steps[w->id].op[rc] == SL_CASE_RECV)
        EXPECT(received[rc], w->value);
}

static void close_one(int which)
{
    model *m = &models[which];

    m->closed = true;
    for (int i = 0; i < WORKERS; i++)
        if (workers[i].state == WAITING && withdraw(&workers[i], m) == 0)
            workers[i].state = REFUSED;
    sl_channel_close(channels[which]);
}

static void step(worker *w)
{
    int ready = 0, open = 0;

    if (pick(w, 150) == 0) {
        close_one((int)pick(w, CHANNELS));
        return;
    }
    choose_cases(w);
    for (int i = 0; i < steps[w->id].n; i++) {
        int rc = outlook(&models[steps[w->id].channel[i]], steps[w->id].op[i]);

        ready += rc == true;
        open += rc != SL_ECLOSED;
    }
    if (ready > 0)
        follow(w);
    else
        wait(w, open);
}

static void cancel(worker *w)
{
    if (w->state != WAITING)
        return;
    withdraw(w, NULL);
    w->state = LEFT;
}

static void end(void)
{
    for (int i = 0; i < CHANNELS; i++) {
        EXPECT((long long)sl_channel_count(channels[i]), models[i].count);
        EXPECT(models[i].n[0] + models[i].n[1], 0);
        sl_channel_drop(channels[i]);
    }
}

const scenario channel_scenario = { "channel", begin, step, cancel, end };
