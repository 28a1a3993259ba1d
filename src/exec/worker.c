/* A worker process: take a job, run it, answer, until the channel ends.
 *
 * It has no loop, because each of its threads does one thing at a time, and
 * must get by with the few system calls that its sandbox leaves: receive, map,
 * unmap, close, send, and futex between threads. All memory of its own is
 * allocated before the sandbox.
 *
 * With several threads, whoever holds `turn` waits for the next job, passes
 * the turn on and runs it.
 */
#include "exec/worker.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/given.h"
#include "exec/modules.h"
#include "exec/patience.h"
#include "exec/wire.h"
#include "exec/worker_job.h"
#include "exec/worker_memory.h"

enum {
    FETCH_AHEAD = 2, /* jobs */
    TIMED = 16,      /* of that many small jobs one is timed */
    NOT_SMALL_NS = 2000,
    ENDING = INT_MIN / 2,
};

/* What a worker keeps between jobs. */
typedef struct desk {
    const sl_worker_options *options;
    region *region;
    uint32_t head;         /* of the asks */
    uint32_t jobs, job_ns; /* so far; what one takes, roughly */
    uint32_t seen;         /* asks up to here are shown, and maybe more */
    patience patience;
    pthread_mutex_t turn, answering;
    worker_memory sent[REGION_SLOTS];
    buffer_list buffers;
    functions functions;
} desk;

static char note[SL__WIRE_TEXT];
static char init_arg[REGION_INIT]; /* what a worker is given lives on */
static size_t init_size;
static int threads = 1;
static atomic_bool is_retiring;
/* Threads that run a job, where there are several; ENDING when the last one has
 * decided that the process ends, from when on none may begin. */
static _Atomic int busy;

void sl_worker_note(const char *format, ...)
{
    sl_given(format);

    va_list args;

    va_start(args, format);
    vsnprintf(note, sizeof note, format, args);
    va_end(args);
}

const char *sl__worker_note_text(void)
{
    return note;
}

const void *sl_worker_arg(size_t *size)
{
    if (size != NULL)
        *size = init_size;
    return init_size > 0 ? init_arg : NULL;
}

int sl_worker_threads(void)
{
    return threads;
}

void sl_worker_retire(void)
{
    atomic_store(&is_retiring, true);
}

/* One thread has nobody to lock out. */
static void lock(pthread_mutex_t *mutex)
{
    if (threads > 1)
        pthread_mutex_lock(mutex);
}

static void unlock(pthread_mutex_t *mutex)
{
    if (threads > 1)
        pthread_mutex_unlock(mutex);
}

static int ring(uint32_t kind, int rc, const char *text)
{
    sl__wire_bell bell = { .kind = kind, .rc = rc };

    return sl__wire_send(SL_WORKER_CHANNEL, &bell, sizeof bell, text,
                         strlen(text), NULL, 0);
}

/* Receive an errand. 1, 0 at the end of the channel, or an error. */
static int run_errand(desk *desk)
{
    sl__wire_errand errand;
    int fds[SL__WIRE_FDS], count = SL__WIRE_FDS;
    ssize_t n = sl__wire_receive(SL_WORKER_CHANNEL, 0, &errand, sizeof errand,
                                 fds, &count);

    if (n <= 0)
        return (int)n;
    if (n != sizeof errand)
        return -EPROTO;
    if (errand.kind == SL__ERRAND_MEMORY)
        sl__memory_take(&desk->sent[errand.number % REGION_SLOTS], &errand, fds,
                        count);
    else if (errand.kind == SL__ERRAND_FORGET)
        sl__buffer_forget(&desk->buffers, errand.number);
    return 1;
}

/* The tail is looked at only when what was seen of it is used up: to look takes
 * the cache line away from the pool, which writes to it. */
static bool has_ask(desk *desk)
{
    if (desk->seen == desk->head)
        desk->seen =
            atomic_load_explicit(&desk->region->ask_tail, memory_order_acquire);
    return desk->seen != desk->head;
}

static bool find_by_looking(desk *desk)
{
    int64_t end;

    if (!atomic_load_explicit(&desk->region->may_look, memory_order_relaxed) ||
        !patience_begin(&desk->patience))
        return false;
    end = patience_now() + PATIENCE_NS;
    do {
        for (int i = 0; i < 16; i++) {
            if (has_ask(desk)) {
                patience_paid(&desk->patience);
                return true;
            }
            patience_pause();
        }
    } while (patience_now() < end);
    patience_in_vain(&desk->patience);
    return false;
}

/* 1 when there is an ask, 0 at the end of the channel, or an error. */
static int wait_for_ask(desk *desk)
{
    int rc = 1;

    if (has_ask(desk) || find_by_looking(desk))
        return 1;
    while (rc > 0 && !has_ask(desk)) {
        /* Said before the last look; the pool shows its asks before it looks
         * whether we sleep. */
        atomic_store(&desk->region->worker_asleep, 1);
        desk->seen = atomic_load(&desk->region->ask_tail);
        if (desk->seen != desk->head)
            break;
        rc = run_errand(desk);
    }
    atomic_store(&desk->region->worker_asleep, 0);
    return rc;
}

/* A job that will be next after `ahead` others: bring its slot here. */
static void fetch_slot(desk *desk, uint32_t ahead)
{
    region_slot *slot;

    if (desk->seen - desk->head <= ahead)
        return;
    slot =
        &desk->region
             ->slots[desk->region->asks[(desk->head + ahead) % REGION_SLOTS] %
                     REGION_SLOTS];
    region_fetch_to_write(slot);
    region_fetch((char *)slot + 64);
    region_fetch_to_write(slot->out);
}

/* The number of the next slot, or an error; -EPIPE at the end. */
static int next_slot(desk *desk)
{
    int rc = wait_for_ask(desk);
    uint32_t number;

    if (rc <= 0)
        return rc < 0 ? rc : -EPIPE;
    number = desk->region->asks[desk->head++ % REGION_SLOTS] % REGION_SLOTS;
    fetch_slot(desk, FETCH_AHEAD);
    /* The slot is used again after its answer, which another thread may have
     * given: this shows what that thread left. */
    (void)atomic_load_explicit(&desk->region->answer_tail,
                               memory_order_acquire);
    /* It was sent before the ask, so it is there. */
    while (desk->region->slots[number].sent > 0 &&
           !desk->sent[number].is_here) {
        rc = run_errand(desk);
        if (rc <= 0)
            return rc < 0 ? rc : -EPIPE;
    }
    return (int)number;
}

static void write_answer(region *region, uint32_t number, int rc)
{
    uint32_t tail =
        atomic_load_explicit(&region->answer_tail, memory_order_relaxed);

    atomic_store_explicit(&region->answers[tail % REGION_SLOTS],
                          region_answer(number, rc), memory_order_relaxed);
    atomic_store(&region->answer_tail, tail + 1);
}

static int answer(desk *desk, uint32_t number, int rc)
{
    region *region = desk->region;

    lock(&desk->answering);
    write_answer(region, number, rc);
    unlock(&desk->answering);
    if (atomic_load(&region->pool_asleep) &&
        atomic_exchange(&region->pool_asleep, 0))
        return ring(SL__BELL_ANSWERS, 0, "");
    return 0;
}

static int run_slot(desk *desk, uint32_t number)
{
    return sl__worker_run(desk->region, number, desk->options->jobs,
                          &desk->functions, &desk->buffers,
                          &desk->sent[number]);
}

/* Two looks at the clock cost as much as a small job, so of those only some are
 * timed. */
static bool is_to_be_timed(desk *desk)
{
    return threads == 1 &&
           (desk->job_ns > NOT_SMALL_NS || desk->jobs++ % TIMED == 0);
}

static int run_timed(desk *desk, uint32_t number)
{
    int64_t since = patience_now(), ns;
    int rc = run_slot(desk, number);

    ns = patience_now() - since;
    if (ns > UINT32_MAX / 4)
        ns = UINT32_MAX / 4;
    desk->job_ns = desk->job_ns == 0
                       ? (uint32_t)ns
                       : (uint32_t)((3 * (int64_t)desk->job_ns + ns) / 4);
    atomic_store_explicit(&desk->region->job_ns, desk->job_ns + 1,
                          memory_order_relaxed);
    return rc;
}

__attribute__((noreturn)) static void wait_for_the_end(desk *desk)
{
    for (;;) /* the second time for good: it is locked by us */
        pthread_mutex_lock(&desk->turn);
}

static void begin_job(desk *desk)
{
    if (threads > 1 && atomic_fetch_add(&busy, 1) < 0)
        wait_for_the_end(desk);
}

/* Jobs that were not begun go to other workers, those that run are awaited. */
static void end_job(desk *desk)
{
    int none = 0;
    bool last = threads == 1 || atomic_fetch_sub(&busy, 1) == 1;

    if (!atomic_load_explicit(&is_retiring, memory_order_relaxed))
        return;
    if (last &&
        (threads == 1 || atomic_compare_exchange_strong(&busy, &none, ENDING)))
        _exit(0);
    wait_for_the_end(desk);
}

static int serve_slot(desk *desk, uint32_t number)
{
    region_slot *slot = &desk->region->slots[number];
    uint32_t expected = SLOT_QUEUED;
    int rc = 0;

    begin_job(desk);
    if (atomic_compare_exchange_strong(&slot->state, &expected, SLOT_RUNNING))
        rc = is_to_be_timed(desk) ? run_timed(desk, number)
                                  : run_slot(desk, number);
    if (desk->sent[number].is_here)
        sl__memory_drop(&desk->sent[number]);
    rc = answer(desk, number, rc);
    end_job(desk);
    return rc;
}

static void *work(void *arg)
{
    desk *desk = arg;
    int rc;

    do {
        int number;

        lock(&desk->turn);
        number = next_slot(desk);
        unlock(&desk->turn);
        rc = number < 0 ? number : serve_slot(desk, (uint32_t)number);
    } while (rc == 0);
    /* The process ends with the first of its threads that finds the channel
     * ended: there is nobody left to work for. */
    _exit(rc != -EPIPE);
}

static int start_threads(desk *desk)
{
    for (int i = 1; i < threads; i++) {
        pthread_t id;
        int rc = pthread_create(&id, NULL, work, desk);

        if (rc != 0)
            return -rc;
    }
    return 0;
}

static int enter(desk *desk)
{
    int rc = 0;

    if (desk->options->enter != NULL)
        rc = desk->options->enter();
    if (rc >= 0 && desk->region->has_init)
        rc = sl__worker_init(desk->region, &desk->functions,
                             init_size > 0 ? init_arg : NULL);
    if (rc >= 0)
        rc = start_threads(desk);
    return rc < 0 ? rc : 0;
}

static desk *set_up(const sl_worker_options *options, int region_fd)
{
    desk *desk = calloc(1, sizeof *desk);

    if (desk == NULL)
        return NULL;
    desk->options = options;
    desk->region = mmap(NULL, sizeof *desk->region, PROT_READ | PROT_WRITE,
                        MAP_SHARED, region_fd, 0);
    close(region_fd);
    if (desk->region == MAP_FAILED) {
        free(desk);
        return NULL;
    }
    memcpy(init_arg, desk->region->init, sizeof init_arg);
    init_size = desk->region->init_size;
    threads = (int)desk->region->threads;
    desk->patience = patience_new(true);
    pthread_mutex_init(&desk->turn, NULL);
    pthread_mutex_init(&desk->answering, NULL);
    return desk;
}

int sl__worker_serve(const sl_worker_options *options, int region_fd)
{
    desk *desk = set_up(options, region_fd);
    int rc = desk == NULL ? -ENOMEM : enter(desk);

    if (ring(SL__BELL_READY, rc, note) < 0 || rc < 0)
        return 1;
    work(desk);
    return 0;
}
