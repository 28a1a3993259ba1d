/* What the governor knows of each server.
 *
 * A list may name more servers than memory should hold. Those that nobody is
 * talking to are kept up to a bound, since what they asked for still holds;
 * beyond it the one that was idle for longest is forgotten, unless it wants
 * peace: a server that was promised an hour gets its hour.
 *
 * Further attempts are lent: a thousand to begin with, two more for each one
 * that came to something. A server that is in trouble now and then gets all
 * that it needs; one that is gone is not asked five times for each of ten
 * thousand pictures.
 */
#include "fetch/hosts.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/permission.h"

enum { RETRIES_LENT = 1000, RETRIES_EARNED = 2 };
enum { IDLE_SIZE_MAX = 8 << 20 };

static unsigned hash(const char *name)
{
    unsigned value = 2166136261u;

    for (; *name != '\0'; name++)
        value = (value ^ (unsigned char)*name) * 16777619u;
    return value ^ value >> 15;
}

static host **bucket_of(hosts *hosts, const char *name)
{
    return &hosts->buckets[hash(name) % HOST_BUCKETS];
}

static size_t size_of(const host *host)
{
    return sizeof *host + permission_size(host->permissions[0]) +
           permission_size(host->permissions[1]);
}

static void leave_idle(hosts *hosts, host *host)
{
    *(host->earlier ? &host->earlier->later : &hosts->first_idle) = host->later;
    *(host->later ? &host->later->earlier : &hosts->last_idle) = host->earlier;
    host->earlier = host->later = NULL;
    hosts->idle--;
    hosts->idle_size -= size_of(host);
}

static void enter_idle(hosts *hosts, host *host)
{
    host->earlier = hosts->last_idle;
    host->later = NULL;
    *(host->earlier ? &host->earlier->later : &hosts->first_idle) = host;
    hosts->last_idle = host;
    hosts->idle++;
    hosts->idle_size += size_of(host);
}

static void forget(hosts *hosts, host *host)
{
    struct host **at = bucket_of(hosts, host->name);

    while (*at != host)
        at = &(*at)->next;
    *at = host->next;
    leave_idle(hosts, host);
    permission_free(host->permissions[0]);
    permission_free(host->permissions[1]);
    free(host);
}

sl_time host_free_at(const host *host)
{
    return host->not_before > host->next_start ? host->not_before
                                               : host->next_start;
}

static bool is_full(const hosts *hosts)
{
    return hosts->idle > HOSTS_IDLE_MAX || hosts->idle_size > IDLE_SIZE_MAX;
}

static void make_room(hosts *hosts)
{
    sl_time now = sl_now();

    for (host *h = hosts->first_idle, *later; h != NULL && is_full(hosts);
         h = later) {
        later = h->later;
        if (host_free_at(h) <= now)
            forget(hosts, h);
    }
}

static host *add(hosts *hosts, const char *name)
{
    size_t size = strlen(name) + 1;
    host **bucket = bucket_of(hosts, name);
    host *made = calloc(1, sizeof *made + size);

    if (made == NULL)
        return NULL;
    memcpy(made->name, name, size);
    made->begun = (sl_semaphore)SL_SEMAPHORE_INIT(hosts->slots_per_host);
    made->slots = (sl_semaphore)SL_SEMAPHORE_INIT(hosts->slots_per_host);
    made->retries = RETRIES_LENT;
    made->next = *bucket;
    *bucket = made;
    return made;
}

host *hosts_get(hosts *hosts, const char *name)
{
    host *found = *bucket_of(hosts, name);

    while (found != NULL && strcmp(found->name, name) != 0)
        found = found->next;
    if (found == NULL)
        found = add(hosts, name);
    else if (found->users == 0)
        leave_idle(hosts, found);
    if (found != NULL)
        found->users++;
    return found;
}

void hosts_keep(host *host)
{
    host->users++;
}

void hosts_put(hosts *hosts, host *host)
{
    if (--host->users > 0)
        return;
    enter_idle(hosts, host);
    if (is_full(hosts))
        make_room(hosts);
}

bool host_take_retry(host *host)
{
    if (host->retries == 0)
        return false;
    host->retries--;
    return true;
}

void host_earn_retries(host *host)
{
    host->retries += RETRIES_EARNED;
    if (host->retries > RETRIES_LENT)
        host->retries = RETRIES_LENT;
}

void hosts_fini(hosts *hosts)
{
    while (hosts->first_idle != NULL)
        forget(hosts, hosts->first_idle);
}
