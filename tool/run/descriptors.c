/* Descriptors are shared out before anything needs one: a run that met its
 * limit half-way would fail items that are no worse than others. With few of
 * them there are fewer workers and fewer items at once, and nothing else.
 */
#include "run/descriptors.h"

#include <limits.h>
#include <sys/resource.h>

enum {
    OTHERS = 40,    /* the loop, the books, folders, libraries; measured: 25 */
    PER_WORKER = 2, /* its channel and its process */
    PER_ITEM = 3,   /* its body, its result, its connection */
};

void descriptors_raise_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        /* Kept as it is, it is lived with. */
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static long granted(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur > INT_MAX)
        return INT_MAX;
    return (long)limit.rlim_cur;
}

bool descriptors_suffice(long *number)
{
    if (granted() < DESCRIPTORS_LEAST)
        descriptors_raise_limit();
    *number = granted();
    return *number >= DESCRIPTORS_LEAST;
}

static long clamp(long fits, long wanted)
{
    if (fits > wanted)
        return wanted;
    return fits > 1 ? fits : 1;
}

int descriptors_workers(int wanted)
{
    long each = PER_WORKER + JOBS_PER_WORKER * PER_ITEM;

    return (int)clamp((granted() - OTHERS) / each, wanted);
}

long descriptors_items(long wanted, int workers)
{
    return clamp((granted() - OTHERS - (long)PER_WORKER * workers) / PER_ITEM,
                 wanted);
}
