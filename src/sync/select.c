/* Waiting for one of several things, and doing exactly one.
 *
 * A waiting task has an offer on each channel of its cases. The first one that
 * somebody takes up decides: in the same breath all the others are withdrawn,
 * so there is no moment at which two could be taken, and a cancelled select has
 * moved nothing. A task cannot meet itself, since it looks for others before it
 * makes its own offers.
 */
#include <errno.h>
#include <stdlib.h>

#include <starling/error.h>

#include "base/given.h"
#include "sync/channel.h"

enum { FEW = 8 }; /* cases whose offers need no heap */

static void withdraw(sl__attempt *attempt)
{
    for (int i = 0; i < attempt->n; i++)
        if (sl__node_is_linked(&attempt->offers[i].node))
            sl__node_unlink(&attempt->offers[i].node);
}

void sl__offer_taken(sl__offer *offer)
{
    sl__attempt *attempt = offer->attempt;

    withdraw(attempt);
    sl__complete(&attempt->waiter, (int)(offer - attempt->offers));
}

void sl__offers_refuse(sl__list *offers)
{
    sl__node *node;

    while ((node = sl__list_take(offers)) != NULL) {
        sl__attempt *attempt = sl__container_of(node, sl__offer, node)->attempt;

        if (--attempt->open == 0)
            sl__complete(&attempt->waiter, SL_ECLOSED);
    }
}

static void give_up(sl__waiter *waiter)
{
    withdraw(sl__container_of(waiter, sl__attempt, waiter));
    sl__complete(waiter, SL_ECANCELED);
}

/* What a case can do now: 0, SL_ECLOSED, or -EAGAIN. */
static int outlook(const sl_channel_case *c)
{
    const sl_channel *channel = c->channel;

    if (channel == NULL)
        return SL_ECLOSED;
    if (c->op == SL_CASE_SEND) {
        if (channel->closed)
            return SL_ECLOSED;
        return !sl__list_is_empty(&channel->receiving) ||
                       channel->count < channel->capacity
                   ? 0
                   : -EAGAIN;
    }
    if (channel->count > 0 || !sl__list_is_empty(&channel->sending))
        return 0;
    return channel->closed ? SL_ECLOSED : -EAGAIN;
}

int sl__offers_wait(int n, const sl_channel_case cases[], sl__offer offers[])
{
    sl__attempt attempt = { .waiter = { .cancel = give_up,
                                        .what = n > 1 ? "several channels"
                                                : cases[0].op == SL_CASE_SEND
                                                    ? "a receiver"
                                                    : "a sender",
                                        .on = cases[0].channel },
                            .offers = offers,
                            .n = n };

    for (int i = 0; i < n; i++) {
        sl_channel *channel = cases[i].channel;

        offers[i] = (sl__offer){ .attempt = &attempt, .data = cases[i].data };
        if (outlook(&cases[i]) == SL_ECLOSED)
            continue;
        attempt.open++;
        sl__list_append(cases[i].op == SL_CASE_SEND ? &channel->sending
                                                    : &channel->receiving,
                        &offers[i].node);
    }
    return sl__park(&attempt.waiter);
}

/* xorshift32: enough to favour nobody, and the same in every run. */
static uint32_t roll(sl_channel *channel)
{
    uint32_t x = channel->dice;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return channel->dice = x;
}

static int do_case(const sl_channel_case *c)
{
    return c->op == SL_CASE_SEND ? sl_channel_try_send(c->channel, c->data)
                                 : sl_channel_try_recv(c->channel, c->data);
}

int sl_channel_try_select(int n, const sl_channel_case cases[])
{
    sl_given_bytes(cases, n);

    int ready = 0, open = 0, last = -1;

    for (int i = 0; i < n; i++) {
        int rc = outlook(&cases[i]);

        open += rc != SL_ECLOSED;
        if (rc == 0) {
            ready++;
            last = i;
        }
    }
    if (ready == 0)
        return open > 0 ? -EAGAIN : SL_ECLOSED;
    if (ready > 1) {
        uint32_t skip = roll(cases[last].channel) % (uint32_t)ready;

        for (last = 0; outlook(&cases[last]) != 0 || skip-- > 0; last++)
            continue;
    }
    do_case(&cases[last]); /* cannot fail: it was ready just now */
    return last;
}

int sl_channel_select(int n, const sl_channel_case cases[])
{
    sl_given_bytes(cases, n);

    sl__offer few[FEW], *many;
    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    rc = sl_channel_try_select(n, cases);
    if (rc != -EAGAIN)
        return rc;
    if (n <= FEW)
        return sl__offers_wait(n, cases, few);
    many = malloc((size_t)n * sizeof *many);
    if (many == NULL)
        return -ENOMEM;
    rc = sl__offers_wait(n, cases, many);
    free(many);
    return rc;
}
