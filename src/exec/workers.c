/* One worker's life, as the program sees it.
 *
 *     STARTING --ready--> READY --has had its share--> LEAVING
 *         |                 |
 *         `-----------------+---- killed, channel ended ---> DYING
 *
 * A worker and the jobs it holds end only when the process is known to be gone:
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
    process_pool *pool = worker->pool;

    if (worker->state < WORKER_LEAVING)
        pool->alive--;
    if (sl__node_is_linked(&worker->roomy))
        sl__node_unlink(&worker->roomy);
    worker->state = state;
    sl__watch_stop(worker->channel);
    worker->channel = NULL;
    set_timer(worker, NULL);
}

static void free_worker(worker *worker)
{
    process_pool *pool = worker->pool;

    retire(worker, WORKER_DYING);
    if (!worker->is_forked)
        pool->unforked--;
    sl__watch_stop(worker->gone);
    if (worker->pidfd >= 0)
        close(worker->pidfd);
    sl__node_unlink(&worker->node);
    sl__lane_close(worker);
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

void sl__worker_kill(worker *worker, job *culprit, int rc, const char *word)
{
    if (worker->state == WORKER_DYING && worker->word != NULL)
        return;
    worker->verdict = rc;
    worker->word = word;
    worker->culprit = culprit;
    retire(worker, WORKER_DYING);
    send_kill(worker);
    sl__pool_fill(worker->pool);
}

static void on_grace_over(void *arg)
{
    worker *worker = arg;

    worker->timer = NULL; /* it is freed after this call */
    sl__worker_kill(worker, NULL, SL_EWORKERDIED, "protocol");
}

/* It should end by itself now, and is helped if it does not. */
static void expect_end(worker *worker, enum worker_state state)
{
    retire(worker, state);
    worker->timer = sl_call_later(worker->pool->base.loop, END_GRACE,
                                  on_grace_over, worker);
    if (worker->timer == NULL)
        sl__worker_kill(worker, NULL, SL_EWORKERDIED, "protocol");
}

void sl__worker_hung_up(worker *worker)
{
    expect_end(worker, WORKER_DYING);
}

/* What one worker says of its start holds for all others. */
static void cannot_start(process_pool *pool, int rc, const char *why)
{
    sl__pool_break(pool, rc, "%s: a worker cannot start: %s",
                   pool->program_path, why);
}

/* Its first message and the helper's report are on two channels, and come in
 * any order. A worker gets no job before both are here: whoever has a job can
 * be killed, which takes a pidfd. */
static void begin_work(worker *worker)
{
    worker->state = WORKER_READY;
    sl__lane_update(worker);
    sl__pool_opened(worker->pool, 0);
    sl__pool_dispatch(worker->pool);
}

/* The first message: what starting returned, and a note. */
static void on_ready(worker *worker, const sl__wire_bell *bell,
                     const char *text, size_t length)
{
    process_pool *pool = worker->pool;

    if (worker->was_ready || bell->kind != SL__BELL_READY ||
        length >= sizeof pool->note) {
        sl__worker_kill(worker, NULL, SL_EWORKERDIED, "protocol");
        return;
    }
    memcpy(pool->note, text, length);
    pool->note[length] = '\0';
    if (bell->rc < 0) {
        if (!pool->was_ready)
            cannot_start(pool, bell->rc,
                         length > 0 ? pool->note : sl_strerror(bell->rc));
        sl__worker_hung_up(worker);
        return;
    }
    worker->was_ready = pool->was_ready = true;
    if (worker->is_forked)
        begin_work(worker);
}

static void read_channel(worker *worker)
{
    struct {
        sl__wire_bell bell;
        char text[SL__WIRE_TEXT];
    } inbox;
    ssize_t n = sl__wire_receive(sl__watch_fd(worker->channel), MSG_DONTWAIT,
                                 &inbox, sizeof inbox, NULL, NULL);

    if (n == -EAGAIN)
        return;
    if (n <= 0)
        sl__worker_hung_up(worker);
    else if ((size_t)n < sizeof inbox.bell || (size_t)n > sizeof inbox)
        sl__worker_kill(worker, NULL, SL_EWORKERDIED, "protocol");
    else if (worker->state == WORKER_STARTING)
        on_ready(worker, &inbox.bell, inbox.text,
                 (size_t)n - sizeof inbox.bell);
    else if (inbox.bell.kind != SL__BELL_ANSWERS ||
             (size_t)n != sizeof inbox.bell)
        sl__worker_kill(worker, NULL, SL_EWORKERDIED, "protocol");
}

static void on_channel(void *arg)
{
    worker *worker = arg;
    process_pool *pool = worker->pool;

    /* A bell says that there are answers; a hang-up, that these are the last
     * ones. */
    sl__lookout_woken(pool->lookout);
    if (worker->channel != NULL)
        read_channel(worker);
    sl__pool_dispatch(pool);
}

/* Its end of the channel, and the region, which it maps before its sandbox. */
static int tell_helper(worker *worker, int channel)
{
    sl__wire_command command = { .worker = worker->number };
    int fds[2] = { channel, worker->region_fd };
    int rc = sl__wire_send(sl__watch_fd(worker->pool->helper_channel), &command,
                           sizeof command, NULL, 0, fds, 2);

    close(worker->region_fd);
    worker->region_fd = -1;
    return rc;
}

int sl__worker_start(process_pool *pool)
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
    rc = sl__watch_start(pool->base.loop, &pool->watches, pair[0], on_channel,
                         worker, &worker->channel);
    if (rc == 0)
        rc = sl__lane_open(worker);
    if (rc == 0)
        rc = tell_helper(worker, pair[1]);
    close(pair[1]);
    if (rc < 0)
        goto failed;
    sl__list_append(&pool->workers, &worker->node);
    pool->alive++;
    pool->unforked++;
    return 0;
failed:
    sl__watch_stop(worker->channel);
    sl__lane_close(worker);
    free(worker);
    return rc;
}

worker *sl__worker_find(process_pool *pool, uint64_t number)
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
    process_pool *pool = worker->pool;

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
    /* It may be for the moment only, but whoever opens wants to know now. */
    if (pool->opening != NULL)
        cannot_start(pool, rc, sl_strerror(rc));
    sl__pool_rest(pool);
    sl__pool_count_death(pool, sl_strerror(rc));
}

/* What a worker has answered before its end is an answer. */
static void collect_last(worker *worker)
{
    if (worker->state != WORKER_READY)
        return;
    worker->pool->is_collecting = true;
    (void)sl__lane_collect(worker);
    worker->pool->is_collecting = false;
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
    process_pool *pool = worker->pool;
    bool was_ready, counted;
    int rc;

    if (worker->channel != NULL && worker->state == WORKER_STARTING)
        read_channel(worker);
    collect_last(worker);
    worker->has_left = strcmp(word, "exited:0") == 0;
    rc = worker->word ? worker->verdict : SL_EWORKERDIED;
    word = worker->word ? worker->word : word;
    was_ready = worker->was_ready;
    counted = is_counted(worker);
    retire(worker, WORKER_DYING);
    sl__jobs_of_dead(worker, rc, word);
    free_worker(worker);
    if (!was_ready) {
        if (pool->opening != NULL)
            cannot_start(pool, rc, word);
        sl__pool_rest(pool);
    }
    if (counted)
        sl__pool_count_death(pool, word);
    sl__pool_fill(pool);
    sl__pool_dispatch(pool);
}

static void on_gone(void *arg)
{
    worker *worker = arg;
    process_pool *pool = worker->pool;

    sl__jobs_of_dead(worker, worker->verdict, worker->word);
    free_worker(worker);
    sl__pool_dispatch(pool);
}

void sl__worker_orphaned(worker *worker)
{
    int fd = worker->pidfd;

    if (worker->gone != NULL)
        return; /* since an earlier helper's death */
    collect_last(worker);
    if (worker->word == NULL) {
        worker->verdict = SL_EWORKERDIED;
        worker->word = "helper-died";
    }
    retire(worker, WORKER_DYING);
    send_kill(worker);
    if (fd >= 0) {
        worker->pidfd = -1; /* the watch has it from here on */
        if (sl__watch_start(worker->pool->base.loop, &worker->pool->watches, fd,
                            on_gone, worker, &worker->gone) == 0)
            return;
    }
    /* Without a pidfd it has no job; without memory to watch it, SIGKILL is on
     * its way at least. */
    sl__jobs_of_dead(worker, worker->verdict, worker->word);
    free_worker(worker);
}

void sl__worker_is_done(worker *worker)
{
    process_pool *pool = worker->pool;

    expect_end(worker, WORKER_LEAVING);
    sl__pool_fill(pool);
}
