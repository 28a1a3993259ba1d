/* Name look-ups on threads of their own.
 *
 * getaddrinfo() blocks, for many seconds when a name server is gone, and
 * cannot be interrupted. So it gets a few threads which nothing else waits for:
 * a dead name server then delays names and not files or pictures. The threads
 * belong to the process, because a loop that closes must not wait for them;
 * they start when there is work and end after a while without.
 *
 * A look-up is its threads' until it is posted to the loop, and the loop's
 * afterwards. What both touch is under one lock, and so is the posting: once
 * sl__lookup_abandon() has returned, no thread will touch that loop again.
 */
#include "http/lookup.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/list.h"
#include "sched/uv.h"

enum {
    THREADS_MAX = 4,
    IDLE_END_S = 10,
    STACK_SIZE = 1024 * 1024, /* name service modules use much of it */
};

struct sl__lookup {
    sl__node node;      /* in `queue`, or in `posted` */
    sl_loop *loop;      /* NULL: abandoned */
    sl_loop *posted_to; /* the loop that has it, or will; NULL: none yet */
    sl__lookup_fn *fn;
    sl__lookup_done *done;
    void *arg;
    bool taken; /* a thread works on it, or has */
    int rc;
    sl__addresses found;
    char name[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t work = PTHREAD_COND_INITIALIZER;
static sl__list queue = { { &queue.head, &queue.head } };
static sl__list posted = { { &posted.head, &posted.head } };
static int queued, threads, idle;

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

int sl__lookup_system(const char *name, sl__addresses *out)
{
    const struct addrinfo hints = { .ai_family = AF_UNSPEC,
                                    .ai_socktype = SOCK_STREAM,
                                    .ai_flags = AI_ADDRCONFIG };
    struct addrinfo *all;
    int code = getaddrinfo(name, NULL, &hints, &all);

    if (code != 0)
        return error_of(code);
    out->count = 0;
    for (struct addrinfo *a = all; a != NULL; a = a->ai_next)
        if (a->ai_addrlen <= sizeof(sl__address) &&
            out->count < SL__ADDRESSES_MAX)
            memcpy(&out->list[out->count++], a->ai_addr, a->ai_addrlen);
    freeaddrinfo(all);
    return out->count > 0 ? 0 : -ENOENT;
}

static void deliver(void *arg)
{
    sl__lookup *lookup = arg;
    sl_loop *loop = lookup->loop; /* only this thread changes it now */

    pthread_mutex_lock(&lock);
    sl__node_unlink(&lookup->node);
    pthread_mutex_unlock(&lock);
    if (loop != NULL) {
        sl__loop_release(loop);
        lookup->done(lookup->arg, lookup->rc, &lookup->found);
    }
    free(lookup);
}

/* Hand the result over, or free it if nobody wants it. Under the lock. */
static void post(sl__lookup *lookup)
{
    const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };

    while (lookup->loop != NULL) {
        if (sl_call_threadsafe(lookup->loop, deliver, lookup) == 0) {
            lookup->posted_to = lookup->loop;
            sl__list_append(&posted, &lookup->node);
            return;
        }
        /* No memory for it, and a task waits: try until there is some. */
        pthread_mutex_unlock(&lock);
        nanosleep(&pause, NULL);
        pthread_mutex_lock(&lock);
    }
    free(lookup);
}

/* Wait for work; false when there has been none for long enough. */
static bool wait_for_work(void)
{
    struct timespec end;

    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += IDLE_END_S;
    while (sl__list_is_empty(&queue)) {
        int rc;

        idle++;
        rc = pthread_cond_clockwait(&work, &lock, CLOCK_MONOTONIC, &end);
        idle--;
        if (rc == ETIMEDOUT)
            return !sl__list_is_empty(&queue);
    }
    return true;
}

static void *work_through_queue(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&lock);
    while (wait_for_work()) {
        sl__lookup *lookup =
            sl__container_of(sl__list_take(&queue), sl__lookup, node);

        queued--;
        lookup->taken = true;
        pthread_mutex_unlock(&lock);
        lookup->rc = lookup->fn(lookup->name, &lookup->found);
        pthread_mutex_lock(&lock);
        post(lookup);
    }
    threads--;
    pthread_mutex_unlock(&lock);
    return NULL;
}

/* Another thread, if all are busy and there may be more. Signals are for the
 * loops' threads: these take none. False if there is no thread at all. */
static bool have_thread(void)
{
    pthread_attr_t attributes;
    sigset_t all, before;
    pthread_t thread;

    if (idle > queued || threads == THREADS_MAX)
        return true;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    if (pthread_create(&thread, &attributes, work_through_queue, NULL) == 0) {
        pthread_setname_np(thread, "sl-names");
        threads++;
    }
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return threads > 0;
}

sl__lookup *sl__lookup_start(sl_loop *loop, const char *name, sl__lookup_fn *fn,
                             sl__lookup_done *done, void *arg)
{
    size_t size = strlen(name) + 1;
    sl__lookup *lookup = calloc(1, sizeof *lookup + size);

    if (lookup == NULL)
        return NULL;
    lookup->loop = loop;
    lookup->fn = fn;
    lookup->done = done;
    lookup->arg = arg;
    memcpy(lookup->name, name, size);

    pthread_mutex_lock(&lock);
    if (have_thread()) {
        sl__list_append(&queue, &lookup->node);
        queued++;
        pthread_cond_signal(&work);
        sl__loop_hold(loop);
    } else {
        free(lookup);
        lookup = NULL;
    }
    pthread_mutex_unlock(&lock);
    return lookup;
}

void sl__lookup_abandon(sl__lookup *lookup)
{
    pthread_mutex_lock(&lock);
    sl__loop_release(lookup->loop);
    lookup->loop = NULL;
    if (!lookup->taken) {
        sl__node_unlink(&lookup->node);
        queued--;
        free(lookup);
    }
    pthread_mutex_unlock(&lock);
}

void sl__lookups_drop(sl_loop *loop)
{
    sl__node *node, *next;

    pthread_mutex_lock(&lock);
    for (node = posted.head.next; node != &posted.head; node = next) {
        sl__lookup *lookup = sl__container_of(node, sl__lookup, node);

        next = node->next;
        if (lookup->posted_to == loop) {
            sl__node_unlink(node);
            free(lookup);
        }
    }
    pthread_mutex_unlock(&lock);
}
