/* Debug mode: what a runtime can tell about a program that misbehaves.
 *
 * Slow steps are found by a thread of the loop's own. It looks at the number of
 * the current step every so often; where it meets the same one for too long, it
 * interrupts the loop's thread with a signal whose handler prints the stack,
 * for only that thread can. A report after the step would come too late to say
 * where it hangs, and never if it hangs for good.
 */
#include "sched/debug.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <starling/error.h>

#include "base/given.h"

enum {
    SLOW_MS = 100,
    STORM = 1000, /* refused waits in a row */
    FRAMES_MAX = 32,
    FUNCTIONS_MAX = 64,
    RECORDS_KEPT = 256,
    MANY = 10000, /* tasks of a group at once */
    PAGE = 4096,
};

/* How deep the stack of a function's tasks has been. */
typedef struct usage {
    sl_fn *fn;
    size_t most, size;
} usage;

struct debug {
    sl_loop *loop;
    pthread_t thread, watch;
    atomic_bool ending;
    atomic_ullong step;                /* odd while a task runs */
    char running[NAME_MAX_BYTES + 16]; /* in words */
    long slow_ms;
    bool wants_stacks, told_of_many;
    sl_task *records[RECORDS_KEPT]; /* whose handles are no longer valid */
    size_t next_record;             /* the oldest of them */
    usage usages[FUNCTIONS_MAX];
    uv_signal_t on_usr1;
};

static int report_signal(void)
{
    return SIGRTMIN + 3;
}

static void put(const char *text)
{
    /* Nothing can be done about a stderr that does not take it. */
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        return;
}

/* In the loop's thread, wherever it is. */
static void print_stack(int signo)
{
    int saved = errno;
    void *frames[FRAMES_MAX];
    sl_loop *loop = sl__current_loop;

    (void)signo;
    if (loop != NULL && loop->debug != NULL) {
        put("starling: slow: ");
        put(loop->debug->running);
        put(" runs and does not give way; it is at\n");
        backtrace_symbols_fd(frames, backtrace(frames, FRAMES_MAX),
                             STDERR_FILENO);
    }
    errno = saved;
}

static void nap(long ms)
{
    struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

    nanosleep(&t, NULL);
}

static void *watch(void *arg)
{
    struct debug *debug = arg;
    unsigned long long seen = 0, told = 0;
    long quarter = debug->slow_ms / 4 + 1, same = 0;

    while (!atomic_load(&debug->ending)) {
        unsigned long long now = atomic_load(&debug->step);

        same = now == seen ? same + 1 : 0;
        seen = now;
        if (now % 2 == 1 && same >= 4 && told != now) {
            told = now;
            pthread_kill(debug->thread, report_signal());
        }
        nap(quarter);
    }
    return NULL;
}

static void print_tree(uv_signal_t *handle, int signo)
{
    (void)handle;
    (void)signo;
    sl_dump_tasks(stderr);
}

static void install_report(void)
{
    struct sigaction action = { .sa_handler = print_stack,
                                .sa_flags = SA_RESTART };
    void *frame;

    backtrace(&frame, 1); /* loads what it needs, which a handler must not */
    sigaction(report_signal(), &action, NULL);
}

static void listen_for_usr1(struct debug *debug)
{
    uv_signal_init(&debug->loop->uv, &debug->on_usr1);
    uv_signal_start(&debug->on_usr1, print_tree, SIGUSR1);
    uv_unref((uv_handle_t *)&debug->on_usr1);
}

static const char *running_task(void)
{
    const sl_task *task = sl_self();

    return task != NULL ? sl_task_name(task) : NULL;
}

int sl_loop_is_debugged(const sl_loop *loop)
{
    sl_given(loop);
    return loop->debug != NULL;
}

int sl_loop_debug(sl_loop *loop)
{
    sl_given(loop);

    const char *slow = getenv("SL_DEBUG_SLOW_MS");
    const char *what = getenv("SL_DEBUG");
    struct debug *debug;
    int rc;

    if (loop->debug != NULL)
        return 0;
    debug = calloc(1, sizeof *debug);
    if (debug == NULL)
        return -ENOMEM;
    debug->loop = loop;
    debug->thread = pthread_self();
    debug->slow_ms = slow != NULL && atol(slow) > 0 ? atol(slow) : SLOW_MS;
    debug->wants_stacks = what != NULL && strstr(what, "stacks") != NULL;
    install_report();
    rc = pthread_create(&debug->watch, NULL, watch, debug);
    if (rc != 0) {
        free(debug);
        return -rc;
    }
    loop->debug = debug;
    sl__given_asks(running_task);
    sl__released_watch();
    listen_for_usr1(debug);
    return 0;
}

void sl__debug_from_environment(sl_loop *loop)
{
    const char *what = getenv("SL_DEBUG");
    int rc = 0;

    if (what != NULL && what[0] != '\0' && strcmp(what, "0") != 0)
        rc = sl_loop_debug(loop);
    if (rc < 0)
        fprintf(stderr, "starling: debug mode is off: %s\n", sl_strerror(rc));
}

static void print_usages(const struct debug *debug)
{
    for (int i = 0; i < FUNCTIONS_MAX && debug->usages[i].fn != NULL; i++) {
        const usage *usage = &debug->usages[i];
        Dl_info info = { 0 };

        dladdr((void *)(uintptr_t)usage->fn, &info);
        fprintf(stderr, "starling: stacks: %s (%p) used %zu KiB of %zu KiB\n",
                info.dli_sname ? info.dli_sname : "a function",
                (void *)(uintptr_t)usage->fn, usage->most / 1024,
                usage->size / 1024);
    }
}

struct left_open {
    const sl_loop *loop;
    int descriptors, pools;
};

static void count_open(uv_handle_t *handle, void *arg)
{
    struct left_open *open = arg;

    if (uv_is_closing(handle) ||
        handle == (const uv_handle_t *)&open->loop->wake)
        return;
    open->descriptors += handle->type == UV_POLL;
    open->pools += handle->type == UV_ASYNC; /* one each */
}

/* What the program should have closed, and the loop now does. */
static void tell_left_open(sl_loop *loop)
{
    struct left_open open = { .loop = loop };

    uv_walk(&loop->uv, count_open, &open);
    if (open.descriptors > 0)
        fprintf(stderr,
                "starling: left open at the end of the loop: %d descriptors "
                "of streams, listeners, processes or workers\n",
                open.descriptors);
    if (open.pools > 0)
        fprintf(stderr,
                "starling: left open at the end of the loop: %d pool%s\n",
                open.pools, open.pools == 1 ? "" : "s");
}

sl_task *sl__debug_retire(sl_task *task)
{
    struct debug *debug = task->loop->debug;
    sl_task **place = &debug->records[debug->next_record++ % RECORDS_KEPT];
    sl_task *oldest = *place;

    sl__retire(task);
    if (oldest != NULL)
        sl__revive(oldest);
    *place = task;
    return oldest;
}

static void revive_records(const struct debug *debug)
{
    for (int i = 0; i < RECORDS_KEPT && debug->records[i] != NULL; i++)
        sl__revive(debug->records[i]);
}

void sl__debug_close(sl_loop *loop)
{
    struct debug *debug = loop->debug;

    if (debug == NULL)
        return;
    atomic_store(&debug->ending, true);
    pthread_join(debug->watch, NULL);
    if (debug->wants_stacks)
        print_usages(debug);
    uv_close((uv_handle_t *)&debug->on_usr1, NULL);
    uv_run(&loop->uv, UV_RUN_NOWAIT);
    tell_left_open(loop);
    revive_records(debug);
    loop->debug = NULL;
    free(debug);
}

static void begin_step(struct debug *debug)
{
    atomic_store(&debug->step, (atomic_load(&debug->step) + 2) | 1);
}

void sl__debug_step(sl_loop *loop, const sl_task *task)
{
    struct debug *debug = loop->debug;

    /* Without printf(): this is done at every switch. */
    strcpy(stpcpy(stpcpy(debug->running, "task '"), sl_task_name(task)), "'");
    begin_step(debug);
}

void sl__debug_callback(sl_loop *loop)
{
    strcpy(loop->debug->running, "a callback");
    begin_step(loop->debug);
}

void sl__debug_rest(sl_loop *loop)
{
    struct debug *debug = loop->debug;

    atomic_store(&debug->step, (atomic_load(&debug->step) + 2) & ~1ull);
}

void sl__debug_refused(sl_task *task)
{
    if (task->refusals < STORM && ++task->refusals == STORM)
        fprintf(stderr,
                "starling: cancel storm: task '%s' was asked to stop (%s) and "
                "has waited %d times since\n",
                sl_task_name(task), sl_cancel_reason(), STORM);
}

/* How much of the stack was touched since it was last emptied. */
static size_t touched(const sl__stack *stack)
{
    size_t pages = stack->size / PAGE;
    unsigned char *present = malloc(pages);
    size_t low = 0;

    if (present == NULL)
        return 0;
    if (mincore(stack->low, pages * PAGE, present) == 0)
        while (low < pages && !(present[low] & 1))
            low++;
    free(present);
    return stack->size - low * PAGE;
}

/* Below the frames that still run here, so that the next task on this stack is
 * not taken for as deep as this one. */
static void empty(const sl__stack *stack)
{
    uintptr_t low = (uintptr_t)stack->low, frame;

    frame = (uintptr_t)__builtin_frame_address(0);
    if (frame > low + 4 * PAGE)
        madvise(stack->low, (frame - 2 * PAGE - low) & ~(size_t)(PAGE - 1),
                MADV_DONTNEED);
}

static void note_usage(struct debug *debug, const sl_task *task)
{
    for (int i = 0; i < FUNCTIONS_MAX; i++) {
        usage *usage = &debug->usages[i];

        if (usage->fn != NULL && usage->fn != task->fn)
            continue;
        size_t used = touched(task->stack);

        usage->fn = task->fn;
        usage->size = task->stack->size;
        if (used > usage->most)
            usage->most = used;
        return;
    }
}

void sl__debug_ended(sl_task *task)
{
    struct debug *debug = task->loop->debug;

    if (!debug->wants_stacks)
        return;
    note_usage(debug, task);
    if (task->stack->guard != SL__GUARD_CANARY) /* it lies at the low end */
        empty(task->stack);
}

void sl__debug_spawned(const sl_group *group)
{
    struct debug *debug = sl__current_loop->debug;

    if (group->running < MANY || debug->told_of_many)
        return;
    debug->told_of_many = true;
    fprintf(stderr,
            "starling: many tasks: a group of '%s' has %d tasks at once; a "
            "semaphore, a queue or sl_pool_map() bounds them\n",
            group->scope.task ? sl_task_name(group->scope.task) : "main", MANY);
}

void sl__debug_group(const sl_group *group, bool by_guard)
{
    int place = 0;

    if (by_guard)
        fprintf(stderr, "starling: group of '%s' was left to its guard\n",
                sl_task_name(group->scope.task));
    for (sl_task *task = group->ended; task != NULL; task = task->chain) {
        bool failed = task->rc < 0 && task->rc != SL_ECANCELED;
        const char *text = sl__task_text(task);

        if (failed && place++ > 0 && !group->errors_seen && !group->spares)
            fprintf(stderr,
                    "starling: lost error: task '%s' failed after another: "
                    "%s%s%s\n",
                    sl_task_name(task), sl_strerror(task->rc),
                    text[0] ? ": " : "", text);
    }
}
