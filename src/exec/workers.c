/* One worker's life, as the program sees it.
 *
 *     STARTING --ready--> IDLE <--answer, job--> BUSY
 *         |                |  \                   |
 *         |                |   `--has had its share--> LEAVING
 *         `----------------+------- killed, channel ended ---> DYING
 *
 * A worker and the job it holds end only when the process is known to be gone:
 * until then it could still write into memory that came with the job. Two
 * things tell of that, the helper's report with the wait status, or, if the
 * helper is dead, the pidfd. How it ended is decided here if we ended it (the
 * time limit, a broken message), else by the wait status.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <starling/error.h>

#include "exec/process_pool.h"

/* Between a channel's end and the report of the process's. */
#define END_GRACE SL_S(1)

static void set_timer(worker *worker, sl_timer *timer)
{
    if (worker->timer != NULL)
        sl_timer_cancel(worker->timer);
    worker->timer = timer;
}

/* It will not work any more, whether or not its process is still there. */
static void retire(worker *worker, enum worker_state state)
{
    sl_pool *pool = worker->pool;

    if (worker->state < WORKER_LEAVING)
        pool->alive--;
    if (sl__node_is_linked(&worker->idle))
        sl__node_unlink(&worker->idle);
    worker->state = state;
    sl__watch_stop(worker->channel);
    worker->channel = NULL;
    set_timer(worker, NULL);
}

static void free_worker(worker *worker)
{
    sl_pool *pool = worker->pool;

    retire(worker, WORKER_DYING);
    if (!worker->is_forked)
        pool->unforked--;
    sl__watch_stop(worker->gone);
    if (worker->pidfd >= 0)
        close(worker->pidfd);
    sl__node_unlink(&worker->node);
    free(worker);
    sl__pool_check_ended(pool);
}

static void send_kill(const worker *worker)
{
    int fd = worker->gone != NULL ? sl__watch_fd(worker->gone) : worker->pidfd;

    /* ESRCH: it is gone already. One that is not forked yet finds its channel
     * closed and ends by itself. */
    if (fd >= 0)
        syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
}

void sl__worker_kill(worker *worker, int rc, const char *word)
{
    if (worker->state == WORKER_DYING && worker->word != NULL)
        return;
    worker->verdict = rc;
    worker->word = word;
    retire(worker, WORKER_DYING);
    send_kill(worker);
    sl__pool_fill(worker->pool);
}

static void on_grace_over(void *arg)
{
    worker *worker = arg;

    worker->timer = NULL; /* it is freed after this call */
    sl__worker_kill(worker, SL_EWORKERDIED, "protocol");
}

/* It should end by itself now, and is helped if it does not. */
static void expect_end(worker *worker, enum worker_state state)
{
    retire(worker, state);
    worker->timer =
        sl_call_later(worker->pool->loop, END_GRACE, on_grace_over, worker);
    if (worker->timer == NULL)
        sl__worker_kill(worker, SL_EWORKERDIED, "protocol");
}

void sl__worker_hung_up(worker *worker)
{
    expect_end(worker, WORKER_DYING);
}

/* A first worker that fails says what all others would. */
static void cannot_start(sl_pool *pool, int rc, const char *why)
{
    if (pool->opening != NULL)
        sl__pool_break(pool, rc, "%s: a worker cannot start: %s",
                       pool->program_path, why);
}

/* Its first message and the helper's report are on two channels, and come in
 * any order. A worker gets no job before both are here: whoever has a job can
 * be killed, which takes a pidfd. */
static void begin_work(worker *worker)
{
    sl__worker_is_free(worker);
    sl__pool_opened(worker->pool, 0);
}

/* The first message: what enter() returned, and a note. */
static void on_ready(worker *worker, size_t size)
{
    sl_pool *pool = worker->pool;
    size_t length = size - sizeof pool->inbox.answer;
    int rc = pool->inbox.answer.rc;

    if (worker->was_ready || pool->inbox.answer.id != 0 ||
        length >= sizeof pool->note) {
        sl__worker_kill(worker, SL_EWORKERDIED, "protocol");
        return;
    }
    memcpy(pool->note, pool->inbox.data, length);
    pool->note[length] = '\0';
    if (rc < 0) {
        cannot_start(pool, rc, length > 0 ? pool->note : sl_strerror(rc));
        sl__worker_hung_up(worker);
        return;
    }
    worker->was_ready = true;
    if (worker->is_forked)
        begin_work(worker);
}

static void read_channel(worker *worker)
{
    sl_pool *pool = worker->pool;
    ssize_t n = sl__wire_receive(sl__watch_fd(worker->channel), MSG_DONTWAIT,
                                 &pool->inbox, sizeof pool->inbox, NULL, NULL);

    if (n == -EAGAIN)
        return;
    if (n <= 0)
        sl__worker_hung_up(worker);
    else if ((size_t)n < sizeof pool->inbox.answer ||
             (size_t)n > sizeof pool->inbox)
        sl__worker_kill(worker, SL_EWORKERDIED, "protocol");
    else if (worker->state == WORKER_STARTING)
        on_ready(worker, (size_t)n);
    else if (worker->state == WORKER_BUSY)
        sl__job_answered(worker, (size_t)n);
    else /* nobody has asked it anything */
        sl__worker_kill(worker, SL_EWORKERDIED, "protocol");
}

static void on_channel(void *arg)
{
    worker *worker = arg;
    sl_pool *pool = worker->pool;

    read_channel(worker);
    sl__pool_dispatch(pool);
}

static int tell_helper(sl_pool *pool, uint64_t number, int channel)
{
    sl__wire_command command = { .worker = number };

    return sl__wire_send(sl__watch_fd(pool->helper_channel), &command,
                         sizeof command, NULL, 0, &channel, 1);
}

int sl__worker_start(sl_pool *pool)
{
    worker *worker = calloc(1, sizeof *worker);
    int pair[2], rc;

    if (worker == NULL)
        return -ENOMEM;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
        rc = -errno;
        goto failed;
    }
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    worker->pool = pool;
    worker->pidfd = -1;
    worker->number = ++pool->next_number;
    rc = sl__watch_start(pool->loop, &pool->watches, pair[0], on_channel,
                         worker, &worker->channel);
    if (rc == 0)
        rc = tell_helper(pool, worker->number, pair[1]);
    close(pair[1]);
    if (rc < 0)
        goto failed;
    sl__list_append(&pool->workers, &worker->node);
    pool->alive++;
    pool->unforked++;
    return 0;
failed:
    sl__watch_stop(worker->channel);
    free(worker);
    return rc;
}

worker *sl__worker_find(sl_pool *pool, uint64_t number)
{
    for (sl__node *node = pool->workers.head.next; node != &pool->workers.head;
         node = node->next) {
        worker *worker = sl__container_of(node, struct worker, node);

        if (worker->number == number)
            return worker;
    }
    return NULL;
}

void sl__worker_forked(worker *worker, int rc, int pidfd)
{
    sl_pool *pool = worker->pool;

    if (rc == 0) {
        worker->is_forked = true;
        pool->unforked--;
        worker->pidfd = pidfd;
        if (worker->word != NULL)
            send_kill(worker);
        else if (worker->state == WORKER_STARTING && worker->was_ready)
            begin_work(worker);
        return;
    }
    free_worker(worker);
    cannot_start(pool, rc, sl_strerror(rc));
    sl__pool_rest(pool);
    sl__pool_count_death(pool, sl_strerror(rc));
}

/* Whether a death says something about the program: one by our own hand for a
 * job's sake, or of a worker that had been sent away, does not. */
static bool is_counted(const worker *worker)
{
    return worker->state != WORKER_LEAVING &&
           (worker->word == NULL || worker->verdict == SL_EWORKERDIED);
}

void sl__worker_ended(worker *worker, const char *word)
{
    sl_pool *pool = worker->pool;
    bool was_ready, counted;
    job *job;
    int rc;

    /* An answer that was given before the end is an answer. */
    if (worker->channel != NULL)
        read_channel(worker);
    rc = worker->word ? worker->verdict : SL_EWORKERDIED;
    word = worker->word ? worker->word : word;
    was_ready = worker->was_ready;
    counted = is_counted(worker);
    job = worker->job;
    free_worker(worker);
    if (job != NULL)
        sl__job_settle(job, rc, word);
    if (!was_ready) {
        cannot_start(pool, rc, word);
        sl__pool_rest(pool);
    }
    if (counted)
        sl__pool_count_death(pool, word);
    sl__pool_fill(pool);
}

static void on_gone(void *arg)
{
    worker *worker = arg;
    job *job = worker->job;

    if (job != NULL)
        sl__job_settle(job, worker->verdict, worker->word);
    free_worker(worker);
}

void sl__worker_orphaned(worker *worker)
{
    int fd = worker->pidfd;

    if (worker->gone != NULL)
        return; /* since an earlier helper's death */
    if (worker->channel != NULL)
        read_channel(worker);
    if (worker->word == NULL) {
        worker->verdict = SL_EWORKERDIED;
        worker->word = "helper-died";
    }
    retire(worker, WORKER_DYING);
    send_kill(worker);
    if (fd >= 0) {
        worker->pidfd = -1; /* the watch has it from here on */
        if (sl__watch_start(worker->pool->loop, &worker->pool->watches, fd,
                            on_gone, worker, &worker->gone) == 0)
            return;
    }
    /* Without a pidfd it has no job; without memory to watch it, SIGKILL is on
     * its way at least. */
    if (worker->job != NULL)
        sl__job_settle(worker->job, worker->verdict, worker->word);
    free_worker(worker);
}

void sl__worker_is_free(worker *worker)
{
    sl_pool *pool = worker->pool;

    set_timer(worker, NULL);
    if (pool->max_jobs_per_worker > 0 &&
        worker->jobs_done >= pool->max_jobs_per_worker) {
        expect_end(worker, WORKER_LEAVING);
        sl__pool_fill(pool);
        return;
    }
    worker->state = WORKER_IDLE;
    sl__list_append(&pool->idle, &worker->idle);
}
