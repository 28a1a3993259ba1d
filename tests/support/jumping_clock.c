/* A wall clock that jumps: preloaded into a program, it is days later at every
 * other look at it, and in between two days earlier. Clocks that only run
 * are left alone.
 */
#include <dlfcn.h>
#include <stdatomic.h>
#include <sys/time.h>
#include <time.h>

enum { DAY_S = 24 * 3600 };

typedef int reader(clockid_t clock, struct timespec *out);

static int read_true(clockid_t clock, struct timespec *out)
{
    static _Atomic(reader *) next;
    reader *known = next;

    if (known == NULL) {
        known = (reader *)dlsym(RTLD_NEXT, "clock_gettime");
        next = known;
    }
    return known(clock, out);
}

static time_t jump(void)
{
    static _Atomic unsigned looks;
    unsigned look = looks++;

    return look % 2 == 0 ? (time_t)(look / 2 % 7) * DAY_S : -2 * DAY_S;
}

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock,
                                                         struct timespec *out)
{
    int rc = read_true(clock, out);

    if (rc == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        out->tv_sec += jump();
    return rc;
}

__attribute__((visibility("default"))) int gettimeofday(struct timeval *out,
                                                        void *zone)
{
    struct timespec now;
    int rc = clock_gettime(CLOCK_REALTIME, &now);

    (void)zone;
    out->tv_sec = now.tv_sec;
    out->tv_usec = now.tv_nsec / 1000;
    return rc;
}

__attribute__((visibility("default"))) time_t time(time_t *out)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (out != NULL)
        *out = now.tv_sec;
    return now.tv_sec;
}
