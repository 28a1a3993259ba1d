/* The governor: who may begin a transfer, and when.
 *
 * A task first takes one of its server's slots, then waits for the peace that
 * server has asked for, then takes one of all download slots. In this order a
 * server that is slow or wants peace keeps no slot that others could use, and
 * of its own only as many tasks wake after the peace as it has slots.
 */
#include "fetch/fetcher.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include <starling/error.h>

#include "fetch/credentials.h"

enum { DOWNLOADS = 64, PER_HOST = 6 };
#define BODY_MAX ((uint64_t)256 << 20)
#define ITEM_LIMIT SL_S(120)
#define FIRST_PAUSE SL_MS(500)
#define LONGEST_PAUSE SL_S(30)

static void fill_options(fetcher_options *o)
{
    if (o->downloads <= 0)
        o->downloads = DOWNLOADS;
    if (o->per_host <= 0)
        o->per_host = PER_HOST;
    if (o->max_bytes == 0)
        o->max_bytes = BODY_MAX;
    if (o->timeout <= 0)
        o->timeout = ITEM_LIMIT;
    if (o->agent == NULL)
        o->agent = "starling";
    /* The governor decides; the client's own limits must not get in its way. */
    if (o->http.max_connections <= 0)
        o->http.max_connections = o->downloads;
    if (o->http.max_per_host <= 0)
        o->http.max_per_host = o->downloads;
}

int fetcher_new(const fetcher_options *options, fetcher **out)
{
    fetcher *f = calloc(1, sizeof *f);
    int rc;

    if (f == NULL)
        return -ENOMEM;
    f->options = *options;
    fill_options(&f->options);
    rc = sl_http_client_new(&f->options.http, &f->http);
    if (rc == 0) {
        rc = credentials_check(&f->options.http);
        if (rc < 0)
            sl_http_client_free(f->http);
    }
    if (rc < 0) {
        free(f);
        return rc;
    }
    f->options.http = (sl_http_client_options){ 0 }; /* was only lent to us */
    f->downloads = (sl_semaphore)SL_SEMAPHORE_INIT(f->options.downloads);
    f->hosts.slots_per_host = f->options.per_host;
    /* Should the system have no randomness yet, all start alike: no harm. */
    if (getrandom(&f->random, sizeof f->random, GRND_NONBLOCK) < 0)
        f->random = 0;
    f->random |= 1;
    *out = f;
    return 0;
}

void fetcher_free(fetcher *f)
{
    sl_http_client_free(f->http);
    hosts_fini(&f->hosts);
    free(f);
}

void pause_open(pause *p, fetcher *f)
{
    p->fetcher = f;
    p->next = f->pauses;
    p->back = &f->pauses;
    if (p->next != NULL)
        p->next->back = &p->next;
    f->pauses = p;
    sl_timeout_open(&p->scope, SL_FOREVER);
    if (f->draining)
        sl_scope_cancel(&p->scope, "no more downloads");
}

int pause_close(pause *p, int rc)
{
    *p->back = p->next;
    if (p->next != NULL)
        p->next->back = p->back;
    rc = sl_scope_close(&p->scope, rc);
    return rc == 0 && p->fetcher->draining ? SL_ECANCELED : rc;
}

void fetcher_tell_change(fetcher *f)
{
    if (f->options.on_change != NULL)
        f->options.on_change(f->options.arg);
}

void fetcher_drain(fetcher *f)
{
    f->draining = true;
    fetcher_tell_change(f);
    for (pause *p = f->pauses; p != NULL; p = p->next)
        sl_scope_cancel(&p->scope, "no more downloads");
}

sl_time fetcher_asked_to_wait(const fetcher *f)
{
    return f->asked_to_wait > 0 ? f->waited + sl_now() - f->wait_since
                                : f->waited;
}

/* From a transfer that begins to the next. */
static void keep_distance(fetcher *f, host *host)
{
    host->next_start = sl_now() + f->options.delay;
}

/* Wait for the peace that the host has asked for, and keep the distance. */
static int keep_peace(fetcher *f, host *host)
{
    int rc = 0;

    while (rc == 0 && host->next_start > sl_now())
        rc = sl_sleep_until(host->next_start);
    if (rc < 0 || host->not_before <= sl_now())
        return rc;
    if (host->not_before - sl_now() > PEACE_MAX)
        return -EAGAIN;
    if (f->asked_to_wait++ == 0)
        f->wait_since = sl_now();
    /* Whoever answers meanwhile may ask for more. */
    while (rc == 0 && host->not_before > sl_now())
        rc = host->not_before - sl_now() <= PEACE_MAX
                 ? sl_sleep_until(host->not_before)
                 : -EAGAIN;
    if (--f->asked_to_wait == 0)
        f->waited += sl_now() - f->wait_since;
    return rc;
}

/* With a slot of the host: a slot among all, at a time that suits the host. */
static int take_download(fetcher *f, host *host)
{
    for (;;) {
        int rc = keep_peace(f, host);

        if (rc == 0)
            rc = sl_semaphore_acquire(&f->downloads);
        if (rc < 0)
            return rc;
        if (host_free_at(host) <= sl_now())
            return 0;
        sl_semaphore_release(&f->downloads); /* it asked while we queued */
    }
}

int slot_take(fetcher *f, host *host)
{
    pause pause;
    bool has_slot, has_both = false;
    int rc;

    pause_open(&pause, f);
    rc = sl_semaphore_acquire(&host->slots);
    has_slot = rc == 0;
    if (has_slot) {
        rc = take_download(f, host);
        has_both = rc == 0;
    }
    rc = pause_close(&pause, rc);
    if (rc == 0) {
        keep_distance(f, host);
        return 0;
    }
    if (has_both)
        sl_semaphore_release(&f->downloads);
    if (has_slot)
        sl_semaphore_release(&host->slots);
    return rc;
}

void slot_give(fetcher *f, host *host)
{
    sl_semaphore_release(&f->downloads);
    sl_semaphore_release(&host->slots);
}

int turn_take(fetcher *f, host *host)
{
    bool has_begun;
    pause pause;
    int rc;

    pause_open(&pause, f);
    rc = sl_semaphore_acquire(&host->begun);
    has_begun = rc == 0;
    rc = pause_close(&pause, rc);
    if (rc == 0)
        rc = slot_take(f, host);
    if (rc < 0 && has_begun)
        turn_end(f, host);
    return rc;
}

void turn_end(fetcher *f, host *host)
{
    sl_semaphore_release(&host->begun);
    fetcher_tell_change(f);
}

/* All that a turn is, without waiting. */
static int try_turn(fetcher *f, host *host, sl_time *when)
{
    *when = host_free_at(host);
    if (*when > sl_now())
        return -EAGAIN;
    *when = SL_FOREVER;
    if (sl_semaphore_try_acquire(&host->begun) < 0)
        return -EAGAIN;
    if (sl_semaphore_try_acquire(&host->slots) < 0) {
        sl_semaphore_release(&host->begun);
        return -EAGAIN;
    }
    if (sl_semaphore_try_acquire(&f->downloads) == 0)
        return 0;
    sl_semaphore_release(&host->slots);
    sl_semaphore_release(&host->begun);
    return -EBUSY;
}

int fetcher_take_turn(fetcher *f, const char *name, fetch_turn **turn,
                      sl_time *when)
{
    host *host = hosts_get(&f->hosts, name);
    int rc = host != NULL ? try_turn(f, host, when) : -ENOMEM;

    if (rc == 0) {
        keep_distance(f, host);
        *turn = host;
    } else if (host != NULL) {
        hosts_put(&f->hosts, host);
    }
    return rc;
}

void fetcher_give_turn(fetcher *f, fetch_turn *turn)
{
    slot_give(f, turn);
    turn_end(f, turn);
    hosts_put(&f->hosts, turn);
}

/* Whether that is later than what was known. */
static bool put_off(host *host, sl_time after)
{
    sl_time when;

    if (__builtin_add_overflow(sl_now(), after, &when))
        when = SL_FOREVER;
    if (when <= host->not_before)
        return false;
    host->not_before = when;
    return true;
}

void turn_postpone(fetcher *f, host *host, sl_time after)
{
    if (put_off(host, after) && f->options.on_peace != NULL)
        f->options.on_peace(f->options.arg, host->name, after);
}

void fetcher_grant_peace(fetcher *f, const char *name, sl_time length)
{
    host *host = hosts_get(&f->hosts, name);

    if (host == NULL)
        return; /* no memory: it will say so again */
    (void)put_off(host, length);
    hosts_put(&f->hosts, host);
}

/* A random time in 0 .. `most`. */
static sl_time jitter(fetcher *f, sl_time most)
{
    /* xorshift64*: Marsaglia, Vigna */
    f->random ^= f->random >> 12;
    f->random ^= f->random << 25;
    f->random ^= f->random >> 27;
    return (sl_time)((f->random * 2685821657736338717u) % (uint64_t)(most + 1));
}

/* Random over its whole length, because what failed together would otherwise
 * come back together. */
sl_time growing_pause(fetcher *f, int failures)
{
    sl_time most =
        failures <= 6 ? FIRST_PAUSE << (failures - 1) : LONGEST_PAUSE;

    return jitter(f, most < LONGEST_PAUSE ? most : LONGEST_PAUSE);
}
