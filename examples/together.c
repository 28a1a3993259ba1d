/* Two things at once: each waits for a tenth of a second, both together, too.
 */
#include <stdio.h>

#include <starling.h>

struct square_args {
    int n;
    int *out;
};

static int square(void *arg)
{
    struct square_args *args = arg;
    int rc = sl_sleep(SL_MS(100)); /* other tasks run meanwhile */

    if (rc < 0)
        return rc; /* asked to stop: pass it on */
    *args->out = args->n * args->n;
    return 0;
}

static int app(void *unused)
{
    int a = 0, b = 0, rc;
    sl_group group;

    (void)unused;
    sl_group_open(&group);
    sl_go(&group, square, .n = 3, .out = &a); /* arguments are copied */
    sl_go(&group, square, .n = 4, .out = &b);
    rc = sl_group_close(&group); /* both have ended, or rc says why not */
    if (rc == 0)
        printf("%d\n", a + b);
    return rc;
}

int main(int argc, char **argv)
{
    return sl_main(argc, argv, app, NULL);
}
