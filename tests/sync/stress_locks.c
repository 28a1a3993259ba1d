/* Models of the locks and of the semaphore. */
#include <errno.h>
#include <stddef.h>
#include <starling/lock.h>
#include <starling/rwlock.h>
#include <starling/semaphore.h>

#include "sync/stress.h"

static line waiting;

/* A lock: an owner and a line. */

static sl_lock lock;
static worker *owner;

static void begin_lock(uint64_t seed)
{
    (void)seed;
    lock = (sl_lock){ 0 };
    owner = NULL;
    waiting.n = 0;
}

static void step_lock(worker *w)
{
    int rc;

    if (owner == NULL) {
        owner = w;
        w->state = GRANTED;
    } else {
        line_join(&waiting, w);
        w->state = WAITING;
    }
    rc = pick(w, 3) > 0 || w->state == WAITING ? sl_lock_acquire(&lock)
                                               : sl_lock_try_acquire(&lock);
    if (!settle(w, rc))
        return;
    EXPECT(owner->id, w->id);
    EXPECT(sl_lock_acquire(&lock), w->cancelled ? SL_ECANCELED : SL_EDEADLOCK);
    dawdle(w);
    EXPECT(owner->id, w->id);
    owner = line_first(&waiting);
    if (owner != NULL) {
        line_leave(&waiting, owner);
        owner->state = GRANTED;
    }
    EXPECT(sl_lock_release(&lock), 0);
}

/* Also for the other two: who waits leaves the line. */
static void cancel_in_line(worker *w)
{
    if (w->state != WAITING)
        return;
    line_leave(&waiting, w);
    w->state = LEFT;
}

static void end_lock(void)
{
    EXPECT(sl_lock_is_held(&lock), false);
}

const scenario lock_scenario = { "lock", begin_lock, step_lock, cancel_in_line,
                                 end_lock };

/* A lock for readers and writers; `wanted` is 1 for a writer. */

static sl_rwlock rwlock;
static int readers;
static worker *writer;

static void begin_rwlock(uint64_t seed)
{
    (void)seed;
    rwlock = (sl_rwlock){ 0 };
    readers = 0;
    writer = NULL;
    waiting.n = 0;
}

static void admit(void)
{
    worker *first;

    while (writer == NULL && (first = line_first(&waiting)) != NULL) {
        if (first->wanted == 0)
            readers++;
        else if (readers == 0)
            writer = first;
        else
            return;
        line_leave(&waiting, first);
        first->state = GRANTED;
    }
}

static void step_rwlock(worker *w)
{
    w->wanted = pick(w, 3) == 0;
    w->state = WAITING;
    line_join(&waiting, w);
    admit();
    if (!settle(w, w->wanted ? sl_rwlock_acquire_write(&rwlock)
                             : sl_rwlock_acquire_read(&rwlock)))
        return;
    dawdle(w);
    EXPECT(w->wanted ? readers : writer != NULL, 0);
    if (w->wanted)
        writer = NULL;
    else
        readers--;
    admit();
    EXPECT(w->wanted ? sl_rwlock_release_write(&rwlock)
                     : sl_rwlock_release_read(&rwlock),
           0);
}

static void cancel_rwlock(worker *w)
{
    cancel_in_line(w);
    admit();
}

static void end_rwlock(void)
{
    EXPECT(readers, 0);
    EXPECT(sl_rwlock_try_acquire_write(&rwlock), 0);
    EXPECT(sl_rwlock_release_write(&rwlock), 0);
}

const scenario rwlock_scenario = { "rwlock", begin_rwlock, step_rwlock,
                                   cancel_rwlock, end_rwlock };

/* A semaphore of few permits, of which workers want one or several. */

static sl_bounded_semaphore semaphore;
static long permits, bound;

static void begin_semaphore(uint64_t seed)
{
    bound = permits = 1 + (long)(seed % 4);
    semaphore = (sl_bounded_semaphore)SL_BOUNDED_SEMAPHORE_INIT(bound);
    waiting.n = 0;
}

static void serve(void)
{
    worker *first;

    while ((first = line_first(&waiting)) != NULL && first->wanted <= permits) {
        permits -= first->wanted;
        line_leave(&waiting, first);
        first->state = GRANTED;
    }
}

static int acquire(worker *w)
{
    if (w->wanted > 1)
        return sl_bounded_semaphore_acquire_many(&semaphore, w->wanted);
    if (w->state == GRANTED && pick(w, 2) == 0)
        return sl_bounded_semaphore_try_acquire(&semaphore);
    return sl_bounded_semaphore_acquire(&semaphore);
}

static void step_semaphore(worker *w)
{
    w->wanted = pick(w, 2) ? 1 : 1 + (long)pick(w, (uint32_t)bound);
    w->state = WAITING;
    line_join(&waiting, w);
    serve();
    if (!settle(w, acquire(w)))
        return;
    dawdle(w);
    permits += w->wanted;
    serve();
    EXPECT(sl_bounded_semaphore_release_many(&semaphore, w->wanted), 0);
    EXPECT(sl_semaphore_available(&semaphore.semaphore), permits);
}

static void cancel_semaphore(worker *w)
{
    cancel_in_line(w);
    serve();
}

static void end_semaphore(void)
{
    EXPECT(permits, bound);
    EXPECT(sl_semaphore_available(&semaphore.semaphore), bound);
    EXPECT(sl_bounded_semaphore_release(&semaphore), -EOVERFLOW);
}

const scenario semaphore_scenario = { "semaphore", begin_semaphore,
                                      step_semaphore, cancel_semaphore,
                                      end_semaphore };
