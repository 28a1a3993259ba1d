/* A library with a thread of its own, such as a driver of some device, calls
 * back whenever it has measured something. Only sl_call_threadsafe() may be
 * called there: it hands the reading over to the loop, where a task waits for
 * it as for anything else. The loop is held as long as the thread may call, or
 * it would take a wait for a reading for a deadlock.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <starling.h>

#include "shared/program.h"

enum { READINGS = 10 };

struct sensor {
    sl_loop *loop;
    sl_queue *readings;
    sl_event ended; /* the thread makes no more calls */
    atomic_bool stop;
    pthread_t thread;
};

struct reading {
    struct sensor *sensor;
    int value;
};

/* On the loop. The queue has no bound, so that nothing is lost but for memory.
 */
static void deliver(void *arg)
{
    struct reading *reading = arg;

    if (sl_queue_try_put(reading->sensor->readings, &reading->value) < 0)
        fputs("sensor: a reading is lost\n", stderr);
    free(reading);
}

/* The last call: those before it have been made. */
static void end(void *arg)
{
    struct sensor *sensor = arg;

    sl_queue_shutdown(sensor->readings, false);
    sl_event_set(&sensor->ended);
    sl_loop_release(sensor->loop);
}

/* The library's thread knows nothing of tasks and must not wait as they do. */
static void *measure(void *arg)
{
    struct sensor *sensor = arg;

    for (int i = 1; i <= READINGS && !sensor->stop; i++) {
        struct reading *reading = malloc(sizeof *reading);

        nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
        if (reading == NULL)
            continue;
        *reading = (struct reading){ sensor, i * i };
        if (sl_call_threadsafe(sensor->loop, deliver, reading) < 0)
            free(reading);
    }
    while (sl_call_threadsafe(sensor->loop, end, sensor) == -ENOMEM)
        nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
    return NULL;
}

static int start(struct sensor *sensor)
{
    int rc;

    sensor->loop = sl_loop_current();
    sensor->readings = sl_queue_new(SL_FIFO, sizeof(int), 0);
    if (sensor->readings == NULL)
        return -ENOMEM;
    rc = pthread_create(&sensor->thread, NULL, measure, sensor);
    if (rc == 0)
        sl_loop_hold(sensor->loop);
    else
        sl_queue_free(sensor->readings);
    return -rc;
}

/* Also after Ctrl-C: what the thread uses stays until it has ended. */
static int stop(struct sensor *sensor)
{
    sl_scope shield;
    int rc;

    sensor->stop = true;
    sl_shield_open(&shield, SL_FOREVER);
    rc = sl_scope_close(&shield, sl_event_wait(&sensor->ended));
    pthread_join(sensor->thread, NULL);
    sl_queue_free(sensor->readings);
    return rc;
}

static int app(void *unused)
{
    struct sensor sensor = { .stop = false };
    int value, count = 0, sum = 0, rc = start(&sensor), stopped;

    (void)unused;
    if (rc < 0)
        return sl_fail(rc, "no sensor: %s", sl_strerror(rc));
    while ((rc = sl_queue_get(sensor.readings, &value)) == 0) {
        count++;
        sum += value;
    }
    stopped = stop(&sensor);
    printf("%d readings, together %d\n", count, sum);
    return rc == SL_ECLOSED ? stopped : rc;
}

int main(int argc, char **argv)
{
    program_begin(&argc, argv);
    expect_arguments(argc, argv, 0, 0, "sensor");
    return sl_main(argc, argv, app, NULL);
}
