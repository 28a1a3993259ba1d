/* Asynchronous and still sequential: fetch_data() lets other tasks run while
 * it waits, but there is no other task. The second call is not made before the
 * first has returned: 1 + 2 = 3 seconds. example_2_fixed.c puts it right.
 */
#include <stdio.h>

#include <starling.h>

#include "shared/fetch.h"
#include "shared/program.h"

static int app(void *unused)
{
    result results[2];
    sl_time begin = sl_now();

    (void)unused;
    for (int i = 0; i < 2; i++) {
        int rc = fetch_data(i + 1, &results[i]);

        if (rc < 0)
            return rc;
        printf("Task %d fully completed\n", i + 1);
    }
    print_results("", results, 2);
    printf("Finished in %.2f seconds\n", seconds_since(begin));
    return 0;
}

int main(int argc, char **argv)
{
    program_begin(&argc, argv);
    expect_arguments(argc, argv, 0, 0, "example_2");
    return sl_main(argc, argv, app, NULL);
}
