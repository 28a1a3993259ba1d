/* Twelve downloads, four at a time; what has arrived is worked on at once, on
 * threads, while others are still on their way.
 */
#include <stdio.h>

#include <starling.h>

enum { PICTURES = 12, EDGE = 1000 };

static sl_semaphore four = SL_SEMAPHORE_INIT(4);

struct picture_args {
    int number;
    int *edges; /* where the result goes */
};

/* Stands for the network: it waits, and needs no processor. */
static int download(int number)
{
    int rc = sl_semaphore_acquire(&four);

    if (rc < 0)
        return rc;
    printf("downloading %d\n", number);
    rc = sl_sleep(SL_MS(20));
    sl_semaphore_release(&four);
    return rc;
}

/* Stands for a filter: it computes, and would hold up everybody else if it ran
 * on the loop's thread. */
static int count_edges(void *arg)
{
    struct picture_args *picture = arg;
    int edges = 0, before = 0;

    for (int i = 0; i < EDGE * EDGE; i++) {
        int pixel = (i * picture->number / EDGE) & 1;

        edges += pixel != before;
        before = pixel;
    }
    *picture->edges = edges;
    return 0;
}

static int picture(void *arg)
{
    struct picture_args *args = arg;
    int rc = download(args->number);

    return rc < 0 ? rc : sl_to_thread(count_edges, args);
}

static int app(void *unused)
{
    int edges[PICTURES], rc;
    sl_group group;

    (void)unused;
    sl_group_open(&group);
    for (int i = 0; i < PICTURES; i++)
        sl_go(&group, picture, .number = i + 1, .edges = &edges[i]);
    rc = sl_group_close(&group);
    for (int i = 0; rc == 0 && i < PICTURES; i++)
        printf("picture %d has %d edges\n", i + 1, edges[i]);
    return rc;
}

int main(int argc, char **argv)
{
    return sl_main(argc, argv, app, NULL);
}
