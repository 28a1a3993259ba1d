/* How soon after the death of the only worker the next job is answered. */
#include "workload.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include <starling.h>

enum { DEATHS = 101 };

static int die(const void *in, size_t in_size, void *out, size_t capacity)
{
    (void)in;
    (void)in_size;
    (void)out;
    (void)capacity;
    raise(SIGKILL);
    return 0;
}

static int live(const void *in, size_t in_size, void *out, size_t capacity)
{
    (void)in;
    (void)in_size;
    (void)out;
    (void)capacity;
    return 0;
}

static int compare(const void *a, const void *b)
{
    sl_time x = *(const sl_time *)a, y = *(const sl_time *)b;

    return (x > y) - (x < y);
}

int respawn_measure(double *median_ns)
{
    sl_process_pool_options options = { .workers = 1 };
    const sl_job_request death = { .function = die },
                         life = { .function = live };
    sl_pool *pool = sl_process_pool_new(&options);
    sl_time took[DEATHS];
    int rc = pool == NULL ? -ENOMEM : sl_pool_run(pool, &life), closed;

    for (int i = 0; i < DEATHS && rc == 0; i++) {
        rc = sl_pool_run(pool, &death);
        took[i] = sl_now();
        rc = rc == SL_EWORKERDIED ? sl_pool_run(pool, &life) : -EPROTO;
        took[i] = sl_now() - took[i];
    }
    closed = pool == NULL ? 0 : sl_pool_close(pool);
    qsort(took, DEATHS, sizeof *took, compare);
    *median_ns = (double)took[DEATHS / 2];
    return rc < 0 ? rc : closed;
}
