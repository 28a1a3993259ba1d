/* A worker's lane: the slots through which jobs reach it and answers return.
 *
 * Several jobs may wait in the lane, so that a worker with small jobs need not
 * be woken for each; how many is learned. It starts with one, and doubles when
 * a worker has run dry while jobs were waiting. A job that waits in a lane is
 * still the pool's: one atomic word decides whether the worker begins it or
 * the pool takes it back.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <starling/error.h>

#include "exec/patience.h"
#include "exec/process_pool.h"

enum {
    PIECES_ALL = (1 << REGION_PIECES) - 1,
    DEPTH_MAX = REGION_SLOTS / 2,
    FETCH_AHEAD = 2, /* answers */
};

/* Stands in a slot for a job that was taken back. */
static job husk;

static void tell_region(worker *worker)
{
    const process_pool *pool = worker->pool;
    region *region = worker->region;

    region->threads = (uint32_t)pool->threads;
    region->has_init = pool->has_init;
    region->init_module = (uint32_t)pool->init_module;
    region->init_function = pool->init_function;
    region->init_size = (uint32_t)pool->init_size;
    memcpy(region->init, pool->init, sizeof region->init);
    memcpy(region->modules, pool->files, sizeof region->modules);
}

int sl__lane_open(worker *worker)
{
    sl_shm memory;
    int rc = sl_shm_open(sizeof(region), &memory);

    if (rc < 0)
        return rc;
    worker->region = memory.data;
    worker->region_fd = memory.fd;
    worker->depth =
        worker->pool->threads > 1 ? (unsigned)worker->pool->threads : 1;
    worker->free_pieces = PIECES_ALL;
    sl__list_init(&worker->held);
    sl__list_init(&worker->bound);
    /* The lowest slots are used most: their areas are the warm ones. */
    for (unsigned i = 0; i < REGION_SLOTS; i++)
        worker->free_slots[i] = (uint16_t)(REGION_SLOTS - 1 - i);
    worker->free_count = REGION_SLOTS;
    tell_region(worker);
    return 0;
}

void sl__lane_close(worker *worker)
{
    if (worker->region == NULL)
        return;
    munmap(worker->region, sizeof *worker->region);
    worker->region = NULL;
    if (worker->region_fd >= 0)
        close(worker->region_fd);
}

static bool has_room(const worker *worker)
{
    const process_pool *pool = worker->pool;

    return worker->state == WORKER_READY &&
           worker->held_count < worker->depth && worker->free_count > 0 &&
           (pool->max_jobs_per_worker == 0 ||
            worker->jobs_taken < pool->max_jobs_per_worker);
}

void sl__lane_update(worker *worker)
{
    process_pool *pool = worker->pool;

    if (sl__node_is_linked(&worker->roomy))
        sl__node_unlink(&worker->roomy);
    if (has_room(worker))
        sl__list_append(worker->held_count == 0 ? &pool->idle : &pool->roomy,
                        &worker->roomy);
    else if (worker->state == WORKER_READY && worker->held_count == 0 &&
             worker->free_count > 0)
        sl__worker_is_done(worker);
}

/* The next one that will be written to. */
static void fetch_free_slot(worker *worker)
{
    region_slot *slot =
        &worker->region->slots[worker->free_slots[worker->free_count - 1]];

    region_fetch_to_write(slot);
    region_fetch_to_write((char *)slot + 64);
}

int sl__lane_put(worker *worker, job *job)
{
    region *region = worker->region;
    uint16_t number;
    region_slot *slot;
    int rc;

    if (!has_room(worker))
        return -EAGAIN;
    number = worker->free_slots[worker->free_count - 1];
    slot = &region->slots[number];
    job->slot = number;
    slot->module = job->function == NULL ? SLOT_NAMED : job->module;
    slot->function = job->function_at;
    slot->memory = job->memory;
    rc = sl__payload_put(worker, job, slot);
    if (rc < 0) {
        sl__payload_release(worker, job);
        return rc;
    }
    atomic_store_explicit(&slot->state, SLOT_QUEUED, memory_order_relaxed);
    if (--worker->free_count > 0)
        fetch_free_slot(worker);
    worker->by_slot[number] = job;
    job->worker = worker;
    sl__list_append(&worker->held, &job->node);
    if (worker->held_count++ == 0) {
        worker->pool->busy++;
        worker->heard_at = patience_now();
    }
    worker->jobs_taken++;
    worker->pool->held++;
    region->asks[worker->ask_tail++ % REGION_SLOTS] = number;
    return 0;
}

/* Written only when it changes: the worker reads this line at every answer. */
static void tell_changes(worker *worker)
{
    process_pool *pool = worker->pool;
    bool may_look = pool->threads == 1 && pool->busy < pool->cores;

    if (worker->told_asleep != pool->is_asleep) {
        worker->told_asleep = pool->is_asleep;
        atomic_store_explicit(&worker->region->pool_asleep, pool->is_asleep,
                              memory_order_relaxed);
    }
    if (worker->told_to_look != may_look) {
        worker->told_to_look = may_look;
        atomic_store_explicit(&worker->region->may_look, may_look,
                              memory_order_relaxed);
    }
}

void sl__lane_show(worker *worker)
{
    static const sl__wire_errand bell = { .kind = SL__ERRAND_BELL };
    region *region = worker->region;

    tell_changes(worker);
    atomic_store(&region->ask_tail, worker->ask_tail);
    if (!atomic_load(&region->worker_asleep) ||
        !atomic_exchange(&region->worker_asleep, 0))
        return;
    /* A full channel has a bell in it; one that has ended is noticed. */
    (void)sl__wire_send(sl__watch_fd(worker->channel), &bell, sizeof bell, NULL,
                        0, NULL, 0);
}

void sl__lane_release(worker *worker, job *job)
{
    sl__payload_release(worker, job);
    sl__node_unlink(&job->node);
    job->worker = NULL;
    worker->by_slot[job->slot] = NULL;
    if (--worker->held_count == 0)
        worker->pool->busy--;
    worker->pool->held--;
}

bool sl__lane_take_back(worker *worker, job *job)
{
    region_slot *slot = &worker->region->slots[job->slot];
    uint32_t expected = SLOT_QUEUED;

    if (!atomic_compare_exchange_strong(&slot->state, &expected,
                                        SLOT_TAKEN_BACK))
        return false;
    sl__lane_release(worker, job);
    worker->by_slot[job->slot] = &husk;
    worker->husks++;
    worker->jobs_taken--;
    return true;
}

/* Codes with a meaning of their own to the caller are not the worker's to
 * give: a job that claims to be cancelled could make its caller drop it. */
static bool is_plausible(const job *job, int rc)
{
    if (rc >= 0)
        return (size_t)rc <= job->out_capacity;
    return rc > -4096 && rc != SL_ECANCELED && rc != SL_ETIMEDOUT;
}

static void free_slot(worker *worker, uint32_t number)
{
    worker->by_slot[number] = NULL;
    worker->free_slots[worker->free_count++] = (uint16_t)number;
}

/* What the job said, on one line; NULL: nothing, or no memory. */
static char *copy_words(const char *from)
{
    char words[SLOT_OUT];

    memcpy(words, from, sizeof words);
    words[sizeof words - 1] = '\0';
    for (char *at = words; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = '?';
    return words[0] != '\0' ? strdup(words) : NULL;
}

/* False for an answer that cannot be one. */
static bool take_answer(worker *worker, uint32_t number, int rc)
{
    job *job = worker->by_slot[number];

    if (job == NULL)
        return false;
    if (job == &husk) {
        worker->husks--;
        free_slot(worker, number);
        return true;
    }
    if (!is_plausible(job, rc))
        return false;
    if (rc < 0)
        job->said = copy_words(worker->region->slots[number].out);
    if (rc > 0) {
        int got = sl__payload_get(worker, job, (size_t)rc);

        rc = got < 0 ? got : rc;
    }
    worker->pool->death_count = 0;
    worker->pool->helper_deaths = 0;
    sl__lane_release(worker, job);
    free_slot(worker, number);
    sl__job_end(job, rc, rc == -ENOMEM ? "memory" : "");
    return true;
}

static uint64_t answer_at(region *region, uint32_t place)
{
    return atomic_load_explicit(&region->answers[place % REGION_SLOTS],
                                memory_order_relaxed);
}

static void fetch_answer(region *region, uint32_t place, uint32_t tail)
{
    if ((int32_t)(tail - place) > 0)
        region_fetch(
            region->slots[(answer_at(region, place) >> 32) % REGION_SLOTS].out);
}

/* The worker's word, which may be a lie: it decides only how many workers share
 * the jobs while the loop looks on. */
static void note_time(worker *worker)
{
    process_pool *pool = worker->pool;
    uint32_t said =
        atomic_load_explicit(&worker->region->job_ns, memory_order_relaxed);
    int ns = said > 0 && said < JOB_NS_MAX ? (int)said : JOB_NS_MAX;

    pool->job_ns = (3 * pool->job_ns + ns) / 4;
    worker->heard_at = patience_now();
}

unsigned sl__lane_collect(worker *worker)
{
    region *region = worker->region;
    process_pool *pool = worker->pool;
    uint32_t tail =
        atomic_load_explicit(&region->answer_tail, memory_order_acquire);
    unsigned count = tail - worker->answers_seen;

    if (count == 0)
        return 0;
    if (count > worker->held_count + worker->husks) {
        sl__worker_kill(worker, NULL, SL_EWORKERDIED, "protocol");
        return 1;
    }
    note_time(worker);
    while (worker->answers_seen != tail) {
        uint64_t answer = answer_at(region, worker->answers_seen++);

        fetch_answer(region, worker->answers_seen + FETCH_AHEAD, tail);
        if (!take_answer(worker, (uint32_t)(answer >> 32) % REGION_SLOTS,
                         (int)(uint32_t)answer)) {
            sl__worker_kill(worker, NULL, SL_EWORKERDIED, "protocol");
            return count;
        }
    }
    if (worker->held_count == 0 && pool->threads == 1 &&
        !sl__list_is_empty(&pool->queue) && worker->depth < DEPTH_MAX)
        worker->depth *= 2;
    sl__lane_update(worker);
    return count;
}
