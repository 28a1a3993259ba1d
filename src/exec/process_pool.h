/* process_pool.h: a process pool from the inside, for this room only.
 *
 * Everything belongs to the loop's thread and happens in callbacks on the
 * loop's stack, except the public functions' own waits. The pieces:
 *
 *     process_pool.c  open and close
 *     supervise.c     the helper's life, how many workers there should be
 *     orphans.c       what a helper's death leaves behind
 *     workers.c       one worker's life
 *     jobs.c          the queue, and how a job ends
 */
#ifndef SL_EXEC_PROCESS_POOL_H
#define SL_EXEC_PROCESS_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include <starling/loop.h>
#include <starling/pool.h>

#include "base/list.h"
#include "exec/watch.h"
#include "exec/wire.h"
#include "sched/park.h"

typedef struct job job;
typedef struct worker worker;

/* Ten deaths within this time without one answer: something is wrong with the
 * program and not with a job. */
enum { DEATHS_MAX = 10, DEATHS_WITHIN_S = 10 };

enum worker_state {
    WORKER_STARTING, /* asked for, and not ready yet */
    WORKER_IDLE,
    WORKER_BUSY,
    WORKER_LEAVING, /* has done its share; ends by itself */
    WORKER_DYING,   /* killed, or its channel has ended; it may still run */
};

struct worker {
    sl__node node; /* in the pool's list of all workers */
    sl__node idle; /* in its list of idle ones */
    sl_pool *pool;
    uint64_t number;
    enum worker_state state;
    bool is_forked;  /* the helper has said so */
    bool was_ready;  /* it has entered its sandbox and said so */
    int pidfd;       /* -1 until forked, and when `gone` has it */
    watch *channel;  /* NULL once it is of no more use */
    watch *gone;     /* its pidfd, once no helper tells of its end */
    job *job;        /* what it runs; NULL unless busy or dying */
    sl_timer *timer; /* the job's limit, or how long to wait for the end */
    int jobs_done;
    int verdict; /* why we ended it, with its word; word NULL: we did not */
    const char *word;
};

/* The task that waits for a job; lives on its stack. */
typedef struct job_wait {
    sl__waiter waiter;
    job *job; /* NULL once settled */
    const char *word;
} job_wait;

struct job {
    sl__node node; /* in the queue; in no list while it runs */
    sl_pool *pool;
    worker *worker;    /* NULL while it is queued */
    sl_future *future; /* one of these two wants to know the end */
    job_wait *wait;
    sl__wire_job wire;
    void *in;
    void *out;
    int body_fd, result_fd; /* lent; -1: none */
    sl_time limit;
};

struct sl_pool {
    sl_loop *loop;
    char *program_path;
    int program; /* descriptor */
    int target;  /* workers there should be */
    int max_jobs_per_worker;
    bool show_stderr;

    /* the helper; pid 0: none is alive */
    pid_t helper;
    watch *helper_channel, *helper_gone;
    sl_timer *helper_timer; /* until it says hello, or until it ends */
    bool helper_is_up;      /* has said hello */
    int helper_deaths;      /* since the last answer of a worker */
    int orphan_groups;      /* dead helpers with children not yet reaped */

    sl__list workers; /* all that have not ended */
    sl__list idle;    /* the last one has run last: its caches are warm */
    int alive;        /* workers that are or will be of use */
    int unforked;     /* of these, how many the helper has yet to fork */
    uint64_t next_number;
    sl_timer *rest;             /* no new workers until this fires */
    sl_time deaths[DEATHS_MAX]; /* a ring */
    unsigned death_count;       /* since the last answer */

    sl__list queue; /* jobs that wait for a worker */
    size_t jobs;    /* queued and running */
    uint64_t next_job;

    bool is_closing; /* takes no more jobs */
    bool is_ending;  /* starts no more processes */
    bool is_broken;
    char broken_text[256];
    char note[SL__WIRE_TEXT];
    sl__waiter *opening;  /* whoever waits for the first worker */
    sl__waiter *draining; /* ... for the last job */
    sl__waiter *ending;   /* ... for the last process */
    watch_owner watches;
    struct {
        sl__wire_answer answer;
        char data[SL_JOB_INLINE_MAX];
    } inbox; /* a worker's message, until it is checked */
};

/* supervise.c */
int sl__helper_start(sl_pool *pool);
/* Close its channel: it ends its workers and itself, soon or by force. */
void sl__helper_end(sl_pool *pool);
/* Ask for as many workers as are missing. */
void sl__pool_fill(sl_pool *pool);
/* A worker that should not have has ended, or could not start: count it, and
 * give up where there is no hope. */
void sl__pool_count_death(sl_pool *pool, const char *word);
/* Let some time pass before the next worker is started. */
void sl__pool_rest(sl_pool *pool);
/* Nothing will ever run again: fail what is queued. */
void sl__pool_break(sl_pool *pool, int rc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* orphans.c: reap what a dead helper's process group has left to us. */
void sl__orphans_reap(sl_pool *pool, pid_t group);

/* workers.c */
int sl__worker_start(sl_pool *pool);
worker *sl__worker_find(sl_pool *pool, uint64_t number);
/* The helper has forked it (takes pidfd), or not (rc). */
void sl__worker_forked(worker *worker, int rc, int pidfd);
/* It has ended, which the wait status calls `word`. */
void sl__worker_ended(worker *worker, const char *word);
/* Nobody will tell of its end any more: end it, and watch it go. */
void sl__worker_orphaned(worker *worker);
/* End it and its job with `rc` and `word`, unless it is ending anyway. */
void sl__worker_kill(worker *worker, int rc, const char *word);
/* Its channel has ended. */
void sl__worker_hung_up(worker *worker);
/* It is ready for the next job, or has had its share. */
void sl__worker_is_free(worker *worker);

/* jobs.c */
/* Give jobs to idle workers. */
void sl__pool_dispatch(sl_pool *pool);
/* Tell whoever waits and free the job. */
void sl__job_settle(job *job, int rc, const char *word);
void sl__jobs_settle_queued(sl_pool *pool, int rc, const char *word);
/* Check a busy worker's message of `size` bytes in pool->inbox. */
void sl__job_answered(worker *worker, size_t size);

/* process_pool.c: tell whoever waits for the first worker, or for the end. */
void sl__pool_opened(sl_pool *pool, int rc);
void sl__pool_check_ended(sl_pool *pool);

#endif
