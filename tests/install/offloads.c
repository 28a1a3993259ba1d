/* Leaves a thread of the library to the end of the process. */
#include <stdio.h>

#include <starling.h>

static int twice(void *arg)
{
    *(int *)arg *= 2;
    return 0;
}

static int app(void *unused)
{
    int n = 21, rc = sl_to_thread(twice, &n);

    (void)unused;
    if (rc == 0)
        printf("%d\n", n);
    return rc;
}

int main(int argc, char **argv)
{
    return sl_main(argc, argv, app, NULL);
}
