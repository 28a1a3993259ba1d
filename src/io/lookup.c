/* Names to addresses, on threads of their own.
 *
 * getaddrinfo() blocks, for many seconds when a name server is gone, and cannot
 * be interrupted. It gets a few threads that nothing else waits for: a dead
 * name server then delays names and not files.
 *
 * A look-up belongs to the process. Tasks of any loop that want the same name
 * hang their waiters on it; the thread that has the answer wakes each loop
 * once, and the loop then collects its own waiters from what is answered. The
 * wake-up carries no pointer, so a task that is cancelled just takes its waiter
 * away, at any moment.
 */
#include <starling/lookup.h>

#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <starling/error.h>

#include "base/given.h"
#include "base/list.h"
#include "io/address.h"
#include "io/crew.h"
#include "io/lookup.h"
#include "sched/park.h"
#include "sched/uv.h"

/* As many dead names as there are threads hold up all others, for as long as
 * the resolver has patience; a thread that waits costs a few pages. */
enum { THREADS = 16, KEPT_MAX = 64, HOST_MAX = 255 };

typedef struct query {
    sl__node node; /* in `queries` while there is no answer */
    sl__list askers;
    unsigned refs;  /* the thread's, and each asker's */
    bool has_begun; /* a thread is at it */
    int rc;
    sl_addresses *found;
    const char *service; /* after the host; NULL: none */
    char host[];
} query;

typedef struct asker {
    sl__node node; /* in its query's, then in `answered` */
    query *query;
    sl_loop *loop;
    sl__waiter waiter;
} asker;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sl__list queries = { { &queries.head, &queries.head } };
static sl__list answered = { { &answered.head, &answered.head } };
static sl_crew *crew;
static pthread_once_t crew_made = PTHREAD_ONCE_INIT;

static int error_of(int code)
{
    switch (code) {
    case EAI_AGAIN:
        return -EAGAIN;
    case EAI_MEMORY:
        return -ENOMEM;
    case EAI_SYSTEM:
        return errno != 0 ? -errno : -EAGAIN;
    default: /* EAI_NONAME, EAI_NODATA, EAI_FAIL: asking again is no use */
        return -ENOENT;
    }
}

sl_addresses *sl__addresses_new(int count)
{
    size_t size = (size_t)count * sizeof(sl_address);
    sl_addresses *addresses = calloc(1, sizeof *addresses + size);

    if (addresses == NULL)
        return NULL;
    addresses->count = count;
    addresses->list = (sl_address *)(addresses + 1);
    return addresses;
}

static int count_of(const struct addrinfo *all)
{
    int count = 0;

    for (; all != NULL && count < KEPT_MAX; all = all->ai_next)
        count++;
    return count;
}

/* localhost and all below it, which RFC 6761 has us answer ourselves: a bare
 * system has no hosts file that would. */
static bool is_localhost(const char *host)
{
    static const char domain[] = ".localhost";
    size_t size = strlen(host), domain_size = strlen(domain);

    return strcasecmp(host, domain + 1) == 0 ||
           (size > domain_size &&
            strcasecmp(host + size - domain_size, domain) == 0);
}

static int ask_system(const char *host, const char *service,
                      struct addrinfo **out)
{
    struct addrinfo hints = { .ai_family = AF_UNSPEC,
                              .ai_socktype = SOCK_STREAM,
                              .ai_flags = AI_ADDRCONFIG };

    if (!is_localhost(host))
        return getaddrinfo(host, service, &hints, out);
    hints.ai_flags = 0; /* no host: the loopback addresses */
    return getaddrinfo(NULL, service != NULL ? service : "0", &hints, out);
}

static int resolve_by_system(const char *host, const char *service,
                             sl_addresses **out)
{
    struct addrinfo *all, *at;
    sl_addresses *found;
    int code = ask_system(host, service, &all);

    if (code != 0)
        return error_of(code);
    found = sl__addresses_new(count_of(all));
    at = all;
    for (int i = 0; found != NULL && i < found->count; i++) {
        memcpy(&found->list[i].where, at->ai_addr, at->ai_addrlen);
        found->list[i].size = at->ai_addrlen;
        at = at->ai_next;
    }
    freeaddrinfo(all);
    if (found == NULL)
        return -ENOMEM;
    *out = found;
    return 0;
}

static sl__resolver *resolver = resolve_by_system;

void sl__lookup_use(sl__resolver *other)
{
    resolver = other != NULL ? other : resolve_by_system;
}

/* Under the lock. */
static void drop_query(query *query)
{
    if (--query->refs > 0)
        return;
    free(query->found);
    free(query);
}

/* On a loop: wake its tasks whose queries are answered. */
static void tell_answered(void *unused)
{
    sl_loop *loop = sl_loop_current();
    sl__node *node, *next;

    (void)unused;
    pthread_mutex_lock(&lock);
    for (node = answered.head.next; node != &answered.head; node = next) {
        asker *asker = sl__container_of(node, struct asker, node);

        next = node->next;
        if (asker->loop != loop)
            continue;
        sl__node_unlink(node);
        sl__complete(&asker->waiter, 0);
    }
    pthread_mutex_unlock(&lock);
}

static bool has_answered(const sl_loop *loop)
{
    for (sl__node *n = answered.head.next; n != &answered.head; n = n->next)
        if (sl__container_of(n, asker, node)->loop == loop)
            return true;
    return false;
}

/* Under the lock. A loop whose task is still in a list is there. */
static void answer(query *query)
{
    sl__node *node;

    sl__node_unlink(&query->node);
    while ((node = sl__list_take(&query->askers)) != NULL) {
        asker *asker = sl__container_of(node, struct asker, node);
        bool told = has_answered(asker->loop);

        sl__list_append(&answered, &asker->node);
        /* A wake-up that cannot be allocated would leave the task asleep for
         * ever; a few bytes will be there sooner or later. */
        while (!told &&
               sl_call_threadsafe(asker->loop, tell_answered, NULL) < 0)
            sched_yield();
    }
    drop_query(query);
}

static int run_query(void *arg)
{
    query *query = arg;

    pthread_mutex_lock(&lock);
    query->has_begun = true;
    pthread_mutex_unlock(&lock);
    query->rc = resolver(query->host, query->service, &query->found);
    pthread_mutex_lock(&lock);
    answer(query);
    pthread_mutex_unlock(&lock);
    return 0;
}

/* In the child of a fork(), whose parent's threads will answer nothing here. */
static void forget_all(void)
{
    lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    sl__list_init(&queries);
    sl__list_init(&answered);
    crew = NULL;
    crew_made = (pthread_once_t)PTHREAD_ONCE_INIT;
}

static void make_crew(void)
{
    static bool is_watched;

    crew = sl__crew_of_process(THREADS, "sl-names");
    /* Without memory for it a child is as it would be without this. */
    if (!is_watched)
        (void)pthread_atfork(NULL, NULL, forget_all);
    is_watched = true;
}

static bool is_same(const char *one, const char *other)
{
    if (one == NULL || other == NULL)
        return one == other;
    return strcmp(one, other) == 0;
}

/* Under the lock. */
static query *find_query(const char *host, const char *service)
{
    for (sl__node *n = queries.head.next; n != &queries.head; n = n->next) {
        query *query = sl__container_of(n, struct query, node);

        if (strcmp(query->host, host) == 0 && is_same(query->service, service))
            return query;
    }
    return NULL;
}

/* Under the lock. */
static int start_query(const char *host, const char *service, query **out)
{
    size_t size = strlen(host) + 1,
           more = service != NULL ? strlen(service) + 1 : 0;
    query *query = calloc(1, sizeof *query + size + more);
    int rc;

    if (query == NULL || crew == NULL) {
        free(query);
        return -ENOMEM;
    }
    sl__list_init(&query->askers);
    memcpy(query->host, host, size);
    if (service != NULL)
        query->service = memcpy(query->host + size, service, more);
    query->refs = 1; /* the thread's */
    rc = sl__crew_post(crew, run_query, query);
    if (rc < 0) {
        free(query);
        return rc;
    }
    sl__list_append(&queries, &query->node);
    *out = query;
    return 0;
}

bool sl_lookup_is_queued(const char *host)
{
    sl_given(host);

    const query *query;
    bool is_queued;

    pthread_mutex_lock(&lock);
    query = find_query(host, NULL);
    is_queued = query != NULL && !query->has_begun;
    pthread_mutex_unlock(&lock);
    return is_queued;
}

static void stop_asking(sl__waiter *waiter)
{
    asker *asker = waiter->arg;

    pthread_mutex_lock(&lock);
    sl__node_unlink(&asker->node);
    pthread_mutex_unlock(&lock);
    sl__complete(waiter, SL_ECANCELED);
}

/* Ask, or join who asks already. */
static int ask(const char *host, const char *service, asker *asker)
{
    query *query;
    int rc = 0;

    pthread_mutex_lock(&lock);
    query = find_query(host, service);
    if (query == NULL)
        rc = start_query(host, service, &query);
    if (rc == 0) {
        query->refs++;
        sl__list_append(&query->askers, &asker->node);
        asker->query = query;
    }
    pthread_mutex_unlock(&lock);
    return rc;
}

/* Several tasks may have the same answer: each gets a copy. */
static int copy_answer(const query *query, sl_addresses **out)
{
    sl_addresses *copy;

    if (query->rc < 0)
        return query->rc;
    copy = sl__addresses_new(query->found->count);
    if (copy == NULL)
        return -ENOMEM;
    memcpy(copy->list, query->found->list,
           (size_t)copy->count * sizeof copy->list[0]);
    *out = copy;
    return 0;
}

static int resolve(const char *host, const char *service, sl_addresses **out)
{
    asker asker = { .loop = sl_loop_current() };
    int rc;

    asker.waiter = (sl__waiter){ .cancel = stop_asking,
                                 .arg = &asker,
                                 .what = "a name look-up" };
    pthread_once(&crew_made, make_crew);
    rc = ask(host, service, &asker);
    if (rc < 0)
        return rc;
    sl_loop_hold(asker.loop);
    rc = sl__park(&asker.waiter);
    sl_loop_release(asker.loop);
    if (rc == 0)
        rc = copy_answer(asker.query, out);
    pthread_mutex_lock(&lock);
    drop_query(asker.query);
    pthread_mutex_unlock(&lock);
    return rc;
}

/* Letters, digits, and what else appears in names that people really use. The
 * resolver would send anything to a name server. */
static bool is_host_name(const char *host)
{
    size_t length = strlen(host);

    if (length == 0 || length > HOST_MAX)
        return false;
    for (const char *c = host; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && strchr("-._", *c) == NULL)
            return false;
    return true;
}

static int explain(const char *host, int rc)
{
    switch (rc) {
    case -EINVAL:
        return sl_fail(rc, "%s: no name of a host", host);
    case -ENOENT:
        return sl_fail(rc, "%s: no such host", host);
    case -EAGAIN:
        return sl_fail(rc, "%s: no answer from a name server", host);
    default:
        return rc;
    }
}

static int wrap(const sl_address *address, sl_addresses **out)
{
    sl_addresses *found = sl__addresses_new(1);

    if (found == NULL)
        return -ENOMEM;
    found->list[0] = *address;
    *out = found;
    return 0;
}

int sl_lookup(const char *host, int port, sl_addresses **out)
{
    sl_given(host);
    sl_given(out);

    sl_address numeric;
    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    if (sl_address_parse(host, port, &numeric) == 0)
        return wrap(&numeric, out);
    if (port < 0 || port > 65535)
        return sl_fail(-EINVAL, "%s: %d is no port", host, port);
    if (!is_host_name(host))
        return explain(host, -EINVAL);
    rc = resolve(host, NULL, out);
    for (int i = 0; rc == 0 && i < (*out)->count; i++)
        sl__address_set_port(&(*out)->list[i], port);
    return explain(host, rc);
}

/* The number that `text` is all of; -1 if it is none. */
static int number_of(const char *text)
{
    char *end;
    long n = strtol(text, &end, 10);

    if (!isdigit((unsigned char)text[0]) || *end != '\0')
        return -1;
    return n <= 65535 ? (int)n : 65536;
}

int sl_lookup_service(const char *host, const char *service, sl_addresses **out)
{
    sl_given(host);
    sl_given(service);
    sl_given(out);

    sl_address numeric;
    int rc, port = number_of(service);

    if (port >= 0)
        return sl_lookup(host, port, out);
    rc = sl__wait_begin();
    if (rc < 0)
        return rc;
    if (!is_host_name(service) ||
        (!is_host_name(host) && sl_address_parse(host, 0, &numeric) < 0))
        return sl_fail(-EINVAL, "%s, %s: no name of a host, or of a service",
                       host, service);
    rc = resolve(host, service, out);
    if (rc == -ENOENT)
        return sl_fail(rc, "%s: no such host, or no service '%s'", host,
                       service);
    return explain(host, rc);
}

void sl_addresses_free(sl_addresses *addresses)
{
    if (addresses == NULL)
        return;
    sl_given(addresses);
    sl__release(addresses);
}
