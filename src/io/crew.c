/* Threads that make blocking calls for tasks.
 *
 * A call lives on the stack of the task that waits for it. That is safe because
 * the task is not let go before the call is over: a cancelled wait removes a
 * call that no thread has taken, and otherwise waits for its end.
 *
 * Finished calls of one loop are collected in a box, and only the thread that
 * finds the box empty wakes the loop: many completions cost one wake-up.
 */
#include <starling/thread.h>

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <starling/error.h>

#include "base/assert.h"
#include "base/given.h"
#include "base/list.h"
#include "base/name.h"
#include "io/crew.h"
#include "sched/park.h"
#include "sched/uv.h"
#include "sched/words.h"

enum { NAME_SIZE = 16, THREADS_MAX = 1024 };

enum call_state { CALL_QUEUED, CALL_TAKEN, CALL_OVER };

typedef struct crew_call {
    sl__node node; /* among the queued, then among the finished */
    sl_fn *fn;
    void *arg;
    int rc;
    char *words;           /* that go with it; NULL: none */
    enum call_state state; /* under the crew's lock */
    bool posted;           /* on the heap, and nobody waits for it */
    sl_loop *loop;         /* NULL: a thread outside of loops waits */
    sl__waiter waiter;
    sl_crew *crew;
    sl__node waited; /* among the calls of its thread's tasks */
    bool is_marked;
} crew_call;

/* A loop does not share its thread, so these are the loop's. */
static __thread sl__list waited;

struct sl_crew {
    pthread_mutex_t lock;
    pthread_cond_t work; /* a call was queued, or the crew ends */
    pthread_cond_t over; /* a call that a plain thread waits for is over */
    sl__list queued;
    sl__list finished; /* calls of tasks, not told yet */
    int size, started, idle;
    bool ending;
    char name[NAME_SIZE];
    pthread_t threads[];
};

sl_crew *sl_crew_new(int threads, const char *name)
{
    sl_crew *crew;

    if (threads < 1)
        threads = 1;
    if (threads > THREADS_MAX)
        threads = THREADS_MAX;
    crew = calloc(1, sizeof *crew + (size_t)threads * sizeof crew->threads[0]);
    if (crew == NULL)
        return NULL;
    pthread_mutex_init(&crew->lock, NULL);
    pthread_cond_init(&crew->work, NULL);
    pthread_cond_init(&crew->over, NULL);
    sl__list_init(&crew->queued);
    sl__list_init(&crew->finished);
    crew->size = threads;
    snprintf(crew->name, sizeof crew->name, "%s", name ? name : "starling");
    return crew;
}

/* On the loop: tell every task of this loop whose call is over. */
static void tell_finished(void *arg)
{
    sl_crew *crew = arg;
    sl_loop *loop = sl_loop_current();
    sl__list mine;
    sl__node *node, *next;

    sl__list_init(&mine);
    pthread_mutex_lock(&crew->lock);
    for (node = crew->finished.head.next; node != &crew->finished.head;
         node = next) {
        next = node->next;
        if (sl__container_of(node, crew_call, node)->loop != loop)
            continue;
        sl__node_unlink(node);
        sl__list_append(&mine, node);
    }
    pthread_mutex_unlock(&crew->lock);
    while ((node = sl__list_take(&mine)) != NULL) {
        crew_call *call = sl__container_of(node, crew_call, node);

        sl_loop_release(loop);
        sl__complete(&call->waiter, call->rc);
    }
}

static bool is_first_of_its_loop(sl_crew *crew, sl_loop *loop)
{
    for (sl__node *node = crew->finished.head.next;
         node != &crew->finished.head; node = node->next)
        if (sl__container_of(node, crew_call, node)->loop == loop)
            return false;
    return true;
}

/* Under the lock. Memory for the wake-up is taken with the call, not here. */
static void finish(sl_crew *crew, crew_call *call)
{
    bool first;

    if (call->posted) {
        free(call);
        return;
    }
    call->state = CALL_OVER;
    if (call->loop == NULL) {
        pthread_cond_broadcast(&crew->over);
        return;
    }
    first = is_first_of_its_loop(crew, call->loop);
    sl__list_append(&crew->finished, &call->node);
    /* A wake-up that cannot be allocated would leave the task asleep for ever;
     * a few bytes will be there sooner or later. */
    while (first && sl_call_threadsafe(call->loop, tell_finished, crew) < 0)
        sched_yield();
}

static void perform(crew_call *call)
{
    sl__words_forget();
    call->rc = call->fn(call->arg);
    /* Without memory the code has to do. */
    if (!call->posted && sl__words_about(call->rc)[0] != '\0')
        call->words = strdup(sl__words_about(call->rc));
}

static void *work(void *arg)
{
    sl_crew *crew = arg;
    sl__node *node;

    pthread_setname_np(pthread_self(), crew->name);
    pthread_mutex_lock(&crew->lock);
    for (;;) {
        while ((node = sl__list_take(&crew->queued)) != NULL) {
            crew_call *call = sl__container_of(node, crew_call, node);

            call->state = CALL_TAKEN;
            pthread_mutex_unlock(&crew->lock);
            perform(call);
            pthread_mutex_lock(&crew->lock);
            finish(crew, call);
        }
        if (crew->ending)
            break;
        crew->idle++;
        pthread_cond_wait(&crew->work, &crew->lock);
        crew->idle--;
    }
    pthread_mutex_unlock(&crew->lock);
    return NULL;
}

/* Signals are the business of the threads that the program started. */
static int start_thread(sl_crew *crew)
{
    sigset_t all, before;
    int rc;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&crew->threads[crew->started], NULL, work, crew);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc == 0)
        crew->started++;
    return -rc;
}

/* The signal comes after the lock, or the thread that it wakes would meet it.
 */
static int queue_call(sl_crew *crew, crew_call *call)
{
    int rc = 0;

    pthread_mutex_lock(&crew->lock);
    if (crew->idle == 0 && crew->started < crew->size)
        rc = start_thread(crew);
    if (crew->started > 0) { /* with fewer threads than wished it still works */
        sl__list_append(&crew->queued, &call->node);
        rc = 0;
    }
    pthread_mutex_unlock(&crew->lock);
    if (rc == 0)
        pthread_cond_signal(&crew->work);
    return rc;
}

static void take_back(sl__waiter *waiter)
{
    crew_call *call = waiter->arg;
    sl_crew *crew = call->crew;
    bool queued;

    pthread_mutex_lock(&crew->lock);
    queued = call->state == CALL_QUEUED;
    if (queued)
        sl__node_unlink(&call->node);
    pthread_mutex_unlock(&crew->lock);
    if (!queued)
        return; /* the end of the call wakes the task */
    sl_loop_release(call->loop);
    sl__complete(waiter, SL_ECANCELED);
}

static int call_from_task(sl_crew *crew, crew_call *call)
{
    int rc = sl__wait_begin();

    if (rc < 0)
        return rc;
    call->loop = sl_loop_current();
    call->waiter =
        (sl__waiter){ .cancel = take_back, .arg = call, .what = "a thread" };
    rc = queue_call(crew, call);
    if (rc < 0)
        return rc;
    sl_loop_hold(call->loop);
    if (waited.head.next == NULL)
        sl__list_init(&waited);
    sl__list_append(&waited, &call->waited);
    rc = sl__park(&call->waiter);
    sl__node_unlink(&call->waited);
    return rc;
}

static bool is_taken(crew_call *call)
{
    bool taken;

    pthread_mutex_lock(&call->crew->lock);
    taken = call->state == CALL_TAKEN;
    pthread_mutex_unlock(&call->crew->lock);
    return taken;
}

void sl__crew_mark(void)
{
    sl__node *node = waited.head.next;

    for (; node != NULL && node != &waited.head; node = node->next) {
        crew_call *call = sl__container_of(node, crew_call, waited);

        call->is_marked = is_taken(call);
    }
}

bool sl__crew_name_marked(char *text, size_t size)
{
    sl__node *node = waited.head.next;

    for (; node != NULL && node != &waited.head; node = node->next) {
        crew_call *call = sl__container_of(node, crew_call, waited);

        if (call->is_marked && is_taken(call)) {
            sl__name_function((uintptr_t)call->fn, text, size);
            return true;
        }
    }
    return false;
}

static int call_from_thread(sl_crew *crew, crew_call *call)
{
    int rc;

    rc = queue_call(crew, call);
    pthread_mutex_lock(&crew->lock);
    while (rc == 0 && call->state != CALL_OVER)
        pthread_cond_wait(&crew->over, &crew->lock);
    pthread_mutex_unlock(&crew->lock);
    return rc < 0 ? rc : call->rc;
}

int sl_crew_call(sl_crew *crew, sl_fn *fn, void *arg)
{
    sl_given(crew);
    sl_given(fn);

    crew_call call = { .fn = fn, .arg = arg, .crew = crew };
    int rc = sl_self() != NULL ? call_from_task(crew, &call)
                               : call_from_thread(crew, &call);

    if (call.words != NULL)
        sl_fail(rc, "%s", call.words);
    free(call.words);
    return rc;
}

int sl__crew_post(sl_crew *crew, sl_fn *fn, void *arg)
{
    crew_call *call = calloc(1, sizeof *call);
    int rc;

    if (call == NULL)
        return -ENOMEM;
    call->fn = fn;
    call->arg = arg;
    call->posted = true;
    rc = queue_call(crew, call);
    if (rc < 0)
        free(call);
    return rc;
}

void sl_crew_free(sl_crew *crew)
{
    if (crew == NULL)
        return;
    sl_given(crew);
    pthread_mutex_lock(&crew->lock);
    crew->ending = true;
    pthread_cond_broadcast(&crew->work);
    pthread_mutex_unlock(&crew->lock);
    for (int i = 0; i < crew->started; i++)
        pthread_join(crew->threads[i], NULL);
    pthread_cond_destroy(&crew->over);
    pthread_cond_destroy(&crew->work);
    pthread_mutex_destroy(&crew->lock);
    sl__release(crew);
}

/* Crews of the process: their threads end with it. */
enum { PROCESS_CREWS_MAX = 4 };

static sl_crew *process_crews[PROCESS_CREWS_MAX];
static int process_crews_count;

static pthread_mutex_t process_lock = PTHREAD_MUTEX_INITIALIZER;

/* The two crews that belong to no program part: threads only start with use.
 * The program's calls may block for as long as they like; what the library has
 * to do with files and processes must not wait behind them. */
static sl_crew *default_crew, *own_crew;
static pthread_once_t made = PTHREAD_ONCE_INIT;

/* A child of fork() would find records of threads that wait for work, and its
 * first call would wait for ever. So it makes crews of its own; the parent's
 * are kept, for leak checkers, since their locks may be held. */
static void begin_without_crews(void)
{
    static sl_crew *parents[PROCESS_CREWS_MAX];

    if (process_crews_count > 0)
        memcpy(parents, process_crews, sizeof parents);
    process_lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    process_crews_count = 0;
    default_crew = own_crew = NULL;
    made = (pthread_once_t)PTHREAD_ONCE_INIT;
}

sl_crew *sl__crew_of_process(int threads, const char *name)
{
    static bool is_watched;
    sl_crew *crew = sl_crew_new(threads, name);

    if (crew == NULL)
        return NULL;
    pthread_mutex_lock(&process_lock);
    sl_assert(process_crews_count < PROCESS_CREWS_MAX);
    process_crews[process_crews_count++] = crew;
    if (!is_watched)
        (void)pthread_atfork(NULL, NULL, begin_without_crews);
    is_watched = true;
    pthread_mutex_unlock(&process_lock);
    return crew;
}

static void make_crews(void)
{
    cpu_set_t set;
    int cores =
        sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    int threads = cores + 4 < 32 ? cores + 4 : 32;

    default_crew = sl__crew_of_process(threads, "starling");
    own_crew = sl__crew_of_process(threads, "starling-files");
}

sl_crew *sl__own_crew(void)
{
    pthread_once(&made, make_crews);
    return own_crew;
}

int sl__on_own_thread(sl_fn *fn, void *arg)
{
    sl_crew *crew = sl__own_crew();

    return crew != NULL ? sl_crew_call(crew, fn, arg) : -ENOMEM;
}

int sl_to_thread(sl_fn *fn, void *arg)
{
    sl_given(fn);

    pthread_once(&made, make_crews);
    return default_crew != NULL ? sl_crew_call(default_crew, fn, arg) : -ENOMEM;
}
