/* Small and big jobs through a pool, one at a time and many in flight.
 *
 * The job copies its input to its output, as far as there is any, so that the
 * bytes are really there; in a buffer that is handed over they already are.
 */
#include "workload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <starling.h>

static int copy(const void *in, size_t in_size, void *out, size_t capacity)
{
    (void)capacity;
    if (in != out && in_size > 0)
        memcpy(out, in, in_size);
    return (int)in_size;
}

static double seconds(const struct timeval *t)
{
    return (double)t->tv_sec + (double)t->tv_usec * 1e-6;
}

/* Of this process, all its threads and all children that have ended. */
static double cpu_s(void)
{
    struct rusage own, children;

    getrusage(RUSAGE_SELF, &own);
    getrusage(RUSAGE_CHILDREN, &children);
    return seconds(&own.ru_utime) + seconds(&own.ru_stime) +
           seconds(&children.ru_utime) + seconds(&children.ru_stime);
}

static double wall_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int one_at_a_time(sl_pool *pool, const offload *what, int jobs, char *in,
                         char *out)
{
    const sl_job_request request = { .function = copy,
                                     .in = in,
                                     .in_size = (size_t)what->size,
                                     .out = out,
                                     .out_capacity = (size_t)what->size };
    int rc = 0;

    for (int i = 0; i < jobs && rc >= 0; i++)
        rc = sl_pool_run(pool, &request);
    return rc < 0 ? rc : 0;
}

static int many(sl_pool *pool, const offload *what, int jobs, char *in,
                char *out)
{
    const sl_map map = { .in = in,
                         .in_size = (size_t)what->size,
                         .out = out,
                         .out_size = (size_t)what->size,
                         .count = jobs,
                         .max_in_flight = what->in_flight };

    return sl_pool_map(pool, copy, &map);
}

/* Big jobs: as many as are in flight, each followed by the next from the
 * callback that tells of its end. They share their input, as the peers' do, and
 * each has its output; or a buffer has both. */
typedef struct relay {
    sl_pool *pool;
    const char *in;
    char *out;
    sl_pool_buffer **buffers; /* NULL: bytes are copied */
    int left, in_flight, size, rc;
    sl_event ended;
} relay;

typedef struct runner {
    relay *relay;
    int i;
} runner;

static void pass_on(sl_future *future, void *arg);

static int send_off(runner *runner)
{
    relay *relay = runner->relay;
    size_t size = (size_t)relay->size;
    sl_future *future;

    if (relay->buffers != NULL)
        future = sl_pool_submit_buffer(relay->pool, copy,
                                       relay->buffers[runner->i], size);
    else
        future = sl_pool_submit(relay->pool, copy, relay->in, size,
                                relay->out + (size_t)runner->i * size, size);
    if (future == NULL)
        return -ENOMEM;
    relay->left--;
    return sl_future_on_done(future, pass_on, runner);
}

static void pass_on(sl_future *future, void *arg)
{
    runner *runner = arg;
    relay *relay = runner->relay;
    int rc = sl_future_result(future, NULL);

    sl_future_drop(future);
    if (rc >= 0 && relay->left > 0)
        rc = send_off(runner);
    else
        relay->in_flight--;
    if (rc < 0)
        relay->rc = rc;
    if (relay->in_flight == 0 || relay->rc < 0)
        sl_event_set(&relay->ended);
}

static int run_relay(relay *relay)
{
    runner *runners = calloc((size_t)relay->in_flight, sizeof *runners);
    int rc = runners == NULL ? -ENOMEM : 0, count = relay->in_flight;

    for (int i = 0; i < count && rc == 0; i++) {
        runners[i] = (runner){ relay, i };
        rc = send_off(&runners[i]);
    }
    if (rc == 0)
        rc = sl_event_wait(&relay->ended);
    free(runners);
    return rc < 0 ? rc : relay->rc;
}

static int hand_over(relay *relay)
{
    int rc = 0, count = relay->in_flight;

    relay->buffers = calloc((size_t)count, sizeof(void *));
    if (relay->buffers == NULL)
        return -ENOMEM;
    for (int i = 0; i < count && rc == 0; i++) {
        relay->buffers[i] =
            sl_pool_buffer_new(relay->pool, (size_t)relay->size);
        rc = relay->buffers[i] == NULL ? -ENOMEM : 0;
    }
    if (rc == 0)
        rc = run_relay(relay);
    for (int i = 0; i < count; i++)
        sl_pool_buffer_free(relay->buffers[i]);
    free(relay->buffers);
    return rc;
}

static int work(sl_pool *pool, const offload *what, int jobs, char *in,
                char *out)
{
    relay relay = { .pool = pool,
                    .in = in,
                    .out = out,
                    .left = jobs,
                    .in_flight = what->in_flight,
                    .size = what->size };

    if (what->in_flight == 1)
        return one_at_a_time(pool, what, jobs, in, out);
    if (what->is_own)
        return hand_over(&relay);
    return what->size > 4096 ? run_relay(&relay)
                             : many(pool, what, jobs, in, out);
}

static int warm_up_and_measure(sl_pool *pool, const offload *what, char *in,
                               char *out, measure *result)
{
    int rc = work(pool, what, what->jobs / 10 + 1, in, out);
    double wall = wall_s();

    if (rc == 0)
        rc = work(pool, what, what->jobs, in, out);
    result->wall_ns = (wall_s() - wall) * 1e9 / what->jobs;
    return rc;
}

int offload_measure(const offload *what, measure *result)
{
    size_t count = what->size > 4096 || what->in_flight == 1
                       ? (size_t)what->in_flight
                       : (size_t)what->jobs;
    size_t bytes = count * (size_t)what->size + 1;
    char *in = malloc(bytes), *out = malloc(bytes);
    double cpu = cpu_s();
    sl_pool *pool =
        what->in_processes ? sl_process_pool_new(NULL) : sl_thread_pool_new(0);
    int rc = -ENOMEM, closed;

    if (pool != NULL && in != NULL && out != NULL) {
        memset(in, 7, bytes);
        memset(out, 1, bytes);
        rc = warm_up_and_measure(pool, what, in, out, result);
        closed = sl_pool_close(pool);
        rc = rc < 0 ? rc : closed;
    }
    /* Starting the pool and the warm-up are in it, too. */
    result->cpu_ns = (cpu_s() - cpu) * 1e9 / what->jobs;
    free(in);
    free(out);
    return rc;
}
