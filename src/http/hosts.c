/* The hosts a client talks to: their addresses, and their slots.
 *
 * Thousands of URLs name a handful of hosts. Each is looked up once
 * (sl_lookup() lets all who ask at the same time wait for one answer), and that
 * holds for a minute; a failure for seconds, so that a list full of one dead
 * host does not become a list full of look-ups. The answer is kept whole and
 * filtered anew by everyone who uses it.
 *
 * A host somebody uses stays; the others are remembered up to a bound, the one
 * not used for longest goes first.
 *
 * Some addresses are known: numbers, and localhost with all below it, which
 * RFC 6761 has us answer ourselves. A bare system has no hosts file that would,
 * and a name server that says otherwise must not be believed.
 */
#include "http/hosts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <starling/error.h>
#include <starling/lookup.h>

#include "sched/park.h"

#define FRESH_FOR SL_S(60)
#define FAILED_FOR SL_S(5)
/* A name server that failed may be back before a retry comes: a repetition
 * after a short pause must not be answered from the cache. */
#define FAILED_FOR_NOW SL_MS(500)

void sl__hosts_init(sl__hosts *hosts, int slots_per_host)
{
    *hosts = (sl__hosts){ .slots_per_host = slots_per_host };
    sl__list_init(&hosts->unused);
    for (int i = 0; i < SL__HOST_BUCKETS; i++)
        sl__list_init(&hosts->buckets[i]);
}

static void free_host(sl__host *host)
{
    sl__node_unlink(&host->in_bucket);
    sl__node_unlink(&host->in_order);
    host->hosts->count--;
    free(host);
}

void sl__hosts_fini(sl__hosts *hosts)
{
    while (!sl__list_is_empty(&hosts->unused)) {
        sl__host *host =
            sl__container_of(hosts->unused.head.next, sl__host, in_order);

        free_host(host);
    }
}

static sl__list *bucket_of(sl__hosts *hosts, const char *name)
{
    unsigned hash = 2166136261u;

    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return &hosts->buckets[(hash ^ hash >> 16) % SL__HOST_BUCKETS];
}

static sl__host *find(sl__list *bucket, const char *name)
{
    for (sl__node *n = bucket->head.next; n != &bucket->head; n = n->next) {
        sl__host *host = sl__container_of(n, sl__host, in_bucket);

        if (strcmp(host->name, name) == 0)
            return host;
    }
    return NULL;
}

static void forget_oldest(sl__hosts *hosts)
{
    sl__list *unused = &hosts->unused;

    if (!sl__list_is_empty(unused))
        free_host(sl__container_of(unused->head.next, sl__host, in_order));
}

static bool is_localhost(const char *name)
{
    static const char domain[] = ".localhost";
    size_t size = strlen(name), domain_size = strlen(domain);

    return strcmp(name, domain + 1) == 0 ||
           (size > domain_size &&
            strcmp(name + size - domain_size, domain) == 0);
}

static void fill_in_known(sl__host *host)
{
    sl__addresses *found = &host->found;

    host->is_numeric = sl__address_parse(host->name, &found->list[0]);
    found->count = host->is_numeric;
    if (is_localhost(host->name)) {
        sl__address_parse("127.0.0.1", &found->list[found->count++]);
        sl__address_parse("::1", &found->list[found->count++]);
    }
    host->is_known = found->count > 0;
}

static sl__host *add(sl__hosts *hosts, sl__list *bucket, const char *name)
{
    size_t size = strlen(name) + 1;
    sl__host *host;

    if (hosts->count >= SL__HOSTS_MAX)
        forget_oldest(hosts);
    host = calloc(1, sizeof *host + size);
    if (host == NULL)
        return NULL;
    host->hosts = hosts;
    host->slots = (sl_semaphore)SL_SEMAPHORE_INIT(hosts->slots_per_host);
    memcpy(host->name, name, size);
    fill_in_known(host);
    sl__list_append(bucket, &host->in_bucket);
    hosts->count++;
    return host;
}

sl__host *sl__hosts_get(sl__hosts *hosts, const char *name)
{
    sl__list *bucket = bucket_of(hosts, name);
    sl__host *host = find(bucket, name);

    if (host == NULL)
        host = add(hosts, bucket, name);
    if (host == NULL)
        return NULL;
    if (sl__node_is_linked(&host->in_order))
        sl__node_unlink(&host->in_order);
    host->users++;
    return host;
}

void sl__host_put(sl__host *host)
{
    if (--host->users == 0)
        sl__list_append(&host->hosts->unused, &host->in_order);
}

static void keep(sl__host *host, const sl_addresses *found)
{
    sl__addresses *kept = &host->found;

    kept->count = 0;
    for (int i = 0; i < found->count && kept->count < SL__ADDRESSES_MAX; i++)
        if (found->list[i].size <= sizeof kept->list[0])
            memcpy(&kept->list[kept->count++], &found->list[i].where,
                   found->list[i].size);
}

/* Tasks that ask at the same time share the system's answer; each of them gets
 * a copy and notes it here. */
static int look_up(sl__host *host)
{
    sl_addresses *found;
    int rc = sl_lookup(host->name, 0, &found);

    if (rc == SL_ECANCELED || rc == -ENOMEM)
        return rc;
    if (rc == -EINVAL)
        rc = -ENOENT; /* no name server knows such a name */
    if (rc == 0) {
        keep(host, found);
        sl_addresses_free(found);
    }
    host->rc = rc;
    host->until = sl_now() + (rc == 0         ? FRESH_FOR
                              : rc == -EAGAIN ? FAILED_FOR_NOW
                                              : FAILED_FOR);
    return rc;
}

int sl__host_resolve(sl__host *host)
{
    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    if (host->is_known)
        return 0;
    return host->until > sl_now() ? host->rc : look_up(host);
}
