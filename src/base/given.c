/* Whoever uses an object after its release reads memory that belongs to nobody
 * or to somebody else by then, and the program falls over elsewhere, if at all.
 * Once a loop has been put into debug mode, the last thousand released objects
 * of the process keep their memory, so that their addresses stay theirs, and
 * each public function knows them. To the end of the process, since the loop is
 * such an object itself.
 *
 * A count for each of some hashes answers for most objects without a search and
 * without the lock.
 */
#include "base/given.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { PAGE = 4096, KEPT = 1000, HASHES = 4096 };

uintptr_t sl__suspicious = PAGE - 1;

static const char *(*who_runs)(void);

static struct {
    pthread_mutex_t lock; /* around all of it */
    struct {
        uintptr_t object;
        bool is_ours; /* to be freed */
    } kept[KEPT];
    size_t next; /* the oldest */
    uint16_t alike[HASHES];
} released = { .lock = PTHREAD_MUTEX_INITIALIZER };

static uint16_t *alike(uintptr_t object)
{
    return &released.alike[(object * 0x9e3779b97f4a7c15u) >> 52];
}

static void count(uintptr_t object, int by)
{
    uint16_t *n = alike(object);

    __atomic_store_n(n, (uint16_t)(*n + by), __ATOMIC_RELAXED);
}

static void forget(size_t i)
{
    uintptr_t object = released.kept[i].object;

    if (object == 0)
        return;
    count(object, -1);
    if (released.kept[i].is_ours)
        free((void *)object);
    released.kept[i].object = 0;
}

/* Its place, or KEPT. */
static size_t find(uintptr_t object)
{
    size_t i = *alike(object) > 0 ? 0 : KEPT;

    while (i < KEPT && released.kept[i].object != object)
        i++;
    return i;
}

static void keep(uintptr_t object, bool is_ours)
{
    size_t i;

    pthread_mutex_lock(&released.lock);
    i = find(object);
    if (i == KEPT) {
        i = released.next;
        forget(i);
        released.kept[i].object = object;
        count(object, 1);
        released.next = (i + 1) % KEPT;
    }
    released.kept[i].is_ours = is_ours;
    pthread_mutex_unlock(&released.lock);
}

static bool is_watched(void)
{
    return __atomic_load_n(&sl__suspicious, __ATOMIC_RELAXED) == UINTPTR_MAX;
}

void sl__release(void *object)
{
    if (object != NULL && is_watched())
        keep((uintptr_t)object, true);
    else
        free(object);
}

void sl__retire(const void *object)
{
    if (is_watched())
        keep((uintptr_t)object, false);
}

void sl__revive(const void *object)
{
    size_t i;

    pthread_mutex_lock(&released.lock);
    i = find((uintptr_t)object);
    if (i < KEPT)
        forget(i);
    pthread_mutex_unlock(&released.lock);
}

void sl__released_watch(void)
{
    __atomic_store_n(&sl__suspicious, UINTPTR_MAX, __ATOMIC_RELAXED);
}

void sl__given_asks(const char *(*who)(void))
{
    __atomic_store_n(&who_runs, who, __ATOMIC_RELAXED);
}

__attribute__((noreturn)) static void say(uintptr_t object, const char *name,
                                          const char *function)
{
    const char *(*who)(void) = __atomic_load_n(&who_runs, __ATOMIC_RELAXED);
    const char *task = who != NULL ? who() : NULL;

    fputs("starling: ", stderr);
    if (task != NULL)
        fprintf(stderr, "task '%s': ", task);
    fprintf(stderr, "%s(): '%s' ", function, name);
    if (object == 0)
        fputs("is NULL\n", stderr);
    else if (object < PAGE)
        fprintf(stderr, "is no address, but %#jx\n", (uintmax_t)object);
    else
        fputs("has been released\n", stderr);
    abort();
}

void sl__look_at(uintptr_t object, const char *name, const char *function)
{
    bool found;

    if (object < PAGE)
        say(object, name, function);
    if (__atomic_load_n(alike(object), __ATOMIC_RELAXED) == 0)
        return;
    pthread_mutex_lock(&released.lock);
    found = find(object) < KEPT;
    pthread_mutex_unlock(&released.lock);
    if (found)
        say(object, name, function);
}
