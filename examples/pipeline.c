/* Twelve downloads, four at a time, then all cores: what has arrived is worked
 * on by processes, one a core, which nobody can crash but themselves.
 */
#include <errno.h>
#include <stdio.h>

#include <starling.h>

enum { PICTURES = 12, EDGE = 1000 };

static sl_semaphore four = SL_SEMAPHORE_INIT(4);

struct download_args {
    int number;
};

/* Stands for the network: it waits, and needs no processor. */
static int download(void *arg)
{
    struct download_args *args = arg;
    int rc = sl_semaphore_acquire(&four);

    if (rc < 0)
        return rc;
    printf("downloading %d\n", args->number);
    rc = sl_sleep(SL_MS(20));
    sl_semaphore_release(&four);
    return rc;
}

/* Stands for a filter, and runs in a worker process. */
static int count_edges(const void *in, size_t in_size, void *out,
                       size_t out_capacity)
{
    int number = *(const int *)in, edges = 0, before = 0;

    if (in_size != sizeof number || out_capacity < sizeof edges)
        return -EINVAL;
    for (int i = 0; i < EDGE * EDGE; i++) {
        int pixel = (i * number / EDGE) & 1;

        edges += pixel != before;
        before = pixel;
    }
    *(int *)out = edges;
    return sizeof edges;
}

static int download_all(void)
{
    sl_group group;

    sl_group_open(&group);
    for (int i = 1; i <= PICTURES; i++)
        sl_go(&group, download, .number = i);
    return sl_group_close(&group);
}

static int filter_all(sl_pool *pool)
{
    int numbers[PICTURES], edges[PICTURES], rc;
    sl_future *futures[PICTURES];

    for (int i = 0; i < PICTURES; i++) {
        numbers[i] = i + 1;
        futures[i] =
            sl_pool_submit(pool, count_edges, &numbers[i], sizeof numbers[i],
                           &edges[i], sizeof edges[i]);
    }
    rc = sl_gather(PICTURES, futures, NULL);
    for (int i = 0; i < PICTURES; i++)
        sl_future_drop(futures[i]);
    for (int i = 0; rc == 0 && i < PICTURES; i++)
        printf("picture %d has %d edges\n", i + 1, edges[i]);
    return rc;
}

static int app(void *unused)
{
    sl_pool *pool;
    int rc = download_all(), closed;

    (void)unused;
    if (rc < 0)
        return rc;
    pool = sl_process_pool_new(NULL);
    if (pool == NULL)
        return -ENOMEM;
    rc = filter_all(pool);
    closed = sl_pool_close(pool);
    return rc < 0 ? rc : closed;
}

int main(int argc, char **argv)
{
    return sl_main(argc, argv, app, NULL);
}
