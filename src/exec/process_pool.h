/* process_pool.h: a process pool from the inside, for this room only.
 *
 * Everything belongs to the loop's thread and happens in callbacks on the
 * loop's stack, except the public functions' own waits. The pieces:
 *
 *     process_pool.c  open and close
 *     supervise.c     the helper's life, how many workers there should be
 *     orphans.c       what a helper's death leaves behind
 *     workers.c       one worker's life
 *     dispatch.c      who gets which job
 *     jobs.c          how a job begins and ends
 *     lane.c          one worker's slots: jobs in, answers out
 *     payload.c       where a job's bytes go
 */
#ifndef SL_EXEC_PROCESS_POOL_H
#define SL_EXEC_PROCESS_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include <starling/loop.h>

#include "base/list.h"
#include "exec/lookout.h"
#include "exec/modules.h"
#include "exec/pool.h"
#include "exec/region.h"
#include "exec/watch.h"
#include "exec/wire.h"
#include "sched/park.h"

typedef struct worker worker;
typedef struct process_pool process_pool;

/* Ten deaths within this time without one answer: something is wrong with the
 * program and not with a job. */
enum { DEATHS_MAX = 10, DEATHS_WITHIN_S = 10 };

/* Longer jobs are all the same to whoever decides by what a job takes. */
enum { JOB_NS_MAX = 1000000 };

enum worker_state {
    WORKER_STARTING, /* asked for, and not ready yet */
    WORKER_READY,
    WORKER_LEAVING, /* has done its share; ends by itself */
    WORKER_DYING,   /* killed, or its channel has ended; it may still run */
};

struct worker {
    sl__node node;  /* in the pool's list of all workers */
    sl__node roomy; /* in one of its lists of those that can take a job */
    process_pool *pool;
    uint64_t number;
    enum worker_state state;
    bool is_forked;  /* the helper has said so */
    bool was_ready;  /* it has entered its sandbox and said so */
    bool has_left;   /* by itself, with status 0, as one that retires does */
    int pidfd;       /* -1 until forked, and when `gone` has it */
    watch *channel;  /* NULL once it is of no more use */
    watch *gone;     /* its pidfd, once no helper tells of its end */
    sl_timer *timer; /* how long to wait for the end */
    int jobs_taken;
    int verdict; /* why we ended it, with its word; word NULL: we did not */
    const char *word;
    job *culprit; /* for which job's sake; NULL: for its own */

    /* lane.c: our own account of the region, which the worker cannot touch */
    region *region;
    int region_fd;
    sl__list held; /* jobs in slots, the oldest first */
    unsigned held_count, depth;
    uint32_t ask_tail, answers_seen;
    int64_t heard_at; /* when it got its first job, or last answered */
    bool told_asleep, told_to_look; /* what its region says */
    uint16_t free_slots[REGION_SLOTS];
    unsigned free_count, free_pieces; /* pieces: a bit each */
    job *by_slot[REGION_SLOTS];
    unsigned husks; /* slots of jobs that were taken back */
    sl__list bound; /* jobs that only this worker may have */
};

struct process_pool {
    sl_pool base;
    char *program_path;
    int program; /* descriptor */
    bool is_own; /* the program is this one */
    int target;  /* workers there should be */
    int threads; /* of each */
    int max_jobs_per_worker;
    int cores;
    bool show_stderr;

    /* the helper; pid 0: none is alive */
    pid_t helper;
    watch *helper_channel, *helper_gone;
    sl_timer *helper_timer; /* until it says hello, or until it ends */
    sl_time helper_due;     /* then, on the clock of sl_now_awake() */
    bool helper_is_up;      /* has said hello */
    int helper_deaths;      /* since the last answer of a worker */
    int orphan_groups;      /* dead helpers with children not yet reaped */

    sl__list workers; /* all that have not ended */
    sl__list idle;    /* who has nothing; the last one has run last: its caches
                         are warm */
    sl__list roomy;   /* who has something, and can take more */
    bool was_ready;   /* some worker has started well */
    int alive;        /* workers that are or will be of use */
    int unforked;     /* of these, how many the helper has yet to fork */
    uint64_t next_number;
    sl_timer *rest;             /* no new workers until this fires */
    sl_time deaths[DEATHS_MAX]; /* a ring */
    unsigned death_count;       /* since the last answer */

    sl__list queue; /* jobs that wait for a worker */
    unsigned held;  /* jobs that workers have */
    int busy;       /* workers that have any */
    int job_ns;     /* what a job takes a worker, roughly */
    lookout *lookout;
    bool is_asleep; /* workers are to wake us */
    bool is_dispatching;
    bool is_collecting; /* jobs that are queued now are given out after it */
    sl__list buffers;   /* process_buffer */
    uint32_t next_buffer;

    /* Functions, and what every new region is told. */
    module modules[REGION_MODULES];
    region_module files[REGION_MODULES];
    int module_count;
    bool has_init;
    int init_module;
    uint64_t init_function;
    size_t init_size;
    char init[REGION_INIT];

    bool was_opened; /* a first worker has been ready */
    bool is_ending;  /* starts no more processes */
    char note[SL__WIRE_TEXT];
    sl__waiter *opening; /* whoever waits for the first worker */
    sl__waiter *ending;  /* ... for the last process */
    watch_owner watches;
};

/* A buffer that jobs work in. */
typedef struct process_buffer {
    pool_buffer buffer;
    sl__node node; /* in the pool's list */
    process_pool *pool;
    worker *worker; /* who has it, or NULL */
    bool is_mapped; /* there, too */
    uint32_t number;
    sl_shm memory;
} process_buffer;

/* supervise.c */
int sl__helper_start(process_pool *pool);
/* Close its channel: it ends its workers and itself, soon or by force. */
void sl__helper_end(process_pool *pool);
/* Ask for as many workers as are missing. */
void sl__pool_fill(process_pool *pool);
/* A worker that should not have has ended, or could not start: count it, and
 * give up where there is no hope. */
void sl__pool_count_death(process_pool *pool, const char *word);
/* Let some time pass before the next worker is started. */
void sl__pool_rest(process_pool *pool);
/* Nothing will ever run again: fail what is queued. */
void sl__pool_break(process_pool *pool, int rc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* orphans.c: reap what a dead helper's process group has left to us. */
void sl__orphans_reap(process_pool *pool, pid_t group);

/* workers.c */
int sl__worker_start(process_pool *pool);
worker *sl__worker_find(process_pool *pool, uint64_t number);
/* The helper has forked it (takes pidfd), or not (rc). */
void sl__worker_forked(worker *worker, int rc, int pidfd);
/* It has ended, which the wait status calls `word`. */
void sl__worker_ended(worker *worker, const char *word);
/* Nobody will tell of its end any more: end it, and watch it go. */
void sl__worker_orphaned(worker *worker);
/* End it with `rc` and `word` for the sake of `culprit`, or, if that is NULL,
 * of all it holds; unless it is ending anyway. */
void sl__worker_kill(worker *worker, job *culprit, int rc, const char *word);
/* Its channel has ended. */
void sl__worker_hung_up(worker *worker);
/* It has answered everything and has had its share. */
void sl__worker_is_done(worker *worker);

/* dispatch.c */
/* Give jobs to workers that have room. */
void sl__pool_dispatch(process_pool *pool);

/* jobs.c */
extern const pool_kind sl__processes_kind;
extern const lookout_duties sl__processes_duties;
/* A worker has got or answered jobs: start the time of what it comes to. */
void sl__limits_begin(worker *worker);
void sl__jobs_settle_queued(process_pool *pool, int rc, const char *word);
/* Tell whoever waits, free the job. */
void sl__job_end(job *job, int rc, const char *word);
/* The worker has ended with this result: settle what it ran, queue again what
 * it had not begun. */
void sl__jobs_of_dead(worker *worker, int rc, const char *word);

/* lane.c */
int sl__lane_open(worker *worker);
void sl__lane_close(worker *worker);
/* Whether it can take a job now; keeps the list of those that can. */
void sl__lane_update(worker *worker);
/* Put a job into a slot, and tell later with sl__lane_show(). Returns 0,
 * -EAGAIN when the job must wait, or an error of the job. */
int sl__lane_put(worker *worker, job *job);
void sl__lane_show(worker *worker);
/* Take out what is answered; how much it was. */
unsigned sl__lane_collect(worker *worker);
/* Take a job back that has not begun. False if it has. */
bool sl__lane_take_back(worker *worker, job *job);
/* Forget a job's slot: it is answered, or its worker is dead. */
void sl__lane_release(worker *worker, job *job);

/* payload.c */
/* Bring a job's bytes to the worker, for `slot`. As sl__lane_put(). */
int sl__payload_put(worker *worker, job *job, region_slot *slot);
/* Fetch `size` bytes of the answer, which was checked to fit. Returns 0, or an
 * error of the job. */
int sl__payload_get(worker *worker, job *job, size_t size);
/* Release what the job had of the worker's. */
void sl__payload_release(worker *worker, job *job);
sl_pool_buffer *sl__process_buffer_new(sl_pool *pool, size_t size);

/* process_pool.c */
void sl__process_pool_end(process_pool *pool);
/* Tell whoever waits for the first worker, or for the end. */
void sl__pool_opened(process_pool *pool, int rc);
void sl__pool_check_ended(process_pool *pool);

static inline process_pool *sl__process_pool_of(const sl_pool *base)
{
    return (process_pool *)(uintptr_t)base; /* it comes first */
}

#endif
