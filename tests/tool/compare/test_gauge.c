/* What is read off is what was used, by whoever counts. */
#include "compare/gauge.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/test.h"

#define LONG_ENOUGH 0.05 /* seconds of processor time */

static double used(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void burn(void)
{
    double begin = used(CLOCK_THREAD_CPUTIME_ID);

    while (used(CLOCK_THREAD_CPUTIME_ID) - begin < LONG_ENOUGH)
        continue;
}

TEST(own_processor_time_counts)
{
    static gauge gauge;
    static _Atomic uint64_t held;
    gauge_reading reading;

    CHECK_EQ(gauge_start(&gauge, NULL, &held), 0);
    burn();
    gauge_stop(&gauge, &reading);
    CHECK(reading.cpu_s >= LONG_ENOUGH);
}

static sem_t burnt, measured;

static void *burn_until_told(void *unused)
{
    burn();
    sem_post(&burnt);
    sem_wait(&measured);
    return unused;
}

/* Who waits for it uses no processor time, however long that takes. */

TEST(a_thread_that_does_other_things_does_not_count)
{
    static gauge gauge;
    static _Atomic uint64_t held;
    gauge_reading reading;
    pthread_t other;
    clockid_t clock;

    CHECK_EQ(sem_init(&burnt, 0, 0), 0);
    CHECK_EQ(sem_init(&measured, 0, 0), 0);
    CHECK_EQ(pthread_create(&other, NULL, burn_until_told, NULL), 0);
    CHECK_EQ(pthread_getcpuclockid(other, &clock), 0);
    CHECK_EQ(gauge_start(&gauge, &clock, &held), 0);
    sem_wait(&burnt);
    gauge_stop(&gauge, &reading);
    CHECK(reading.cpu_s < LONG_ENOUGH);
    sem_post(&measured);
    pthread_join(other, NULL);
}

/* A child burns when it is told to, and says when it has. */
TEST(processor_time_and_memory_of_children_count)
{
    enum { SIZE = 32 << 20 };
    static gauge gauge;
    static _Atomic uint64_t held;
    gauge_reading reading;
    int go[2], done[2];
    char byte = 0;
    pid_t child;

    CHECK_EQ(pipe(go), 0);
    CHECK_EQ(pipe(done), 0);
    child = fork();
    if (child == 0) {
        char *memory = malloc(SIZE);

        if (memory == NULL || read(go[0], &byte, 1) != 1)
            _exit(1);
        memset(memory, 1, SIZE);
        burn();
        if (write(done[1], memory, 1) != 1)
            _exit(1);
        pause();
    }
    CHECK_EQ(gauge_start(&gauge, NULL, &held), 0);
    if (gauge.count == 0)
        test_skip("this kernel does not list children");
    CHECK_EQ(write(go[1], &byte, 1), 1);
    CHECK_EQ(read(done[0], &byte, 1), 1);
    gauge_stop(&gauge, &reading);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    CHECK(reading.cpu_s >= LONG_ENOUGH);
    CHECK(reading.memory >= SIZE);
}

TEST(memory_that_is_held_counts)
{
    static gauge gauge;
    static _Atomic uint64_t held = 1u << 30;
    gauge_reading reading;

    CHECK_EQ(gauge_start(&gauge, NULL, &held), 0);
    gauge_stop(&gauge, &reading);
    CHECK(reading.memory >= 1u << 30);
}
