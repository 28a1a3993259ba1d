/* The hosts a client talks to: their addresses, and their slots.
 *
 * Thousands of URLs name a handful of hosts. Each is looked up once: whoever
 * comes while that runs waits for the same answer, which then holds for a
 * minute; a failure for seconds, so that a list full of one dead host does not
 * become a list full of look-ups. The answer is kept whole and filtered anew by
 * everyone who uses it.
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

#include "sched/park.h"

#define FRESH_FOR SL_S(60)
#define FAILED_FOR SL_S(5)
/* A name server that failed may be back before a retry comes: a repetition
 * after a short pause must not be answered from the cache. */
#define FAILED_FOR_NOW SL_MS(500)

void sl__hosts_init(sl__hosts *hosts, sl_loop *loop, int slots_per_host)
{
    *hosts = (sl__hosts){ .loop = loop,
                          .look_up = sl__lookup_system,
                          .slots_per_host = slots_per_host };
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

        if (host->lookup != NULL)
            sl__lookup_abandon(host->lookup);
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

/* Make room for one more. A host with a look-up that runs is passed over: its
 * answer is still to come. */
static void forget_oldest(sl__hosts *hosts)
{
    sl__list *unused = &hosts->unused;

    for (sl__node *n = unused->head.next; n != &unused->head; n = n->next) {
        sl__host *host = sl__container_of(n, sl__host, in_order);

        if (host->lookup == NULL) {
            free_host(host);
            return;
        }
    }
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

static void looked_up(void *arg, int rc, const sl__addresses *found)
{
    sl__host *host = arg;

    host->lookup = NULL;
    host->rc = rc;
    host->found = *found;
    host->until = sl_now() + (rc == 0         ? FRESH_FOR
                              : rc == -EAGAIN ? FAILED_FOR_NOW
                                              : FAILED_FOR);
    sl__waitlist_wake_all(&host->waiting, rc);
}

int sl__host_resolve(sl__host *host)
{
    sl__waiter waiter = { .what = "name look-up", .on = host };
    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    if (host->is_known)
        return 0;
    if (host->lookup == NULL && host->until > sl_now())
        return host->rc;
    if (host->lookup == NULL)
        host->lookup = sl__lookup_start(host->hosts->loop, host->name,
                                        host->hosts->look_up, looked_up, host);
    if (host->lookup == NULL)
        return -ENOMEM;
    sl__waitlist_append(&host->waiting, &waiter);
    return sl__park(&waiter);
}
