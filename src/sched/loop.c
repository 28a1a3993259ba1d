/* The loop: what runs on a thread's native stack, between the tasks.
 *
 * A round: the callbacks that were queued before it, the timers that are due,
 * the tasks that are ready, the I/O. Callbacks queued meanwhile belong to the
 * next round, so that a callback which queues itself starves nobody. Tasks run
 * for a slice of 256 switches or 50 us, then I/O gets its turn even if more
 * tasks are ready: a pass through libuv costs 172 ns, fifty switches' worth.
 */
#include "sched/loop.h"

#include <errno.h>
#include <time.h>

#include <starling/error.h>

#include "base/given.h"
#include "context/fault.h"
#include "sched/debug.h"
#include "sched/poll.h"
#include "sched/switch.h"

enum {
    CHUNK = 32,       /* switches between two looks at the clock */
    SLICE_CHUNKS = 8, /* 256 switches */
    SLICE_NS = 50000,
};

__thread sl_loop *sl__current_loop __attribute__((tls_model("initial-exec")));

sl_time sl__clock_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (sl_time)t.tv_sec * 1000000000 + t.tv_nsec;
}

sl_time sl__loop_now(sl_loop *loop)
{
    return loop->is_virtual ? loop->virtual_now : sl__clock_now();
}

sl_time sl__loop_now_awake(sl_loop *loop)
{
    sl_time now;

    if (loop->is_virtual)
        return loop->virtual_now;
    now = sl__clock_now();
    sl__awake_look(&loop->awake, now);
    return now - loop->awake.lost;
}

sl_time sl_now_awake(void)
{
    return sl__current_loop != NULL ? sl__loop_now_awake(sl__current_loop)
                                    : sl__clock_now();
}

sl_time sl_now(void)
{
    return sl__current_loop != NULL ? sl__loop_now(sl__current_loop)
                                    : sl__clock_now();
}

/* Draw the next number; Marsaglia, "Xorshift RNGs" (2003), 64 bits. */
static uint64_t draw(sl_loop *loop)
{
    loop->shuffle ^= loop->shuffle << 13;
    loop->shuffle ^= loop->shuffle >> 7;
    loop->shuffle ^= loop->shuffle << 17;
    return loop->shuffle;
}

enum { SHUFFLE_DEPTH = 8 };

/* Bring one of the first few ready tasks to the front. A chunk is one switch in
 * this mode, so that each of them comes by here. Returns whether the slice is
 * over, which is drawn, too. */
static bool shuffle(sl_loop *loop)
{
    uint64_t drawn = draw(loop);
    ready_ring *ready = &loop->ready;
    uint32_t n = ready->tail - ready->head;
    uint32_t chosen = (uint32_t)drawn % (n < SHUFFLE_DEPTH ? n : SHUFFLE_DEPTH);
    sl_task **first = &ready->slots[ready->head & ready->mask];
    sl_task **other = &ready->slots[(ready->head + chosen) & ready->mask];
    sl_task *task = *first;

    loop->chunk_left = 1;
    *first = *other;
    *other = task;
    return drawn >> 32 & 1;
}

void sl_loop_use_random_schedule(sl_loop *loop, uint64_t seed)
{
    sl_given(loop);
    loop->shuffle = seed * 0x9e3779b97f4a7c15; /* neighbours differ, 0 stays */
    loop->chunk = 1;
}

/* Whether the slice is used up; else begin the next chunk. A chunk shrinks
 * where tasks run long between switches, so that one look at the clock every
 * 32 switches is enough to keep the 50 us nearly always. */
bool sl__loop_slice_over(sl_loop *loop)
{
    sl_time now;

    if (loop->shuffle != 0)
        return shuffle(loop);
    now = sl__clock_now();
    if (now >= loop->slice_end) {
        loop->chunk = loop->chunk > 4 ? loop->chunk / 4 : 1;
        return true;
    }
    if (loop->chunk < CHUNK)
        loop->chunk++;
    if (--loop->slice_left <= 0)
        return true;
    loop->chunk_left = loop->chunk;
    return false;
}

static void run_tasks(sl_loop *loop)
{
    sl_task *task;

    if (!sl__any_ready(loop))
        return;
    loop->chunk_left = loop->chunk;
    loop->slice_left = SLICE_CHUNKS;
    loop->slice_end = sl__clock_now() + SLICE_NS;
    if (loop->shuffle != 0)
        shuffle(loop);
    task = sl__ready_pop(loop);
    loop->current = task;
    *loop->errno_at = task->saved_errno;
    if (loop->debug != NULL)
        sl__debug_step(loop, task);
    sl__context_switch(&loop->native, &task->context);
    if (sl__stack_pool_has_retired(&loop->stacks[SL__STACK_DEFAULT]))
        sl__stack_pool_unmap_retired(&loop->stacks[SL__STACK_DEFAULT]);
}

static void fire_due(sl_loop *loop)
{
    uint64_t end = sl__timers_round(&loop->timers);
    sl_time now;
    sl__timer *timer;

    if (loop->timers.count == 0)
        return;
    now = sl__loop_now(loop);
    sl__awake_look(&loop->awake, now);
    while ((timer = sl__timers_take(&loop->timers, now, end)) != NULL)
        timer->fire(timer);
}

static void run_soon(sl_loop *loop)
{
    sl__list round;
    sl__node *node;

    if (sl__list_is_empty(&loop->soon))
        return;
    /* Take over the whole list: what is queued from now on waits a round. A
     * callback may still cancel one that is later in this list. */
    sl__list_init(&round);
    while ((node = sl__list_take(&loop->soon)) != NULL)
        sl__list_append(&round, node);
    while ((node = sl__list_take(&round)) != NULL)
        sl__timer_run(sl__container_of(node, sl_timer, node));
}

static bool was_called(sl_loop *loop)
{
    bool answer;

    pthread_mutex_lock(&loop->posted_lock);
    answer = loop->posted != NULL;
    pthread_mutex_unlock(&loop->posted_lock);
    return answer;
}

/* A loop without tasks waits for calls from other threads; with tasks, those
 * that have not come yet must have been announced by a hold. */
static bool waits_for_outside(sl_loop *loop)
{
    return loop->holds > 0 || uv_loop_alive(&loop->uv) ||
           loop->root.running == 0 || was_called(loop) ||
           (loop->expects_stop && loop->endless > 0);
}

/* Give back some of the memory of free stacks; false if there is no need. */
static bool give_back_stacks(sl_loop *loop)
{
    for (int kind = 0; kind < SL__STACK_POOLS; kind++) {
        if (!sl__stack_pool_has_too_many(&loop->stacks[kind]))
            continue;
        sl__stack_pool_give_back(&loop->stacks[kind]);
        return true;
    }
    return false;
}

/* Nothing can run: wait for time or the world. False if neither can help. */
static bool wait_for_something(sl_loop *loop)
{
    sl_time next = sl__timers_next(&loop->timers);

    if (give_back_stacks(loop)) {
        uv_run(&loop->uv, UV_RUN_NOWAIT);
        return true;
    }
    if (!loop->is_virtual) {
        if (next == SL_FOREVER && !waits_for_outside(loop))
            return false;
        sl__poll_blocking(loop);
        return true;
    }
    uv_run(&loop->uv, UV_RUN_NOWAIT);
    if (sl__loop_can_run(loop))
        return true;
    if (next != SL_FOREVER && loop->holds == 0) {
        if (next > loop->virtual_now)
            loop->virtual_now = next;
        return true;
    }
    if (!waits_for_outside(loop))
        return false;
    sl__poll_until_event(loop);
    return true;
}

/* Tasks wait for each other and nothing else is left. Say so, and ask them to
 * stop; tasks that even then cannot are given up. */
static int break_deadlock(sl_loop *loop)
{
    if (loop->main == NULL || loop->deadlocked)
        return SL_EDEADLOCK;
    loop->deadlocked = true;
    fputs("starling: deadlock: every task waits and nothing can wake one; if "
          "another thread will, say so with sl_loop_hold()\n",
          stderr);
    sl_dump_tasks(stderr);
    sl_task_cancel(loop->main, "deadlock");
    return 0;
}

/* In the child of a fork() that a task or a callback has called: the loop's
 * epoll set, its wake-up and its threads are the parent's, and what goes on
 * here would be done twice. So nothing is left to switch to but the native
 * stack, which says so. */
static void on_forked(void)
{
    sl_loop *loop = sl__current_loop;

    if (loop == NULL)
        return;
    loop->is_forked = true;
    loop->ready.head = loop->ready.tail;
    loop->shuffle = 0;
    loop->chunk_left = 0;
    loop->slice_end = 0;
}

static void watch_forks(void)
{
    /* Without memory for it a child is as it would be without this. */
    (void)pthread_atfork(NULL, NULL, on_forked);
}

void sl__loop_watch_forks(void)
{
    static pthread_once_t watched = PTHREAD_ONCE_INIT;

    pthread_once(&watched, watch_forks);
}

static void check_not_forked(const sl_loop *loop)
{
    sl_assert(!loop->is_forked &&
              "the child of a fork() in a task may only exec or _exit()");
}

static int run_rounds(sl_loop *loop)
{
    int rc = 0;

    while (!loop->stopping && rc == 0) {
        run_soon(loop);
        fire_due(loop);
        run_tasks(loop);
        check_not_forked(loop);
        if (loop->stopping)
            break;
        if (sl__loop_can_run(loop))
            uv_run(&loop->uv, UV_RUN_NOWAIT);
        else if (!wait_for_something(loop))
            rc = break_deadlock(loop);
    }
    return rc;
}

static int own_fault(const void *address, const char **name, size_t *size)
{
    sl_task *task = sl_self();

    if (task == NULL || task->stack == NULL ||
        !sl__stack_is_guard(task->stack, address))
        return 0;
    *name = sl_task_name(task);
    *size = (task->stack->size + 4095) & ~(size_t)4095;
    return 1;
}

int sl_loop_run(sl_loop *loop)
{
    sl_given(loop);

    int rc;

    if (sl__current_loop != NULL || loop->running)
        return -EBUSY;
    sl__current_loop = loop;
    loop->errno_at = &errno;
    loop->running = true;
    loop->stopping = false;
    sl__fault_watch(own_fault);
    rc = run_rounds(loop);
    check_not_forked(loop); /* by a callback of libuv that stopped the loop */
    sl__fault_unwatch();
    loop->running = false;
    sl__current_loop = NULL;
    return rc;
}

void sl_loop_stop(sl_loop *loop)
{
    sl_given(loop);
    sl_assert(sl__is_at_home(loop) &&
              "only its own thread stops a loop; see sl_call_threadsafe()");
    loop->stopping = true;
}

typedef struct main_call {
    sl_loop *loop;
    sl_fn *fn;
    void *arg;
} main_call;

static int run_main(void *arg)
{
    main_call *call = arg;
    int rc = call->fn(call->arg);

    call->loop->stopping = true;
    return rc;
}

/* What was queued by the time the main task ended, such as the callbacks of the
 * futures that it settled, still runs; what these queue does not. */
static void run_last_callbacks(sl_loop *loop)
{
    sl__current_loop = loop;
    run_soon(loop);
    sl__current_loop = NULL;
}

enum { MAIN_STACK = 1024 * 1024 };

int sl_loop_run_task(sl_loop *loop, sl_fn *fn, void *arg)
{
    sl_given(loop);
    sl_given(fn);

    main_call call = { loop, fn, arg };
    sl_spawn_options options = { .name = "main", .stack = MAIN_STACK };
    int rc;

    if (sl__current_loop != NULL || loop->running)
        return -EBUSY;
    sl__current_loop = loop; /* spawning wants to know the loop */
    loop->root = (sl_group){ .scope.kind = SCOPE_GROUP };
    loop->deadlocked = false;
    loop->main = sl_group_spawn_with(&loop->root, &options, run_main, &call, 0);
    sl__current_loop = NULL;
    if (loop->root.failed)
        return loop->root.rc;

    rc = sl_loop_run(loop);
    if (loop->main->state != TASK_ENDED)
        return rc < 0 ? rc : SL_EDEADLOCK;
    run_last_callbacks(loop);
    rc = loop->main->rc;
    sl__text_take_over(NULL, loop->main);
    loop->main = NULL;
    sl__group_release(&loop->root);
    return loop->deadlocked ? SL_EDEADLOCK : rc;
}

int sl_run(sl_fn *fn, void *arg)
{
    sl_given(fn);

    sl_loop *loop;
    int rc;

    if (sl__current_loop != NULL)
        return sl_fail(-EBUSY, "this thread runs a loop already");
    loop = sl_loop_new();
    if (loop == NULL)
        return -ENOMEM;
    rc = sl_loop_run_task(loop, fn, arg);
    sl_loop_close(loop);
    return rc;
}

sl_loop *sl_loop_current(void)
{
    return sl__current_loop;
}

uv_loop_t *sl__loop_uv(sl_loop *loop)
{
    sl_assert(loop != NULL &&
              "streams, processes and signals are opened where a loop runs");
    return &loop->uv;
}

void sl__uv_close(uv_handle_t *handle, uv_close_cb closed)
{
    sl_assert(!uv_is_closing(handle) &&
              "what a loop was asked for is closed before the loop ends");
    uv_close(handle, closed);
}

void sl__loop_expect_stop(sl_loop *loop)
{
    loop->expects_stop = true;
}

void sl_loop_hold(sl_loop *loop)
{
    sl_given(loop);
    loop->holds++;
}

void sl_loop_release(sl_loop *loop)
{
    sl_given(loop);
    sl_assert(loop->holds > 0 && "a loop is released as often as it was held");
    loop->holds--;
}

void sl_loop_use_virtual_clock(sl_loop *loop)
{
    sl_given(loop);
    loop->is_virtual = true;
    loop->virtual_now = sl__clock_now();
}
